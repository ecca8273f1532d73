"""The six examples against the same in PyTorch and in Keras 3 (torch's backend): lines of code, figures over
three seeds, and time in turns.

    swift build -c release --package-path Examples
    python Benchmarks/examples/compare.py

Needs torch, keras, numpy and pandas. Time is that of the whole program, from start to
end; OMP_NUM_THREADS says on how many threads.
"""

import os, pathlib, re, statistics, subprocess, sys, time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE, EXAMPLES = pathlib.Path(__file__).parent, ROOT / "Examples"
SEEDS = ["0", "1", "2"]
LABELS = np.load(EXAMPLES / "data/digits.npz")["y_test"].tolist()
LINES = (EXAMPLES / "data/digits.txt").read_text()


def lines(path, comment):
    """Lines with code; all programs are formatted to 100 columns, by swift-format and by black."""
    return sum(
        1
        for line in path.read_text().splitlines()
        if line.strip() and not line.strip().startswith(comment)
    )


def run(command, name, seed):
    given = LINES * 20 if name == "server" else None
    started = time.perf_counter()
    done = subprocess.run(
        [*command, seed],
        input=given,
        capture_output=True,
        text=True,
        cwd=EXAMPLES,
        env={**os.environ, "KERAS_BACKEND": "torch"},
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{command}: {done.stderr[-2000:]}")
    if name == "server":
        answers = [int(line.split()[0]) for line in done.stdout.splitlines()]
        return seconds, statistics.mean(a == b for a, b in zip(answers, LABELS * 20, strict=True))
    return seconds, float(re.findall(r"(?:accuracy|error|share) ([0-9.e+-]+)", done.stdout)[-1])


def main():
    print(
        "| example | lines: Danlu, PyTorch, Keras | figure (three seeds): Danlu | PyTorch | Keras | seconds: Danlu | PyTorch | Keras | of PyTorch's | of Keras' |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in sys.argv[1:] or ["images", "texts", "tables", "transfer", "gan", "server"]:
        programs = [
            (
                [str(EXAMPLES / ".build/release" / name)],
                EXAMPLES / "Sources" / name / "main.swift",
                "//",
            ),
            (
                [sys.executable, str(HERE / "pytorch" / f"{name}.py")],
                HERE / "pytorch" / f"{name}.py",
                "#",
            ),
            (
                [sys.executable, str(HERE / "keras" / f"{name}.py")],
                HERE / "keras" / f"{name}.py",
                "#",
            ),
        ]
        results = [[run(command, name, seed) for command, _, _ in programs] for seed in SEEDS]
        count = [lines(path, comment) for _, path, comment in programs]
        figures = [" ".join(f"{row[i][1]:.4g}" for row in results) for i in range(3)]
        seconds = [statistics.median(row[i][0] for row in results) for i in range(3)]
        print(
            f"| {name} | {', '.join(map(str, count))} | {' | '.join(figures)} | "
            f"{' | '.join(f'{s:.2f}' for s in seconds)} | {seconds[0] / seconds[1]:.2f} | {seconds[0] / seconds[2]:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Epochs of batches through Danlu's loader and through PyTorch's DataLoader with two workers, in turns, of the same
files; memory; whether Danlu's loader resumes exactly.

    swift build -c release --product DanluBench
    python Benchmarks/training/loaders.py [--rounds 3] [--folder FOLDER] [--only WORK...]

FOLDER is filled by batches.py if it does not exist. Seconds are the shortest of all rounds. `table` reads a file of a
million rows and serves one epoch of it, from nothing; `csv` only reads it, beside pandas. Memory: of Danlu the peak
of the process; of the peer process and workers together at the end, shared pages counted once. Needs torch, numpy,
Pillow and pandas.
"""

import argparse, pathlib, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from measure import BINARY, machine, require_binary, results

HERE = pathlib.Path(__file__).parent
WORK = {
    "images": "60,000 images 28×28, batches of 64",
    "texts": "100,000 texts of 8 to 127 tokens, padded, batches of 64",
    "folder": "600 PNG files 224×224, batches of 32",
    "table": "CSV of 10⁶ rows, 6 columns: file to the last of an epoch's batches of 256",
    "csv": "the same CSV read to columns (pandas)",
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--folder", default=str(pathlib.Path(tempfile.gettempdir()) / "danlu-loaders"))
    arguments.add_argument("--only", nargs="+", choices=list(WORK), default=list(WORK))
    options = arguments.parse_args()
    require_binary()
    peer = [sys.executable, str(HERE / "batches.py")]
    if not pathlib.Path(options.folder).is_dir():
        subprocess.run([*peer, "make", options.folder], check=True)
    print(f"{machine()}\n")
    print("| work | Danlu, s | peer, s | peer / Danlu | memory, MB: Danlu | peer | same examples | resumes exactly |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for topic in options.only:
        name = WORK[topic]
        sides = {
            "Danlu": [str(BINARY), "batches", topic, options.folder],
            "peer": [*peer, "pandas" if topic == "csv" else topic, options.folder],
        }
        found = {side: [] for side in sides}
        for _ in range(options.rounds):
            for side, command in sides.items():
                found[side] += results(command, threads=2)
        best = {side: min(entries, key=lambda entry: entry["minimum"]) for side, entries in found.items()}
        ours, theirs = best["Danlu"], best["peer"]
        same = "" if "checksum" not in ours else abs(ours["checksum"] / theirs["checksum"] - 1) < 1e-5
        print(
            f"| {name} | {ours['minimum']:.3f} | {theirs['minimum']:.3f} | {theirs['minimum'] / ours['minimum']:.1f} | "
            f"{ours['memory']:.0f} | {theirs['memory']:.0f} | {same} | {ours.get('resumesExactly', '')} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Two builds of Danlu side by side: what a change did to the speed of everything that stands.

    python3 Benchmarks/compare.py BEFORE AFTER [ROUNDS]

BEFORE and AFTER are checkouts in which `swift build -c release` has made `danlu` and `DanluBench`. The
programs take turns; each row is the quotient of the shortest user times (commands, one thread) or of the
shortest rounds (operators, optimizer steps). Texts and the network are generated here, from a fixed seed.
Nothing else should run meanwhile.
"""

import json, os, pathlib, random, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import measure


def write_text(path, lines):
    """Zipf-distributed words of one to four ideographs, forty to a line."""
    source = random.Random(1)
    words = ["".join(chr(0x4E00 + source.randrange(3000)) for _ in range(source.choice((1, 2, 2, 3, 4))))
             for _ in range(20_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    with open(path, "w") as plain, open(path + ".words", "w") as spaced, open(path + ".tsv", "w") as listed:
        for line in range(lines):
            chosen = source.choices(words, weights, k=40)
            plain.write("".join(chosen) + "\n")
            if line < lines // 4:
                spaced.write(" ".join(chosen) + "\n")
        for rank, word in enumerate(words):
            listed.write(f"{word}\t{int(1e6 * weights[rank])}\n")


def write_network(path, nodes, links):
    source = random.Random(2)
    with open(path, "w") as file:
        for _ in range(links):
            first = source.randrange(nodes)
            # Nine links of ten stay within a group of a hundred.
            second = first // 100 * 100 + source.randrange(100) if source.random() < 0.9 else source.randrange(nodes)
            file.write(f"{first} {second}\n")


def user_seconds(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime


def commands(folder):
    text, network = f"{folder}/text.txt", f"{folder}/network.txt"
    one = ["--threads", "1"]
    for method in ("v1", "v3", "v5", "autonomy"):
        yield f"words discover, {method}", ["words", "discover", text, "--method", method, *one]
    yield "words segment", ["words", "segment", "--words", text + ".tsv", text, *one]
    yield "words segment --json", ["words", "segment", "--json", "--words", text + ".tsv", text, *one]
    yield "words count", ["words", "count", "--words", text + ".tsv", text, *one]
    for method in ("jose", "skip-gram"):
        yield f"vectors train, {method}", [
            "vectors", "train", text + ".words", "--method", method, "--epochs", "1", *one, "--out", f"{folder}/m"]
    yield "communities, two-level", ["communities", network, "--two-level", *one]
    yield "communities, multi-level", ["communities", network, *one]
    yield "communities, directed", ["communities", network, "--directed", "--two-level", *one]


BENCHES = [["small-operator"], ["mlp"]] + [
    ["optimizer", rule, "mlp"] for rule in ("adam", "momentum", "rmsprop")]


def main(before, after, rounds=5):
    builds = {side: pathlib.Path(folder).resolve() / ".build/release" for side, folder in
              (("before", before), ("after", after))}
    print(f"{measure.machine()}, seeds 1 and 2, shortest of {rounds}\n")
    print("| what | before | after | after / before |\n| --- | --- | --- | --- |")

    def row(name, best, unit):
        print(f"| {name} | {best['before']:.3g} {unit} | {best['after']:.3g} {unit} | "
              f"{best['after'] / best['before']:.3f} |", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        write_text(f"{folder}/text.txt", 100_000)
        write_network(f"{folder}/network.txt", 100_000, 1_000_000)
        for name, arguments in commands(folder):
            best = {}
            for _ in range(rounds):
                for side, build in builds.items():
                    best[side] = min(best.get(side, 1e9), user_seconds([build / "danlu", *arguments]))
            row(name, best, "s")
    for arguments in BENCHES:
        best = {}
        for _ in range(rounds):
            for side, build in builds.items():
                for result in measure.results([build / "DanluBench", *arguments], 1):
                    entry = best.setdefault(f"{arguments[0]}: {result['name']}", {})
                    entry[side] = min(entry.get(side, 1e9), result["minimum"] * 1e6)
        for name, entry in best.items():
            row(name, entry, "µs")


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:4]))

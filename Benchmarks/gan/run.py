"""A round of a 28×28 DCGAN (one update of each player, batch 64, Adam) against PyTorch's usual loop.

    swift build -c release --product DanluBench
    python Benchmarks/gan/run.py [--threads 2] [--repetitions 5]

Every form of Danlu's step and PyTorch's alternating loop (default Adam, and fused) run in turn; the
table shows the shortest time of each, and ratios to PyTorch's alternating loop with default Adam.
"""
import argparse, datetime, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from measure import BINARY, machine, require_binary, results

arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--repetitions", type=int, default=5)
options = arguments.parse_args()
require_binary()
peer = [sys.executable, str(pathlib.Path(__file__).parent / "step.py")]
best, versions, counts = {}, {}, {}
for _ in range(options.repetitions):
    for side, command in (("Danlu", [str(BINARY), "gan"]), ("PyTorch", peer), ("PyTorch, fused Adam", peer + ["--fused"])):
        for result in results(command, options.threads):
            form, kind = result["name"].rsplit(", ", 1)
            key = (kind, f"{side}: {form}")
            best[key] = min(best.get(key, float("inf")), result["minimum"])
            counts.setdefault(kind, set()).add(result["parameters"])
            versions[side] = result["torch"]
assert all(len(count) == 1 for count in counts.values()), f"the networks differ: {counts}"
print(f"{machine()}; {options.threads} threads; {datetime.date.today()}; seed 1; float32; "
      f"shortest of {options.repetitions} × 40 steps; {versions}\n")
for kind in ("D without BN", "D with BN"):
    reference = best[(kind, "PyTorch: alternating")]
    print(f"| {kind} ({counts[kind].pop()} parameters) | ms per pair of updates | ratio |\n| --- | --- | --- |")
    for (its, name), seconds in best.items():
        if its == kind:
            print(f"| {name} | {seconds * 1e3:.2f} | {seconds / reference:.3f} |")
    print()

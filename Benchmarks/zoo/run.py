"""Every row of the GAN zoo on the ring of eight Gaussians and the grid of 25: modes, quality, evenness.

    swift build -c release --product DanluBench
    python Benchmarks/zoo/run.py [--steps 2000] [--seeds 3] [--mixtures ring grid] [--rows NAME ...] [--threads 1] [--jobs 1]

The table has the median over the seeds, and their range for the modes and the share within 6σ. Seeds that run
at once (--jobs) disturb each other's times, which are left out then.
"""
import argparse, datetime, pathlib, sys
from concurrent.futures import ThreadPoolExecutor
from statistics import median

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import measure

arguments = argparse.ArgumentParser()
arguments.add_argument("--steps", type=int, default=2000, help="updates of the generator")
arguments.add_argument("--seeds", type=int, default=3)
arguments.add_argument("--mixtures", nargs="+", default=["ring", "grid"])
arguments.add_argument("--rows", nargs="*", default=[])
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--jobs", type=int, default=1, help="seeds that run at once")
arguments.add_argument("--binary", type=pathlib.Path, default=measure.BINARY)
options = arguments.parse_args()
measure.BINARY = options.binary
measure.require_binary()
print(f"{measure.machine()}; {options.threads} threads; {datetime.date.today()}; {options.steps} updates of the generator; "
      f"seeds 0 to {options.seeds - 1}")
for mixture in options.mixtures:
    found, version = {}, ""
    commands = [[str(options.binary), "zoo", mixture, str(seed), str(options.steps), *options.rows]
                for seed in range(options.seeds)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for results in pool.map(lambda command: measure.results(command, options.threads), commands):
            for result in results:
                found.setdefault(result["name"], []).append(result)
                version = result["torch"]
    print(f"\n### {mixture} (libtorch {version})\n")
    timed = options.jobs == 1
    print("| row | modes | within 6σ | within 3σ | KL to even | Jensen-Shannon |" + " ms a round |" * timed)
    print("| --- |" + " --- |" * (5 + timed))
    for name, runs in found.items():
        middle = lambda key: median(run[key] for run in runs)
        spread = lambda key, digits: f"{middle(key):.{digits}f} ({min(r[key] for r in runs):.{digits}f}–{max(r[key] for r in runs):.{digits}f})"
        print(f"| {name} | {spread('modes', 0)} | {spread('within6', 3)} | {middle('within3'):.3f} | "
              f"{middle('divergence'):.3f} | {middle('jensenShannon'):.3f} |" + f" {middle('seconds') * 1e3:.2f} |" * timed)

"""One optimizer step against PyTorch's default step.

    swift build -c release --product DanluBench
    python Benchmarks/optimizers/run.py [--threads 2] [--repetitions 3] [--device cpu]
"""
import argparse, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from measure import BINARY, compare, machine, require_binary

RULES = ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "rmsprop-centered", "adagrad"]
arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--repetitions", type=int, default=3)
arguments.add_argument("--device", default="cpu")
arguments.add_argument("--rules", nargs="*", default=RULES, choices=RULES)
options = arguments.parse_args()
require_binary()
step = str(pathlib.Path(__file__).parent / "step.py")
print(f"{machine()}; device {options.device}; {options.threads} threads; seed 1; shortest round of "
      f"{options.repetitions} runs\n")
print("| rule | parameters | Danlu, µs | PyTorch, µs | ratio |\n| --- | --- | --- | --- | --- |")
for rule in options.rules:
    for network in ("mlp", "encoder"):
        settings = [rule, network, options.device]
        ((_, entry),) = compare([str(BINARY), "optimizer"] + settings, [sys.executable, step] + settings,
                                options.threads, options.repetitions)
        ours, peer = entry["danlu"] * 1e6, entry["torch"] * 1e6
        print(f"| {rule} | {network} | {ours:.1f} | {peer:.1f} | {ours / peer:.2f} |", flush=True)
print(f"\nlibtorch {entry['danlu version']}, PyTorch {entry['torch version']}")

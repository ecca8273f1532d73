"""Small operators and a perceptron's training step against PyTorch from Python.

    swift build -c release --product DanluBench
    python Benchmarks/torch/run.py [--threads 2] [--repetitions 5]

Both sides run alternately; the table shows the shortest time of each and their ratio.
"""
import argparse, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from measure import BINARY, compare, machine, require_binary

arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--repetitions", type=int, default=5)
options = arguments.parse_args()
require_binary()
here = pathlib.Path(__file__).parent
print(f"{machine()}; {options.threads} threads; seed 1; shortest round of {options.repetitions} runs\n")
print("| what | Danlu, µs | PyTorch, µs | ratio |\n| --- | --- | --- | --- |")
for topic, script in (("small-operator", "small_operator.py"), ("mlp", "mlp.py")):
    pairs = compare([str(BINARY), topic], [sys.executable, str(here / script)], options.threads,
                    options.repetitions)
    for name, entry in pairs:
        ours, peer = entry["danlu"] * 1e6, entry["torch"] * 1e6
        print(f"| {topic}: {name} | {ours:.3f} | {peer:.3f} | {ours / peer:.2f} |", flush=True)
print(f"\nlibtorch {entry['danlu version']}, PyTorch {entry['torch version']}; loss after the "
      f"perceptron's last step: {entry['danlu loss']:.4f} and {entry['torch loss']:.4f}")

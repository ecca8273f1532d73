"""Fashion-MNIST by the Trainer against the same in PyTorch, what the Trainer adds to a bare loop, and
resuming after SIGKILL (resume.py).

    swift build -c release --product DanluBench
    python Benchmarks/training/run.py [--data ../shared/data/fashion-mnist] [--seeds 3] [--threads 1]

The 25 000 labeled images are split at random (NumPy, seed 0) into 20 000 to train on and 5 000 to test
on; both sides read the same positions. Network, initial distributions, optimizer, schedule and batch
size are the same; orders of examples, dropout masks and first weights are each side's own. Sides take
turns; time is the training loop's wall time (and processor time, which other programs disturb less).
"""
import argparse, pathlib, statistics, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import numpy as np
from measure import BINARY, ROOT, machine, require_binary, results

arguments = argparse.ArgumentParser()
arguments.add_argument("--data", default=str(ROOT / "../shared/data/fashion-mnist"))
arguments.add_argument("--seeds", type=int, default=3)
arguments.add_argument("--epochs", type=int, default=5)
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--only", choices=["accuracy", "overhead", "resume"])
options = arguments.parse_args()
require_binary()
print(f"{machine()}; {options.threads} thread(s)\n")

if options.only in (None, "accuracy"):
    if not pathlib.Path(options.data).is_dir():
        sys.exit(f"{options.data} is no folder; --data names one with Fashion-MNIST's IDX files")
    held = pathlib.Path(tempfile.mkdtemp()) / "test.npy"
    np.save(held, np.random.RandomState(0).permutation(25000)[:5000].astype(np.int64))
    here = pathlib.Path(__file__).parent
    sides = {"Danlu": [str(BINARY), "fashion-mnist"], "PyTorch": [sys.executable, str(here / "fashion_mnist.py")]}
    found = {side: [] for side in sides}
    print("| seed | side | test accuracy | seconds | processor seconds | last loss |\n| --- | --- | --- | --- | --- | --- |")
    for seed in range(options.seeds):
        for side, command in sides.items():
            entry = results(command + [options.data, str(held), str(seed), str(options.epochs)], options.threads)[0]
            found[side].append(entry)
            print(f"| {seed} | {side} {entry['torch']} | {entry['accuracy']:.4f} | {entry['minimum']:.1f} | "
                  f"{entry['processor']:.1f} | {entry['loss']:.3f} |", flush=True)
    mean = {side: statistics.mean(e["accuracy"] for e in entries) for side, entries in found.items()}
    wall = {side: min(e["minimum"] for e in entries) for side, entries in found.items()}
    processor = {side: min(e["processor"] for e in entries) for side, entries in found.items()}
    entry = found["Danlu"][0]
    print(f"\n{entry['examples']} images to train on, {entry['test']} to test on, {entry['steps']} steps, "
          f"{entry['parameters']} parameters")
    print(f"mean accuracy {mean['Danlu']:.4f} against {mean['PyTorch']:.4f}: "
          f"{100 * (mean['Danlu'] - mean['PyTorch']):+.2f} points; lowest of Danlu's "
          f"{min(e['accuracy'] for e in found['Danlu']):.4f}")
    print(f"ratio of the shortest times: wall {wall['Danlu'] / wall['PyTorch']:.2f}, processor "
          f"{processor['Danlu'] / processor['PyTorch']:.2f}")

if options.only in (None, "overhead"):
    print("\nprocessor time per step, shortest of 9 rounds:\n\n| step | bare loop, µs | Trainer, µs | difference, µs | share | of which gradient norm, µs |\n| --- | --- | --- | --- | --- | --- |")
    for entry in results([str(BINARY), "trainer-overhead"], options.threads):
        if "bare" in entry:
            difference = entry["trainer"] - entry["bare"]
            print(f"| {entry['name']} | {entry['bare'] * 1e6:.0f} | {entry['trainer'] * 1e6:.0f} | {difference * 1e6:.1f} | "
                  f"{100 * difference / entry['bare']:.1f} % | {entry['norm'] * 1e6:.1f} |")
        else:
            print(f"\n{entry['name']}: {entry['minimum'] * 1e6:.1f} µs (median {entry['median'] * 1e6:.1f})")

if options.only in (None, "resume"):
    print()
    sys.stdout.flush()
    script = str(pathlib.Path(__file__).with_name("resume.py"))
    sys.exit(subprocess.run([sys.executable, script, "--threads", str(options.threads)]).returncode)

"""Efficiency of ranks: what N ranks of one thread do in a second, over N times what one does; Danlu over MPI and PyTorch's DDP
over gloo in turns, so that what else runs on the machine hits both.

    python3 Benchmarks/distributed/efficiency.py [--models cnn,dcgan,bert] [--ranks 2] [--rounds 5] [--json FILE]

Batches grow with the ranks (64 images a rank, 8 x 128 tokens a rank). Needs `swift build -c release --product DanluBench`,
mpirun, and a Python with torch and transformers (PYTHON names it). Rounds alternate; shortest and median are shown.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

BINARY = os.environ.get("DANLU_BENCH", str(measure.BINARY))
PYTHON = os.environ.get("PYTHON", sys.executable)
HERE = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS="1", DANLU_BENCH_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1",
                   OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
STEPS = {"cnn": 30, "dcgan": 40, "bert": 8}


def run(*words):
    done = subprocess.run([str(word) for word in words], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr[-500:]}")
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def danlu(model, ranks, steps, *more):
    return run("mpirun", "--oversubscribe", "--bind-to", "none", "-n", ranks, BINARY, "ranks", model, steps, *more)


def ddp(model, ranks, steps):
    return run(PYTHON, "-m", "torch.distributed.run", "--nproc-per-node", ranks, HERE / "ddp.py", model, steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="cnn,dcgan,bert")
    parser.add_argument("--ranks", default="2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    counts = [1] + [int(count) for count in options.ranks.split(",")]
    kept = []
    print(f"{measure.machine()}, load {os.getloadavg()[0]:.1f}")
    for ranks in counts[1:]:
        result = danlu("reduce", ranks, 5)
        kept.append(result)
        print(f"all-reduce of 400 MB, {ranks} ranks: {result['gigabytesPerSecond']:.2f} GB/s")
    print("\n| model | ranks | Danlu: s a step, 1 rank | N ranks | efficiency (median) | DDP: 1 rank | N ranks | efficiency (median) |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for model in options.models.split(","):
        sides = {"Danlu": danlu} | ({} if options.no_peer else {"DDP": ddp})
        times = {(side, count): [] for side in sides for count in counts}
        medians = {key: [] for key in times}
        for _ in range(options.rounds):
            for count in counts:
                for side, start in sides.items():
                    result = start(model, count, STEPS[model])
                    times[side, count].append(result["minimum"])
                    medians[side, count].append(result["seconds"])
                    if side == "Danlu":
                        kept.append(result)
        for count in counts[1:]:
            cells = []
            for side in sides:
                one, many = min(times[side, 1]), min(times[side, count])
                middle = statistics.median(a / b for a, b in zip(medians[side, 1], medians[side, count]))
                cells.append(f"{one:.4f} | {many:.4f} | {one / many:.3f} ({middle:.3f})")
            print(f"| {model} | {count} | " + " | ".join(cells) + " |", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text("".join(json.dumps(result) + "\n" for result in kept))


if __name__ == "__main__":
    main()

"""What of the sums of gradients is hidden behind the backward pass: two hosts of one rank and one thread (hosts.sh, needs root), whose
links have the given rates.

    python3 Benchmarks/distributed/overlap.py [--models bert,cnn] [--rates 10gbit,1gbit] [--rounds 3] [--json FILE]

A step alone computes; a step of two ranks without --overlap computes, then sums; with it, both at once. Communication is what the second takes
more than the first, exposed communication what the third does. Beside that, what the thread that sums has measured itself: seconds in which it
had sums under way, and those of them that the update waited for. Needs `swift build -c release --product DanluBench`.
"""
import argparse, json, os, pathlib, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

BINARY = os.environ.get("DANLU_BENCH", str(measure.BINARY))
HOSTS = str(pathlib.Path(__file__).resolve().with_name("hosts.sh"))
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS="1", DANLU_BENCH_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
STEPS = {"cnn": 40, "dcgan": 40, "bert": 10}


def run(*words):
    done = subprocess.run(list(map(str, words)), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr[-500:]}")
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="bert,cnn")
    parser.add_argument("--rates", default="10gbit,1gbit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    kept = []
    print(f"{measure.machine()}, load {os.getloadavg()[0]:.1f}")
    print("| model | link | computing, s | and sums after it | and sums beside it | exposed of communication | by the thread's own clock |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for rate in options.rates.split(","):
        subprocess.run([HOSTS, "up", "2", f"tbf rate {rate} burst 4mb limit 64mb"], check=True)
        try:
            for model in options.models.split(","):
                found = {"alone": [], "after": [], "beside": []}
                for _ in range(options.rounds):
                    found["alone"].append(run(BINARY, "ranks", model, STEPS[model]))
                    found["after"].append(run(HOSTS, "run", BINARY, "ranks", model, STEPS[model]))
                    found["beside"].append(run(HOSTS, "run", BINARY, "ranks", model, STEPS[model], "overlap"))
                kept += [dict(result, link=rate, kind=kind) for kind, results in found.items() for result in results]
                alone, after, beside = (min(result["seconds"] for result in found[kind]) for kind in ("alone", "after", "beside"))
                best = min(found["beside"], key=lambda result: result["seconds"])
                share = max(0.0, beside - alone) / max(1e-9, after - alone)
                own = best["exposed"] / max(1e-9, best["communication"])
                print(f"| {model} | {rate} | {alone:.3f} | {after:.3f} | {beside:.3f} | {share:.0%} | {own:.0%} of {best['communication']:.3f} s |",
                      flush=True)
        finally:
            subprocess.run([HOSTS, "down"])
    if options.json:
        pathlib.Path(options.json).write_text("".join(json.dumps(result) + "\n" for result in kept))


if __name__ == "__main__":
    main()

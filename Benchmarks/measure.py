"""What the benchmark scripts share: alternate runs of two programs, ratios, and the machine's name."""
import json, os, pathlib, platform, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = ROOT / ".build/release/DanluBench"


def results(command, threads):
    environment = dict(os.environ, DANLU_BENCH_THREADS=str(threads))
    text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def compare(ours, peer, threads, repetitions):
    """Runs both alternately; for each result the shortest time of ours and of the peer's."""
    best, order = {}, []
    for _ in range(repetitions):
        for side, command in (("danlu", ours), ("torch", peer)):
            for result in results(command, threads):
                entry = best.setdefault(result["name"], {})
                if result["name"] not in order:
                    order.append(result["name"])
                entry[side] = min(entry.get(side, float("inf")), result["minimum"])
                entry[side + " version"] = result["torch"]
                if "loss" in result:
                    entry[side + " loss"] = result["loss"]
    return [(name, best[name]) for name in order]


def machine():
    model = platform.processor() or platform.machine()
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} CPUs, {platform.system()}"


def require_binary():
    if not BINARY.exists():
        sys.exit(f"{BINARY} is missing; 'swift build -c release --product DanluBench' makes it")


def rounds(body, count=15):
    """The times of `count` rounds after one that does not count."""
    import time

    body()
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        body()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)


def report(name, seconds, repetitions, **extra):
    import torch

    print(json.dumps({
        "name": name, "minimum": seconds[0] / repetitions,
        "median": seconds[len(seconds) // 2] / repetitions,
        "threads": torch.get_num_threads(), "torch": torch.__version__, **extra}))

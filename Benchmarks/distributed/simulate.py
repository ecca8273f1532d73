"""When does a job stop gaining by more machines? The cost model of docs/scale.md, and a discrete simulation that checks it.

    python3 Benchmarks/distributed/simulate.py                 the tables of docs/scale.md
    python3 Benchmarks/distributed/simulate.py --check FILE    predictions beside the runs of efficiency.py, one JSON a line

The simulation follows every rank and every piece of every sum: a piece of a ring is sent on when it has come and the link is
free, ranks are late by a random amount, a step ends when its last piece has. The model is four lines of arithmetic. They must
agree within a few per cent, or the model has left something out.
"""
import argparse, heapq, json, math, random

# What one rank of the calibrating machine does in a step, measured by efficiency.py (one thread of an AMD EPYC), and what it
# would do on one GPU that is so many times as fast.
JOBS = {
    # name: (parameters, seconds of a step on one thread, optimizer's share of it)
    "BERT-small, 8 x 128": (34.5e6, 1.30, 0.06),
    "BERT-base, 8 x 128": (110e6, 5.2, 0.06),
    "CNN, batch 64": (0.1e6, 0.10, 0.01),
    "DCGAN, batch 64": (1.1e6, 0.045, 0.04),
}
PIECE = 4 << 20
COPY = 5e9  # bytes a second that are copied into pieces, scaled, and read back; one thread


def transfer(nbytes, ranks, bandwidth, latency, piece=PIECE, under_way=2):
    """A ring: every piece makes 2 (N - 1) rounds of 1 / N of its bytes. A round takes the link for as long as its bytes need,
    or, where pieces under way are too few to fill the time that messages travel, its share of a whole round trip."""
    if ranks == 1:
        return 0.0
    pieces = max(1, math.ceil(nbytes / piece))
    sending = min(piece, nbytes) / ranks / bandwidth
    return pieces * 2 * (ranks - 1) * max(sending, (sending + latency) / min(under_way, pieces))


def hierarchical(nbytes, hosts, per_host, bandwidth, latency, local=4e9, piece=PIECE):
    """Sums within a host first; one rank of each host talks to the others."""
    inside = 2 * nbytes / local if per_host > 1 else 0.0
    return inside + transfer(nbytes, hosts, bandwidth, latency, piece)


def step(job, ranks, bandwidth, latency, speed=1.0, wire=4, accumulation=1, piece=PIECE, overlap=0.0, per_host=1):
    parameters, seconds, _ = JOBS[job]
    compute = seconds / speed * accumulation
    nbytes = parameters * wire
    network = (hierarchical(nbytes, ranks // per_host, per_host, bandwidth, latency, piece=piece) if per_host > 1
               else transfer(nbytes, ranks, bandwidth, latency, piece))
    hidden = min(network * overlap, compute / accumulation * 2 / 3)
    copies = parameters * 4 / COPY / min(speed, 8) if ranks > 1 else 0.0
    return compute, copies, network - hidden


def efficiency(*arguments, **settings):
    compute, copies, network = step(*arguments, **settings)
    return compute / (compute + copies + network)


def simulate(nbytes, compute, ranks, bandwidth, latency, rounds=20, jitter=0.0, piece=PIECE, under_way=2, seed=0):
    """Mean seconds of a step, event by event: a ring for every piece, two pieces under way, links that carry one message at
    a time, ranks whose computation varies."""
    draw = random.Random(seed)
    ready = [0.0] * ranks         # when each rank may begin its next step
    pieces = max(1, math.ceil(nbytes / piece))
    last_turn = 2 * (ranks - 1)
    for _ in range(rounds):
        start = [ready[rank] + compute * (1 + jitter * draw.gauss(0, 1)) for rank in range(ranks)]
        if ranks == 1:
            ready = start
            continue
        free = list(start)        # when each rank's outgoing link is free
        turn = [[0] * ranks for _ in range(pieces)]      # messages that a rank has sent of a piece
        came = [[1] * ranks for _ in range(pieces)]      # messages that it may send: its own first, then what came
        finished = [[0.0] * ranks for _ in range(pieces)]
        events = []               # (time, kind, piece, rank): 0 a message may be sent, 1 one has come
        for number in range(min(under_way, pieces)):
            for rank in range(ranks):
                heapq.heappush(events, (start[rank], 0, number, rank))
        while events:
            now, kind, number, rank = heapq.heappop(events)
            if kind == 1:
                came[number][rank] += 1
                if came[number][rank] > last_turn:
                    # The sum of this piece is here; the rank begins the next one.
                    finished[number][rank] = now
                    if number + under_way < pieces:
                        heapq.heappush(events, (now, 0, number + under_way, rank))
                    continue
            sent = turn[number][rank]
            if sent >= min(came[number][rank], last_turn):
                continue
            if free[rank] > now:
                heapq.heappush(events, (free[rank], 0, number, rank))
                continue
            turn[number][rank] += 1
            size = min(piece, nbytes - number * piece) / ranks
            free[rank] = now + size / bandwidth
            heapq.heappush(events, (free[rank] + latency, 1, number, (rank + 1) % ranks))
            if turn[number][rank] < min(came[number][rank], last_turn):
                heapq.heappush(events, (free[rank], 0, number, rank))
        ready = [max(finished[number][rank] for number in range(pieces)) for rank in range(ranks)]
    return max(ready) / rounds


def tables():
    speeds = {"10 Gb/s": (1.25e9, 30e-6), "100 Gb/s": (12.5e9, 5e-6), "400 Gb/s": (50e9, 3e-6)}
    print("## Efficiency (time of computing / time of a step)\n")
    print("| job, machine | ranks | " + " | ".join(speeds) + " |")
    print("| --- | --- |" + " --- |" * len(speeds))
    for job in JOBS:
        for machine, speed in (("one thread", 1), ("a GPU, 100 threads' worth", 100)):
            for ranks in (8, 64, 512):
                cells = [f"{efficiency(job, ranks, *network, speed=speed):.2f}" for network in speeds.values()]
                print(f"| {job}, {machine} | {ranks} | " + " | ".join(cells) + " |")
    print("\n## What moves the limit: BERT-base on GPUs (100 threads' worth), 64 ranks\n")
    print("| option | " + " | ".join(speeds) + " |")
    print("| --- |" + " --- |" * len(speeds))
    options = {
        "as it is": {}, "bf16 on the wire": {"wire": 2}, "pieces of 32 MB": {"piece": 32 << 20},
        "accumulation over 8 batches": {"accumulation": 8}, "hosts of 8, summed inside first": {"per_host": 8},
        "bf16 and accumulation": {"wire": 2, "accumulation": 8},
        "`--overlap`: reduced while the backward pass runs": {"overlap": 0.9},
    }
    for name, settings in options.items():
        cells = [f"{efficiency('BERT-base, 8 x 128', 64, *network, speed=100, **settings):.2f}" for network in speeds.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("\n## The model beside the simulation (seconds of communication a step, BERT-base, no jitter)\n")
    print("| ranks | network | model | simulation | model / simulation |")
    print("| --- | --- | --- | --- | --- |")
    worst = 0.0
    for ranks in (2, 4, 8, 64):
        for name, (bandwidth, latency) in speeds.items():
            model = transfer(110e6 * 4, ranks, bandwidth, latency)
            found = simulate(110e6 * 4, 0.05, ranks, bandwidth, latency, rounds=1) - 0.05
            worst = max(worst, abs(model / found - 1))
            print(f"| {ranks} | {name} | {model:.4f} | {found:.4f} | {model / found:.2f} |")
    print(f"\nLargest difference: {worst:.0%}.")
    print("\n## Ranks that are late (BERT-base, GPUs, 100 Gb/s; standard deviation of the computing time)\n")
    print("| ranks | 0 | 2 % | 5 % | 10 % |")
    print("| --- | --- | --- | --- | --- |")
    for ranks in (8, 64):
        compute = JOBS["BERT-base, 8 x 128"][1] / 100
        cells = [compute / simulate(110e6 * 4, compute, ranks, 12.5e9, 5e-6, rounds=6, jitter=jitter)
                 for jitter in (0, 0.02, 0.05, 0.1)]
        print(f"| {ranks} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")


def check(path):
    """Measured seconds of a step of 1 to 4 local ranks beside the model's, calibrated by 1 rank and by the sum of 400 MB."""
    runs = [json.loads(line) for line in open(path) if line.startswith("{")]
    one = {run["name"]: run["seconds"] for run in runs if run.get("ranks") == 1}
    rates = {run["ranks"]: run["gigabytesPerSecond"] * 1e9 for run in runs if run["name"].startswith("all-reduce")}
    sizes = {"bert": 34.5e6 * 4, "cnn": 0.1e6 * 4, "dcgan": 1.1e6 * 4}
    print("| job | ranks | measured | model | simulation |\n| --- | --- | --- | --- | --- |")
    for run in runs:
        name, ranks = run["name"], run.get("ranks", 1)
        if name not in sizes or ranks == 1 or name not in one or ranks not in rates:
            continue
        cores = run.get("cores", 2)
        compute = one[name] * max(1, ranks / cores)
        # What the sum of 400 MB took tells a link's rate.
        link = rates[ranks] * 2 * (ranks - 1) / ranks
        model = compute + sizes[name] / COPY + transfer(sizes[name], ranks, link, 5e-6)
        found = simulate(sizes[name], compute + sizes[name] / COPY, ranks, link, 5e-6, rounds=5)
        print(f"| {name} | {ranks} | {run['seconds']:.4f} | {model:.4f} | {found:.4f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check")
    options = parser.parse_args()
    check(options.check) if options.check else tables()

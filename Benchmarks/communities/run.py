#!/usr/bin/env python3
"""Communities against the `infomap` Python package's command: time, memory, codelength.

    pip install infomap igraph
    swift build -c release --product danlu
    python3 Benchmarks/communities/run.py --danlu .build/release/danlu --infomap infomap \
        --out docs/benchmarks/communities.md

Networks are drawn from a linear congruential generator (blocks of 100 nodes, 70 % of the links
inside, mean degree about 10), so anyone gets the same bytes; a second copy has its ids and lines
shuffled, so that nothing hangs on the order of the ids. Both programs read the same file on one
thread, one trial, one seed; they run in turn, and the least user time of several rounds counts (user
time: other work on the machine disturbs it less than the clock). Parsing is included. The
programs' own accounts of the codelength stand beside the times.
"""
import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time

MASK = (1 << 64) - 1


def block_model(count, path):
    """Writes the generated network; the same bytes everywhere."""
    x = 42
    seen = set()

    for _ in range(5 * count):
        x = (x * 6364136223846793005 + 1442695040888963407) & MASK
        source = (x >> 32) % count
        x = (x * 6364136223846793005 + 1442695040888963407) & MASK
        coin = (x >> 32) % 10
        x = (x * 6364136223846793005 + 1442695040888963407) & MASK
        draw = x >> 32
        target = 100 * (source // 100) + draw % 100 if coin < 7 else draw % count
        if source != target:
            seen.add(min(source, target) * count + max(source, target))
    with open(path, "w") as file:
        for key in sorted(seen):
            file.write(f"{key // count + 1} {key % count + 1}\n")
    return len(seen)


def shuffled(path, count, out):
    """The same network with other ids in another order."""
    generator = random.Random(7)
    names = list(range(1, count + 1))
    generator.shuffle(names)
    with open(path) as file:
        links = [tuple(map(int, line.split())) for line in file]
    generator.shuffle(links)
    with open(out, "w") as file:
        for source, target in links:
            file.write(f"{names[source - 1]} {names[target - 1]}\n")


def measured(command):
    """User and elapsed seconds, peak memory in bytes, and what the command printed."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - start
        if status != 0:
            sys.exit(f"failed: {' '.join(command)}")
        out.seek(0)
        return usage.ru_utime, elapsed, usage.ru_maxrss * 1024, out.read().decode()


def ours(options, path, flags):
    command = [options.danlu, "communities", path, "--json", "--threads", "1", "--seed", "123"]
    user, elapsed, memory, text = measured(command + flags)
    report = json.loads(text)
    return user, elapsed, memory, report["codelength"], report["topModules"]


def theirs(options, path, flags):
    command = [options.infomap, path, tempfile.gettempdir(), "-0", "--silent", "--num-threads", "1",
               "--seed", "123", "--summary-json", "-"]
    user, elapsed, memory, text = measured(command + flags)
    report = json.loads(text[text.index("{"):])
    report = report.get("result", report)
    return user, elapsed, memory, report["codelength"], report.get("top_modules", "")


def best(runs):
    runs = sorted(runs)
    least = list(runs[0])
    least[1] = min(run[1] for run in runs)
    least[2] = max(run[2] for run in runs)
    return least


def igraph_seconds(path, trials=1):
    try:
        import igraph
    except ImportError:
        return None
    with open(path) as file:
        links = [tuple(map(int, line.split())) for line in file]
    start = time.process_time()
    graph = igraph.Graph(n=max(map(max, links)) + 1, edges=links)
    clusters = graph.community_infomap(trials=trials)
    return time.process_time() - start, clusters.codelength, igraph.__version__


def known_networks(options, say):
    """Best of 50 trials on every network of a folder with expected codelengths."""
    say()
    say("Best of 50 trials, seed 123, against the codelengths listed with the networks (reference "
        "Infomap 2.16.0, best of 10-100 trials):")
    say()
    say("| network | listed two-level | danlu two-level | listed multi-level | danlu multi-level |")
    say("| --- | --- | --- | --- | --- |")
    found = []
    for folder, _, files in os.walk(options.networks):
        found += [os.path.join(folder, name) for name in files if name.endswith(".expected.json")]
    for path in sorted(found):
        with open(path) as file:
            listed = json.load(file)
        flags = ["--directed"] if "--directed" in listed["options"] else []
        base = path[:-len(".expected.json")]
        if listed["network"] != os.path.basename(base):
            base = os.path.join(os.path.dirname(base), listed["network"])
        network = next(base + end for end in (".net", ".net.gz") if os.path.exists(base + end))
        flat, deep = [
            json.loads(measured([options.danlu, "communities", network, "--json", "--trials", "50"]
                                + flags + more)[3])["codelength"]
            for more in (["--two-level"], [])]
        say(f"| {os.path.basename(path)[:-len('.expected.json')]} | "
            f"{listed['two_level']['codelength']:.9f} | {flat:.9f} | "
            f"{listed['multi_level']['codelength']:.9f} | {deep:.9f} |")


def version(command):
    text = subprocess.run(command, capture_output=True, text=True).stdout
    return text.split("\n")[0].strip()


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":")[1].strip()
    except OSError:
        pass
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--danlu", default=".build/release/danlu")
    parser.add_argument("--infomap", default="infomap")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="also 10^7 links (ours and theirs once)")
    parser.add_argument("--networks", help="also best of 50 trials on the networks of this folder")
    parser.add_argument("--no-peer", action="store_true", help="only the part of --networks")
    parser.add_argument("--out", help="write the table to this file")
    parser.add_argument("--folder", help="keep the generated networks here")
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)

    lines = []

    def say(text=""):
        print(text, flush=True)
        lines.append(text)

    def network(count, mixed=False):
        path = os.path.join(folder, f"blocks-{count}.net")
        if not os.path.exists(path):
            block_model(count, path)
        if not mixed:
            return path
        other = os.path.join(folder, f"blocks-{count}-shuffled.net")
        if not os.path.exists(other):
            shuffled(path, count, other)
        return other

    say("# Communities")
    say()
    say("Map equation, one trial, one thread, parsing included; user seconds, the least of "
        f"{options.rounds} rounds in turn. Made by `python3 Benchmarks/communities/run.py"
        f"{' --large' if options.large else ''}`.")
    say()
    say(f"- danlu {version([options.danlu, '--version'])}; peer: the command of the Python package "
        f"`infomap`, {'not run' if options.no_peer else version([options.infomap, '--version'])}")
    say(f"- {processor()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}, "
        f"{time.strftime('%Y-%m-%d')}; load when started {os.getloadavg()[0]:.1f}")
    say()
    say("| network | mode | links | danlu s | peer s | peer / danlu | danlu bits | peer bits | "
        "difference | danlu B/link | peer B/link |")
    say("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")

    cases = [
        (200_000, False, "two-level", ["--two-level"], ["-2"]),
        (200_000, True, "two-level", ["--two-level"], ["-2"]),
        (200_000, False, "multi-level", [], []),
        (200_000, False, "two-level, directed", ["--two-level", "--directed"], ["-2", "-d"]),
        (200_000, False, "multi-level, directed", ["--directed"], ["-d"]),
        (20_000, False, "two-level", ["--two-level"], ["-2"]),
    ]
    if options.large:
        cases.append((2_000_000, False, "two-level", ["--two-level"], ["-2"]))
    if options.no_peer:
        cases = []
    for count, mixed, mode, flags, peer_flags in cases:
        path = network(count, mixed)
        with open(path) as file:
            links = sum(1 for _ in file)
        rounds = 1 if count > 1_000_000 else options.rounds
        mine, peers = [], []
        for _ in range(rounds):
            mine.append(ours(options, path, flags))
            peers.append(theirs(options, path, peer_flags))
        a, b = best(mine), best(peers)
        say(f"| {count} nodes{', shuffled ids' if mixed else ''} | {mode} | {links} | {a[0]:.2f} | "
            f"{b[0]:.2f} | {b[0] / a[0]:.1f} | {a[3]:.6f} | {b[3]:.6f} | "
            f"{100 * (a[3] / b[3] - 1):+.4f} % | {a[2] / links:.0f} | {b[2] / links:.0f} |")
    found = None if options.no_peer else igraph_seconds(network(20_000))
    if found:
        say()
        say(f"igraph {found[2]} `community_infomap(trials=1)`, 20000 nodes: {found[0]:.2f} s from "
            f"Python, {found[1]:.6f} bits.")
    if options.networks:
        known_networks(options, say)
    if options.out:
        with open(options.out, "w") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

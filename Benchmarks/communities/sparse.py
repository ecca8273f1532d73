#!/usr/bin/env python3
"""Sparse, chain-like networks against the `infomap` Python package's command, at equal trials and at
equal time.

    pip install infomap
    swift build -c release --product danlu
    python3 Benchmarks/communities/sparse.py --danlu .build/release/danlu --infomap infomap \
        [--networks FOLDER_WITH_EXPECTED_JSON] [--folder KEEP_THEM_HERE]

Regular networks, whose figures the tests know, and five kinds, four networks of each, from fixed seeds: lattices with holes, roads (crossings near the points of a
jittered lattice), trees with a few more links, chains of small groups, rings of neighbors with shortcuts.
"Equal trials": 20 of each program, seed 123. "Equal time": as many trials of danlu's (400 at most) as take the user
time of the peer's 20, its start (Python's) included.
"""
import argparse
import json
import os
import random
import tempfile

from run import measured, processor, version


def lattice(size, seed):
    """A square lattice; one link in ten is missing."""
    source = random.Random(seed)
    links = []
    for x in range(size):
        for y in range(size):
            for other in ((x + 1, y), (x, y + 1)):
                if max(other) < size and source.random() >= 0.1:
                    links.append((x * size + y, other[0] * size + other[1]))
    return links


def roads(size, seed):
    """Points of a jittered lattice, each linked to its nearest ones until it has two links or three."""
    source = random.Random(seed)
    place = {(x, y): (x + source.uniform(-0.45, 0.45), y + source.uniform(-0.45, 0.45))
             for x in range(size) for y in range(size)}
    links = set()
    for (x, y), (a, b) in place.items():
        near = sorted(
            (((place[other][0] - a) ** 2 + (place[other][1] - b) ** 2), other)
            for other in ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))
            if other in place)
        for _, other in near[:source.choice((1, 1, 2, 2, 3))]:
            pair = (x * size + y, other[0] * size + other[1])
            links.add((min(pair), max(pair)))
    return sorted(links)


def tree(count, seed):
    """Every node hangs on an earlier one; a tenth as many links close circles."""
    source = random.Random(seed)
    links = {(source.randrange(max(0, node - 200), node), node) for node in range(1, count)}
    while len(links) < count - 1 + count // 10:
        first, second = source.randrange(count), source.randrange(count)
        if first != second:
            links.add((min(first, second), max(first, second)))
    return sorted(links)


def chain(groups, seed):
    """Groups of three to six nodes, each a circle with one chord, one behind the other."""
    source = random.Random(seed)
    links = []
    first, before = 0, None
    for _ in range(groups):
        size = source.randrange(3, 7)
        nodes = list(range(first, first + size))
        for index, node in enumerate(nodes):
            other = nodes[(index + 1) % size]
            links.append((min(node, other), max(node, other)))
        if size > 4:
            links.append((nodes[0], nodes[2]))
        if before is not None:
            links.append((source.choice(before), source.choice(nodes)))
        before = nodes
        first += size
    return links


def ring(count, seed):
    """Each node linked to the next, every second one to the next but one, and a few shortcuts."""
    source = random.Random(seed)
    links = {(node, (node + 1) % count) for node in range(count)}
    links |= {(node, (node + 2) % count) for node in range(0, count, 2)}
    while len(links) < count + count // 2 + count // 20:
        first, second = source.randrange(count), source.randrange(count)
        if first != second:
            links.add((first, second))
    return sorted(links)


KINDS = {
    "lattice": (lattice, (15, 30, 50, 70)),
    "roads": (roads, (15, 30, 50, 70)),
    "tree": (tree, (200, 1000, 2500, 5000)),
    "chain": (chain, (50, 200, 500, 1000)),
    "ring": (ring, (200, 1000, 2500, 5000)),
}


def grid(width, height):
    """A lattice without holes."""
    return [(x * height + y, x * height + y + 1) for x in range(width) for y in range(height - 1)] + [
        (x * height + y, (x + 1) * height + y) for x in range(width - 1) for y in range(height)]


def cliques(count, size):
    """Complete groups, the last node of each linked to the first of the next."""
    links = []
    for group in range(count):
        first = group * size
        links += [(first + a, first + b) for a in range(size) for b in range(a)]
        if group > 0:
            links.append((first - 1, first))
    return links


REGULAR = {"grid 8x8": grid(8, 8), "grid 10x100": grid(10, 100), "triangles 100": cliques(100, 3),
           "cliques 25 of 4": cliques(25, 4)}


def generated(folder):
    for name, links in REGULAR.items():
        path = os.path.join(folder, name.replace(" ", "-") + ".txt")
        with open(path, "w") as file:
            file.writelines(f"{first + 1} {second + 1}\n" for first, second in links)
        yield name, path, []
    for kind, (make, sizes) in KINDS.items():
        for index, size in enumerate(sizes):
            path = os.path.join(folder, f"{kind}-{size}.txt")
            with open(path, "w") as file:
                file.writelines(f"{first + 1} {second + 1}\n" for first, second in make(size, 100 + index))
            yield f"{kind} {size}", path, []


def shared(folder):
    for base, _, files in os.walk(folder):
        for name in files:
            if not name.endswith(".expected.json"):
                continue
            with open(os.path.join(base, name)) as file:
                listed = json.load(file)
            stem = name[:-len(".expected.json")]
            path = next(p for p in (os.path.join(base, listed["network"] + end) for end in ("", ".net", ".net.gz"))
                        if os.path.isfile(p))
            yield stem, path, ["--directed"] if "--directed" in listed["options"] else []


def plain(path, folder):
    """The peer reads no gzip."""
    if not path.endswith(".gz"):
        return path
    import gzip
    out = os.path.join(folder, os.path.basename(path)[:-3])
    with gzip.open(path, "rb") as packed, open(out, "wb") as file:
        file.write(packed.read())
    return out


def ours(options, path, flags, trials):
    user, _, _, text = measured([
        options.danlu, "communities", path, "--json", "--threads", "1", "--seed", "123", "--trials", str(trials),
        *flags])
    return user, json.loads(text)["codelength"]


def theirs(options, path, flags, trials, folder):
    user, _, _, text = measured([
        options.infomap, path, folder, "-0", "--silent", "--num-threads", "1", "--seed", "123",
        "--num-trials", str(trials), "--summary-json", "-", *flags])
    report = json.loads(text[text.index("{"):])
    report = report.get("result", report)
    return user, report["codelength"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--danlu", default=".build/release/danlu")
    parser.add_argument("--infomap", default="infomap")
    parser.add_argument("--networks", help="also the networks of this folder that have an expected.json")
    parser.add_argument("--folder", help="keep the generated networks here")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--only", default="", help="names that begin with this")
    parser.add_argument("--peer-cache", help="keep the peer's results in this file, and use those kept there")
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    kept = {}
    if options.peer_cache and os.path.exists(options.peer_cache):
        with open(options.peer_cache) as file:
            kept = json.load(file)
    print(f"{version([options.infomap, '--version'])}; {processor()}, {options.trials} trials, seed 123\n")
    print("| network | levels | peer bits | danlu bits | difference | peer s | danlu s | danlu trials in the peer's "
          "time | bits then |")
    print("| --- " * 9 + "|")
    networks = list(generated(folder))
    if options.networks:
        networks += sorted(shared(options.networks))
    longer = []
    for name, path, directed in networks:
        if not name.startswith(options.only):
            continue
        for levels, mine, peers in (("two", ["--two-level"], ["-2"]), ("many", [], [])):
            key = f"{name}/{levels}/{options.trials}"
            if key not in kept:
                kept[key] = theirs(options, plain(path, folder), peers + (["-d"] if directed else []), options.trials, folder)
                if options.peer_cache:
                    with open(options.peer_cache, "w") as file:
                        json.dump(kept, file)
            seconds, bits = kept[key]
            own, found = ours(options, path, mine + directed, options.trials)
            trials = max(1, int(options.trials * seconds / max(own, 0.005)))
            then = found if trials == options.trials else ours(options, path, mine + directed, min(trials, 400))[1]
            print(f"| {name} | {levels} | {bits:.7f} | {found:.7f} | {found - bits:+.7f} | {seconds:.2f} | {own:.2f} | "
                  f"{trials} | {then:.7f} |", flush=True)
            for what, length in (("", found), (", at equal time", then)):
                if length > bits + 1e-6:
                    longer.append(f"{name} ({levels}{what}): {length - bits:+.7f}")
    print(f"\nLonger by more than 1e-6: {'; '.join(longer) or 'none'}.")


if __name__ == "__main__":
    main()

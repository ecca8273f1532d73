#!/usr/bin/env python3
"""How long after SIGINT and SIGTERM each command that reads text, vectors or networks ends.

    python3 Benchmarks/words/interruption.py DANLU TEXT [MEGABYTES]

TEXT (make_corpus.py) is repeated to MEGABYTES (200) in three forms: as it is, all in one line, and one line of a
single character. Every command gets each signal at several moments; the table has the longest time from signal to
end. A command that had ended before the signal is started again with an earlier one. Output of `segment` must
be whole lines.
"""
import json, os, random, signal, subprocess, sys, tempfile, time

danlu, text = sys.argv[1:3]
size = int(sys.argv[3]) << 20 if len(sys.argv) > 3 else 200 << 20
only = sys.argv[4:]
MOMENTS = (0.3, 1.0, 2.5)


def usual():
    """What started this script may have chosen to ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def longest(command, out):
    worst, seen = 0.0, 0
    for kind in (signal.SIGINT, signal.SIGTERM):
        for moment in MOMENTS:
            with open(out, "wb") as file:
                process = subprocess.Popen([danlu, *command], stdout=file, stderr=subprocess.DEVNULL,
                                           preexec_fn=usual)
                try:
                    process.wait(moment)
                    continue
                except subprocess.TimeoutExpired:
                    pass
                start = time.monotonic()
                process.send_signal(kind)
                try:
                    status = process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    status = process.wait()
                worst = max(worst, time.monotonic() - start)
                seen += 1
                # Before a command has begun, a signal ends it as it ends any program.
                if status not in (130, 0, -kind):
                    print(f"  status {status}: {' '.join(command)}")
            if command[:2] == ["words", "segment"] and "--out" not in command:
                with open(out, "rb") as file:
                    written = file.read()
                if written and not written.endswith(b"\n"):
                    print(f"  half a line: {' '.join(command)}: {written[-40:]!r}")
                elif "--json" in command and written:
                    json.loads(written)
    return worst, seen


with tempfile.TemporaryDirectory() as folder:
    raw = open(text, "rb").read()
    few, one, same, words = (f"{folder}/{name}" for name in ("lines.txt", "one.txt", "same.txt", "words.tsv"))
    with open(few, "wb") as file:
        for _ in range(size // len(raw) + 1):
            file.write(raw)
    with open(one, "wb") as file:
        joined = raw.replace(b"\r", b"").replace(b"\n", b"")
        for _ in range(size // len(raw) + 1):
            file.write(joined)
    with open(same, "wb") as file:
        file.write("的".encode() * (size // 3))
    spaced = f"{folder}/spaced.txt"
    with open(spaced, "wb") as file:
        unit = " ".join(raw[:3_000_000].decode("utf-8", "ignore").replace("\n", "")).encode()
        for _ in range(size // len(unit) + 1):
            file.write(unit)
    network, pajek = f"{folder}/links.txt", f"{folder}/links.net"
    source = random.Random(1)
    with open(network, "w") as file:
        chunk = "".join(f"{source.randrange(400000)} {source.randrange(400000)}\n" for _ in range(400000))
        for shift in range(max(1, size // 20 // len(chunk))):
            file.write(chunk)
        for _ in range(1_000_000):
            file.write(f"{source.randrange(2000000)} {source.randrange(2000000)}\n")
    with open(pajek, "w") as file:
        file.write("*Vertices 1\n1 \"" + "a" * size)
    vectors = f"{folder}/vectors.txt"
    with open(vectors, "w") as file:
        file.write("120000 100\n")
        row = " ".join(f"{source.uniform(-1, 1):.6f}" for _ in range(100))
        for index in range(120000):
            file.write(f"w{index} {row}\n")
    subprocess.run([danlu, "words", "discover", text, "--out", words], check=True, stderr=subprocess.DEVNULL)
    forms = [("many lines", few), ("one line", one), ("one character", same)]
    cases = []
    for name, path in forms:
        cases += [
            (f"words segment, {name}", ["words", "segment", "--words", words, path]),
            (f"words segment --json, {name}", ["words", "segment", "--json", "--words", words, path]),
            (f"words count --words, {name}", ["words", "count", "--words", words, path]),
            (f"words count, {name}", ["words", "count", path]),
            (f"words templates, {name}", ["words", "templates", "--words", words, path]),
            (f"words score, {name}", ["words", "score", "--gold", path, "--words", words]),
            (f"words domain, {name}", ["words", "domain", "--target", path, "--background", path]),
            (f"vectors train, {name}", ["vectors", "train", path, "--out", f"{folder}/m"]),
        ] + [(f"words discover {method}, {name}", ["words", "discover", path, "--method", method])
             for method in ("v0", "v1", "v2", "v3", "v4", "v5", "autonomy")]
    cases += [
        ("words count, one spaced line", ["words", "count", spaced]),
        ("words templates, one spaced line", ["words", "templates", spaced]),
        ("vectors train, one spaced line", ["vectors", "train", spaced, "--out", f"{folder}/m"]),
        ("vectors similar", ["vectors", "similar", vectors, "w1"]),
        ("vectors cluster", ["vectors", "cluster", vectors, "--k", "500"]),
        ("communities", ["communities", network]),
        ("communities, one line", ["communities", pajek]),
        ("communities, text in one line", ["communities", one]),
    ]
    print("| command | runs | longest s |\n| --- | --- | --- |", flush=True)
    for name, command in cases:
        if only and not any(part in name for part in only):
            continue
        seconds, runs = longest(command, f"{folder}/out")
        print(f"| {name} | {runs} | {seconds:.2f}{' MISSED' if seconds > 1 else ''} |", flush=True)

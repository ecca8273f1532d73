#!/usr/bin/env python3
"""Counting, in two tables.

counting.py DANLU words [DATA_FOLDER | TEXT]
    Word counts: jieba with a Python dict against the four ways of `danlu words count`, jieba's
    dictionary and rules. From DATA_FOLDER 100 MB are made: the text of make_corpus.py six times over.
    (pip: jieba; its side gets the first 20 MB)
counting.py DANLU growth [BYTES | TEXT] [MEMORY] [METHOD]
    Whole discovery (v3) of a sixteenth, a quarter and all of TEXT, or of BYTES (4e9) made by make_zipf.py;
    at MEMORY (2G): seconds, CPU seconds, MB/s a core, peak memory. A last row has the sixteenth in memory.

Large files go to $TMPDIR and are removed.
"""
import collections, os, re, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
danlu, what = sys.argv[1:3]
rest = sys.argv[3:]


def make(script, *arguments):
    subprocess.run([sys.executable, os.path.join(here, script), *arguments], check=True)


def words(folder):
    import jieba

    text = rest[0] if rest else os.path.join(here, "../../../shared/data")
    if os.path.isdir(text):
        make("make_corpus.py", text, f"{folder}/once")
        with open(f"{folder}/once", "rb") as file:
            once = file.read()
        text = f"{folder}/text"
        with open(text, "wb") as file:
            for _ in range(6):
                file.write(once)
    dictionary = os.path.join(os.path.dirname(jieba.__file__), "dict.txt")
    jieba.setLogLevel(60)
    jieba.initialize()
    with open(text, "rb") as file:
        part = file.read(20_000_000)
    part = part[: part.rfind(b"\n") + 1].decode()
    start = time.process_time()
    counts = collections.Counter()
    for line in part.split("\n"):
        for word in jieba.cut(line, HMM=False):
            counts[word] += 1
    seconds = time.process_time() - start
    print(f"{os.path.getsize(text) / 1e6:.1f} MB")
    print(f"jieba + dict: {len(part.encode()) / 1e6 / seconds:.2f} MB/s (CPU)", flush=True)
    subprocess.run([danlu, "words", "count", text, "--words", dictionary, "--rules", "jieba", "--compare"], check=True)


def discover(path, memory, method, folder):
    result = subprocess.run(
        ["/usr/bin/time", "-f", "TIME %e %U %S %M", danlu, "words", "discover", path, "--method", method,
         "--memory", memory, "--spill", folder, "--out", f"{folder}/words"], check=True, capture_output=True, text=True)
    wall, user, system, peak = map(float, re.findall(r"TIME (\S+) (\S+) (\S+) (\S+)", result.stderr)[-1])
    megabytes = os.path.getsize(path) / 1e6
    print(f"| {megabytes:.0f} | {memory} | {wall:.1f} | {user + system:.1f} | {megabytes / (user + system):.1f} "
          f"| {peak / 1024:.0f} |", flush=True)


def growth(folder):
    text, memory, method = [*rest, *("4e9", "2G", "v3")[len(rest):]]
    if not os.path.exists(text):
        make("make_zipf.py", text, f"{folder}/text")
        text = f"{folder}/text"
    size = os.path.getsize(text)
    print("| MB | --memory | seconds | CPU s | MB/s a core | peak MB |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    part = f"{folder}/part"
    for share in (16, 4):
        subprocess.run(f"head -c {size // share} '{text}' > '{part}'", shell=True, check=True)
        discover(part, memory, method, folder)
    discover(text, memory, method, folder)
    subprocess.run(f"head -c {size // 16} '{text}' > '{part}'", shell=True, check=True)
    discover(part, "64G", method, folder)


with tempfile.TemporaryDirectory() as folder:
    {"words": words, "growth": growth}[what](folder)

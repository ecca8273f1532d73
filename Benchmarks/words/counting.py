#!/usr/bin/env python3
"""Word counts: jieba with a Python dict against the four ways of `danlu words count`, jieba's dictionary
and rules, the same counts; and discovery time and memory as the text grows.

usage: counting.py DANLU words TEXT          (pip: jieba; the first 20 MB for the Python side)
       counting.py DANLU growth TEXT MEMORY  (1/16, 1/4 and all of TEXT)
"""
import collections, os, re, resource, subprocess, sys, tempfile, time

danlu, what, text = sys.argv[1:4]
if what == "words":
    import jieba

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
    print(f"jieba + dict: {len(part.encode()) / 1e6 / seconds:.2f} MB/s (CPU)")
    subprocess.run([danlu, "words", "count", text, "--words", dictionary, "--rules", "jieba", "--compare"], check=True)
else:
    memory = sys.argv[4]
    size = os.path.getsize(text)
    print("| MB | seconds | CPU s | MB/s a core | peak MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        for share in (16, 4, 1):
            path = f"{folder}/part" if share > 1 else text
            if share > 1:
                subprocess.run(f"head -c {size // share} '{text}' > '{path}'", shell=True, check=True)
            result = subprocess.run(
                ["/usr/bin/time", "-f", "TIME %e %U %S %M", danlu, "words", "discover", path, "--method", "v3",
                 "--memory", memory, "--out", f"{folder}/words"], check=True, capture_output=True, text=True)
            wall, user, system, peak = map(float, re.findall(r"TIME (\S+) (\S+) (\S+) (\S+)", result.stderr)[-1])
            megabytes = size / share / 1e6
            print(f"| {megabytes:.0f} | {wall:.1f} | {user + system:.1f} | {megabytes / (user + system):.1f} | {peak / 1024:.0f} |", flush=True)

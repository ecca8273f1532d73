#!/usr/bin/env python3
"""jieba without its hidden Markov model against `danlu words segment --rules jieba`, same dictionary
(jieba's own), one thread each, alternately; compares every line of the two outputs.

usage: segmentation.py DANLU TEXT [ROUNDS]     (pip: jieba)
"""
import os, platform, resource, subprocess, sys, tempfile, time

import jieba

danlu, text = sys.argv[1:3]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
dictionary = os.path.join(os.path.dirname(jieba.__file__), "dict.txt")
jieba.setLogLevel(60)
jieba.initialize()
lines = open(text, encoding="utf-8", newline="\n").read().split("\n")
if lines[-1] == "":
    lines.pop()
size = os.path.getsize(text)


def children():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


best = {"jieba": 1e9, "danlu": 1e9, "start": 1e9}
with tempfile.TemporaryDirectory() as folder:
    out = os.path.join(folder, "out.txt")
    empty = os.path.join(folder, "empty.txt")
    open(empty, "w").write("\n")
    for _ in range(rounds):
        start = time.process_time()
        peer = [[w for w in jieba.lcut(line, HMM=False) if not w.isspace()] for line in lines]
        best["jieba"] = min(best["jieba"], time.process_time() - start)
        for name, source in (("danlu", text), ("start", empty)):
            before = children()
            subprocess.run(
                [danlu, "words", "segment", "--words", dictionary, "--rules", "jieba", "--threads", "1",
                 "--out", out if name == "danlu" else os.devnull, source],
                check=True, stderr=subprocess.DEVNULL)
            best[name] = min(best[name], children() - before)
    ours = [line.split(" ") if line else [] for line in open(out, encoding="utf-8", newline="\n").read().split("\n")]
    ours.pop()
different = [i for i, (a, b) in enumerate(zip(peer, ours)) if a != b]
work = best["danlu"] - best["start"]
print(f"{platform.machine()} python {platform.python_version()} jieba {jieba.__version__}, {size / 1e6:.1f} MB, CPU seconds, best of {rounds}")
print(f"jieba          {best['jieba']:8.2f} s  {size / 1e6 / best['jieba']:7.2f} MB/s (dictionary already loaded)")
print(f"danlu          {best['danlu']:8.2f} s  {size / 1e6 / best['danlu']:7.2f} MB/s (with loading the dictionary, {best['start']:.2f} s)")
print(f"danlu, loaded  {work:8.2f} s  {size / 1e6 / work:7.2f} MB/s  ratio {best['jieba'] / work:.1f} (with loading {best['jieba'] / best['danlu']:.1f})")
print(f"lines {len(lines)} / {len(ours)}, different {len(different)}")
for i in different[:5]:
    print(i + 1, " ".join(peer[i])[:100], "|", " ".join(ours[i])[:100])

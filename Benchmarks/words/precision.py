#!/usr/bin/env python3
"""Precision of `words discover` at rank: the share of the first 500, the first 5,000 and all words (two characters
and more) that jieba's dictionary or THUOCL's lexicons hold.

    pip install jieba
    python3 Benchmarks/words/precision.py DANLU DATA_FOLDER TEXT [METHOD ...]
"""
import glob, gzip, os, random, subprocess, sys, tempfile
import jieba

danlu, data, text = sys.argv[1:4]
methods = sys.argv[4:] or ["v1", "v3", "v4", "v5", "autonomy"]
with open(os.path.join(os.path.dirname(jieba.__file__), "dict.txt"), encoding="utf-8") as file:
    lexicon = {line.split(" ")[0] for line in file}
for path in glob.glob(f"{data}/thuocl-lexicons/*.gz"):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lexicon |= {line.split("\t")[0].strip() for line in file if line.strip()}
print(f"jieba {jieba.__version__}, {len(lexicon)} entries\n")
print("| method | words | at 500 | at 5,000 | all | last tenth |\n| --- | --- | --- | --- | --- | --- |")
for method in methods:
    with tempfile.NamedTemporaryFile(suffix=".tsv") as out:
        subprocess.run([danlu, "words", "discover", text, "--method", method, "--out", out.name], check=True,
                       stderr=subprocess.DEVNULL)
        words = [line.split("\t")[0] for line in open(out.name, encoding="utf-8")]
    words = [word for word in words if len(word) > 1]

    def share(part):
        return sum(word in lexicon for word in part) / max(1, len(part))

    print(f"| {method} | {len(words)} | {share(words[:500]):.3f} | {share(words[:5000]):.3f} | {share(words):.3f} | "
          f"{share(words[-len(words) // 10:]):.3f} |", flush=True)
    if method == methods[-1]:
        rest = [word for word in words if word not in lexicon]
        random.Random(1).shuffle(rest)
        print(f"\n50 of {method}'s words in neither: " + " ".join(rest[:50]))

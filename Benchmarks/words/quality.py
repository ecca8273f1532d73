#!/usr/bin/env python3
"""F1 of unsupervised segmentation: each method's vocabulary, learnt from TEXT alone (make_corpus.py),
cuts the gold parts of zh-segmentation. Gold is read by the scorer only.

usage: quality.py DANLU DATA_FOLDER TEXT [METHOD ...]
"""
import gzip, json, os, subprocess, sys, tempfile

danlu, data, text = sys.argv[1:4]
methods = sys.argv[4:] or ["v1", "v3", "v4", "v5", "autonomy"]
parts = ["pku", "msr", "as", "cityu", "sxu", "udc"]
with tempfile.TemporaryDirectory() as folder:
    for part in parts:
        name = {"sxu": "sxu_train", "udc": "udc_train_pos"}.get(part, f"{part}_test_gold_first")
        with gzip.open(f"{data}/zh-segmentation/{name}.txt.gz", "rt", encoding="utf-8", newline="\n") as file:
            lines = file.read().splitlines() if part != "udc" else file.read().split("\n")
        with open(f"{folder}/{part}", "w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                words = line.strip().split(" ")
                if part == "udc":
                    words = [word.rsplit("/", 1)[0] for word in words]
                file.write(" ".join(words) + "\n")
    print("| method | words | " + " | ".join(parts) + " | mean |")
    print("| --- " * (len(parts) + 3) + "|")
    for method in methods:
        words = f"{folder}/{method}.tsv"
        subprocess.run([danlu, "words", "discover", text, "--method", method, "--out", words],
                       check=True, stderr=subprocess.DEVNULL)
        for label, options in ((method, []), (f"{method}, no guessing", ["--no-unknown-words"])):
            if method != "autonomy" and options:
                continue
            scores = [
                json.loads(subprocess.run(
                    [danlu, "words", "score", "--gold", f"{folder}/{part}", "--words", words, "--json", *options],
                    check=True, capture_output=True, text=True).stdout)["f1"]
                for part in parts
            ]
            count = sum(1 for _ in open(words, encoding="utf-8"))
            print(f"| {label} | {count} | " + " | ".join(f"{s:.3f}" for s in scores)
                  + f" | {sum(scores) / len(scores):.3f} |", flush=True)

#!/usr/bin/env python3
"""Domain vocabulary judged by lexicons: precision of the top 100, 500 and 1000 terms, that is the share
found in THUOCL's lexicon of the domain. A lower bound: the lexicon does not hold every term. The row
"possible" is what a perfect ranking would reach: the lexicon's words that occur five times in the target.
The first 100 terms of each row are written to FOLDER, to be read.

usage: domain.py DANLU DATA_FOLDER FOLDER [NAME ...]
"""
import gzip, json, os, subprocess, sys, tempfile

danlu, data, lists = sys.argv[1:4]
names = sys.argv[4:]
os.makedirs(lists, exist_ok=True)


def texts(path, field="text"):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)[field]


def lexicon(*parts):
    words = set()
    for part in parts:
        with gzip.open(f"{data}/thuocl-lexicons/{part}.txt.gz", "rt", encoding="utf-8") as file:
            words.update(line.split("\t")[0].strip() for line in file)
    return words


corpora = {
    "power": (f"{data}/zh-electric-power/power.jsonl.gz", ()),
    "law": (f"{data}/zh-laws/laws.jsonl.gz", ("law",)),
    "medical": (f"{data}/medical-ner/ccks2017_part.jsonl.gz", ("medical",)),
}
common = [f"{data}/zh-reviews-10cats/reviews_train.jsonl.gz", f"{data}/zh-sentiment/sentiment_train.jsonl.gz"]
settings = {
    "article (v4, share, expansion)": [],
    "v4, share, rules alone": ["--no-expand"],
    "v4, likelihood ratio, rules alone": ["--no-expand", "--ranking", "likelihood-ratio"],
    "v4, log-odds, rules alone": ["--no-expand", "--ranking", "log-odds"],
    "autonomy, share, rules alone": ["--no-expand", "--method", "autonomy"],
    "autonomy, likelihood ratio, rules alone": ["--no-expand", "--method", "autonomy", "--ranking", "likelihood-ratio"],
}
with tempfile.TemporaryDirectory() as folder:
    files = {}
    for name, (path, _) in corpora.items():
        files[name] = os.path.join(folder, name + ".txt")
        with open(files[name], "w", encoding="utf-8") as file:
            seen = set()
            for text in texts(path):
                for line in text.replace("\r", "\n").split("\n"):
                    if line.strip() and line not in seen:
                        seen.add(line)
                        file.write(line + "\n")
    rest = os.path.join(folder, "common.txt")
    with open(rest, "w", encoding="utf-8") as file:
        for path in common:
            for text in texts(path):
                file.write(text.replace("\n", " ") + "\n")
    print("| domain | settings | terms | P@100 | P@500 | P@1000 | first terms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (_, lexicons) in corpora.items():
        if names and name not in names:
            continue
        gold = lexicon(*lexicons)
        with open(files[name], encoding="utf-8") as file:
            target = file.read()
        reachable = sum(target.count(word) >= 5 for word in gold)
        if gold:
            cells = " | ".join(f"{min(1, reachable / n):.3f}" for n in (100, 500, 1000))
            print(f"| {name} | possible | {reachable} | {cells} | |")
        background = [rest] + [files[other] for other in files if other != name]
        for label, options in settings.items():
            result = subprocess.run(
                [danlu, "words", "domain", "--target", files[name], "--background", *background,
                 "--min-length", "2", "--top", "1000", "--json", *options],
                check=True, capture_output=True, text=True)
            terms = [term["word"] for term in json.loads(result.stdout)["terms"]]
            cells = [
                f"{sum(w in gold for w in terms[:n]) / n:.3f}" if gold and len(terms) >= n else "–"
                for n in (100, 500, 1000)
            ]
            with open(os.path.join(lists, f"{name}, {label}.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(terms[:100]) + "\n")
            print(f"| {name} | {label} | {len(terms)} | {' | '.join(cells)} | {' '.join(terms[:15])} |", flush=True)

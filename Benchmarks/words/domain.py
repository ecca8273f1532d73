#!/usr/bin/env python3
"""Domain vocabulary judged by lexicons: precision of the top 100, 500 and 1000 terms, that is the share
found in THUOCL's lexicon of the domain (a lower bound: a lexicon half does not hold every term).

usage: domain.py DANLU DATA_FOLDER [NAME ...]
"""
import gzip, json, os, subprocess, sys, tempfile

danlu, data = sys.argv[1:3]
names = sys.argv[3:]


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
    "v4, log-odds, rules alone": ["--no-expand", "--ranking", "log-odds"],
    "v4, likelihood ratio, rules alone": ["--no-expand", "--ranking", "likelihood-ratio"],
    "v4, likelihood ratio, expansion": ["--ranking", "likelihood-ratio"],
    "autonomy, share, rules alone": ["--no-expand", "--method", "autonomy"],
    "autonomy, likelihood ratio, rules alone": ["--no-expand", "--method", "autonomy", "--ranking", "likelihood-ratio"],
    "autonomy, likelihood ratio, expansion": ["--method", "autonomy", "--ranking", "likelihood-ratio"],
    "autonomy, log-odds, expansion": ["--method", "autonomy", "--ranking", "log-odds"],
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
            print(f"| {name} | {label} | {len(terms)} | {' | '.join(cells)} | {' '.join(terms[:15])} |", flush=True)

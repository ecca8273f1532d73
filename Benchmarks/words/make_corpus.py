#!/usr/bin/env python3
"""Writes the raw training text of the segmentation benchmark: news, laws, reviews, encyclopaedia
passages, paper abstracts. One text a line, labels removed, nothing from zh-segmentation.

usage: make_corpus.py DATA_FOLDER OUT.txt
"""
import csv, gzip, io, json, sys


def lines(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")


def tagged(path):
    """character TAB tag lines, a blank line between sentences -> sentences."""
    sentence = []
    for line in lines(path):
        if line.strip():
            sentence.append(line.split("\t")[0].split(" ")[0])
        elif sentence:
            yield "".join(sentence)
            sentence = []
    if sentence:
        yield "".join(sentence)


def field(path, name):
    for line in lines(path):
        yield json.loads(line)[name]


def squad(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            for paragraph in article["paragraphs"]:
                yield paragraph["context"]


def texts(data):
    yield from tagged(f"{data}/zh-ner/msra_train.bio.gz")
    yield from tagged(f"{data}/zh-ner/peoples_daily_train.bio.gz")
    yield from field(f"{data}/zh-laws/laws.jsonl.gz", "text")
    yield from field(f"{data}/zh-reviews-10cats/reviews_train.jsonl.gz", "text")
    yield from field(f"{data}/zh-sentiment/sentiment_train.jsonl.gz", "text")
    for part in ("dev_part", "trial"):
        yield from squad(f"{data}/cmrc2018/cmrc2018_{part}.json.gz")
    for line in lines(f"{data}/webqa/webqa_ann_part.jsonl.gz"):
        for evidence in json.loads(line)["evidences"]:
            yield evidence["evidence"]
    yield from field(f"{data}/nlpcc-dbqa/dbqa_part.jsonl.gz", "sentence")
    yield from field(f"{data}/csl/papers_dev.jsonl.gz", "abstract")
    for line in lines(f"{data}/thucnews-titles/titles_train.tsv.gz"):
        yield line.split("\t", 1)[1]


data, out = sys.argv[1:3]
seen = set()
with open(out, "w", encoding="utf-8", newline="\n") as file:
    for text in texts(data):
        for line in text.replace("\r", "\n").split("\n"):
            line = line.strip()
            if line and line not in seen:
                seen.add(line)
                file.write(line + "\n")

"""20 Newsgroups (headers stripped) as one document a line, and its labels.

    python corpus.py 20news-bydate-train.jsonl.gz OUT

writes OUT/text.txt (lower case, runs of letters and digits) and OUT/labels.txt. The order is shuffled
with a fixed seed: the file is sorted by group, and word vectors drift while they are trained, so that
documents trained one after the other would become alike whatever they say.
"""

import gzip
import json
import pathlib
import random
import re
import sys

WORD = re.compile(r"[a-z0-9]+")


def main(source, out):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    random.Random(1).shuffle(records)
    with open(out / "text.txt", "w") as text, open(out / "labels.txt", "w") as labels:
        for record in records:
            body = record["subject"] + " " + record["body"]
            text.write(" ".join(WORD.findall(body.lower())) + "\n")
            labels.write(record["group"] + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

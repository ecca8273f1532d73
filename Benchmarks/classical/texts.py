"""Text sets, danlu beside scikit-learn: texts.py DATA DANLU [SET...].

Every fifth record is the test. Accuracy, and CPU seconds: scikit-learn's of splitting and of fitting alone, danlu's of the whole command
(reading, splitting, fitting, writing), one thread. DATA has the folders of the data sets, see docs/benchmarks/classical.md.
"""
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.svm import LinearSVC

data, danlu = sys.argv[1], os.path.abspath(sys.argv[2])


def lines(path):
    with gzip.open(os.path.join(data, path), "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def records(path, label, *texts):
    for line in lines(path):
        value = json.loads(line)
        yield str(value[label]), "\n".join(value[text] for text in texts)


def columns(path):
    for line in lines(path):
        cells = line.split("\t")
        yield cells[0], cells[1]


sets = {
    "sentiment": records("zh-sentiment/sentiment_train.jsonl.gz", "label", "text"),
    "waimai": records("zh-sentiment/waimai_train.jsonl.gz", "label", "text"),
    "reviews, label": records("zh-reviews-10cats/reviews_train.jsonl.gz", "label", "text"),
    "reviews, category": records("zh-reviews-10cats/reviews_train.jsonl.gz", "category", "text"),
    "thucnews": columns("thucnews-titles/titles_train.tsv.gz"),
    "insurance": columns("insuranceqa-zh/train_questions.tsv.gz"),
    "20newsgroups": records("20newsgroups/20news-bydate-train.jsonl.gz", "group", "subject", "body"),
}
peers = {
    "naive-bayes(alpha=0.1)": lambda: MultinomialNB(alpha=0.1),
    "complement-bayes(alpha=0.3)": lambda: ComplementNB(alpha=0.3),
    "logistic(C=10)": lambda: OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear")),
    "svm(C=0.5)": lambda: LinearSVC(C=0.5),
    "sgd": lambda: SGDClassifier(random_state=0),
}
more = ["average(svm(C=0.5), logistic(C=10), complement-bayes(alpha=0.3))",
        "stacking(svm(C=0.5), logistic(C=10), complement-bayes(alpha=0.3))"]


def cpu(body, who=resource.RUSAGE_SELF):
    before = resource.getrusage(who)
    result = body()
    after = resource.getrusage(who)
    return result, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(*arguments):
    return subprocess.run([danlu, "classify", *arguments], capture_output=True, check=True).stdout


for name, rows in sets.items():
    if sys.argv[3:] and name not in sys.argv[3:]:
        continue
    rows = list(rows)
    train = [row for index, row in enumerate(rows) if index % 5]
    test = [row for index, row in enumerate(rows) if index % 5 == 0]
    words = name == "20newsgroups"
    options = dict(min_df=2) if words else dict(min_df=2, analyzer="char", ngram_range=(1, 2))
    texts, labels = [row[1] for row in train], np.array([row[0] for row in train])
    truth = np.array([row[0] for row in test])
    tfidf = TfidfVectorizer(sublinear_tf=True, **options)
    x, split = cpu(lambda: tfidf.fit_transform(texts))
    counter = CountVectorizer(vocabulary=tfidf.vocabulary_, **{k: v for k, v in options.items() if k != "min_df"})
    counted, counted_test = counter.transform(texts), counter.transform([row[1] for row in test])
    weighted_test = tfidf.transform([row[1] for row in test])
    size = sum(len(text.encode()) for text in texts)
    print(f"\n{name}: {len(rows)} records, {x.shape[1]} features, {size / 1e6:.1f} MB split in {split:.2f} CPU s by scikit-learn")
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for part, some in (("train", train), ("test", test)):
            files[part] = f"{folder}/{part}.jsonl"
            with open(files[part], "w", encoding="utf-8") as file:
                for label, text in some:
                    file.write(json.dumps({"label": label, "text": text}, ensure_ascii=False) + "\n")
        for model in [*peers, *more]:
            line = f"  {model:66}"
            if model in peers:
                peer = peers[model]()
                a, b = (counted, counted_test) if model.startswith("naive") else (x, weighted_test)
                _, seconds = cpu(lambda: peer.fit(a, labels))
                accuracy = (peer.predict(b) == truth).mean()
                line += f" scikit-learn {accuracy:.4f} fit {seconds:6.3f}"
            out = f"{folder}/model.cml"
            extra = ["--unit", "words"] if words else []
            _, seconds = cpu(
                lambda: run("train", files["train"], "--text", "text", "--model", model, "--out", out, "--threads", "1", *extra),
                resource.RUSAGE_CHILDREN)
            start = time.perf_counter()
            found = run("predict", files["test"], "--model", out).decode().split("\n")[:-1]
            rate = len(test) / (time.perf_counter() - start)
            print(f"{line} danlu {(np.array(found) == truth).mean():.4f} all {seconds:6.3f}, {rate:,.0f} rows/s", flush=True)

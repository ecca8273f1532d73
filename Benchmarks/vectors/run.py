"""Vectors of `danlu` beside their peers: same text, settings and threads, quality beside speed.

    python corpus.py 20news-bydate-train.jsonl.gz WORK
    python run.py --danlu .build/release/danlu --work WORK [--jose PATH] [--pairs FILE]... PART...

PART is jose-speed, jose-quality, skip-gram or neighbors. --jose is the path of a compiled JoSE program
(its makefile's flags). skip-gram needs gensim, neighbors needs numpy. CPU seconds are the user and
system time of the whole process, reading and writing included, so that other load matters less; the
peers run alternately, and the least of --repeats is shown.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time

GENSIM = """
import sys
from gensim.models import Word2Vec
text, out, negatives, epochs, method = sys.argv[1:]
model = Word2Vec(corpus_file=text, vector_size=100, window=5, min_count=5, negative=int(negatives),
                 sg=int(method == "skip-gram"), workers=1, epochs=int(epochs), sample=1e-3, seed=1)
model.wv.save_word2vec_format(out)
"""

NUMPY = """
import sys, time
import numpy as np
matrix = np.load(sys.argv[1]); queries = int(sys.argv[2])
started = (time.perf_counter(), time.process_time())
matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
found = np.empty((queries, 50), dtype=np.int64)
for first in range(0, queries, 500):
    rows = np.arange(first, min(first + 500, queries))
    scores = matrix[rows] @ matrix.T
    scores[np.arange(len(rows)), rows] = -2
    best = np.argpartition(-scores, 50, axis=1)[:, :50]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    found[rows] = np.take_along_axis(best, order, axis=1)
print(time.perf_counter() - started[0], time.process_time() - started[1])
np.save(sys.argv[3], found)
"""


def run(command, threads=1):
    """Runs a command; returns its output, CPU seconds and wall seconds."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    result = subprocess.run([str(part) for part in command], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        sys.exit(f"{command}: {result.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result.stdout, cpu, wall


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work)
        self.text = self.work / "text.txt"

    def danlu(self, *arguments):
        return run([self.options.danlu, "vectors", *arguments])

    def train(self, method, seed=1, threads=1, epochs=10, window=5, negatives=2):
        stem = self.work / f"danlu-{method}-{seed}"
        out, cpu, wall = self.danlu(
            "train", self.text, "--method", method, "--seed", seed, "--threads", threads,
            "--epochs", epochs, "--window", window, "--negatives", negatives, "--out",
            f"{stem}.safetensors", "--word-output", f"{stem}-words.txt",
            *(["--document-output", f"{stem}-documents.txt"] if "jose" in method else []), "--json")
        return stem, json.loads(out), cpu, wall

    def jose(self, threads=1, epochs=10, window=5, name="jose"):
        stem = self.work / name
        _, cpu, wall = run([
            self.options.jose, "-train", self.text, "-word-output", f"{stem}-words.txt",
            "-doc-output", f"{stem}-documents.txt", "-threads", threads, "-iter", epochs, "-window",
            window, "-negative", 2, "-min-count", 5, "-size", 100, "-debug", 0])
        return stem, cpu, wall

    def jose_speed(self):
        epochs = self.options.epochs or 3
        print("| window | threads | danlu words/CPU s | wall words/s | JoSE words/CPU s | wall words/s "
              "| ratio CPU | ratio wall |\n" + "|---" * 8 + "|")
        for window in (5, 10):
            for threads in (1, 2):
                ours, theirs = [], []
                for _ in range(self.options.repeats):
                    _, report, cpu, wall = self.train(
                        "jose", threads=threads, epochs=epochs, window=window)
                    ours.append((cpu, wall))
                    _, cpu, wall = self.jose(threads, epochs, window)
                    theirs.append((cpu, wall))
                words = report["tokens"] * epochs
                a, b = ([min(x[i] for x in runs) for i in (0, 1)] for runs in (ours, theirs))
                print(f"| {window} | {threads} | {words / a[0]:,.0f} | {words / a[1]:,.0f} "
                      f"| {words / b[0]:,.0f} | {words / b[1]:,.0f} | {b[0] / a[0]:.1f} "
                      f"| {b[1] / a[1]:.1f} |", flush=True)

    def quality(self, stem):
        row = {}
        for pairs in self.options.pairs:
            out, _, _ = self.danlu("evaluate", f"{stem}-words.txt", "--pairs", pairs, "--json")
            row[pathlib.Path(pairs).stem] = json.loads(out)["spearman"]
        scores = []
        for seed in range(1, 4):
            out, _, _ = self.danlu(
                "cluster", f"{stem}-documents.txt", "--k", 20, "--seed", seed, "--labels",
                self.work / "labels.txt", "--json")
            scores.append(json.loads(out))
        for key in ("nmi", "ari", "purity"):
            row[key] = statistics.mean(score[key] for score in scores)
        return row

    def jose_quality(self):
        epochs, window, threads = self.options.epochs or 10, self.options.window, 2
        print(f"Window {window}, {epochs} epochs, {threads} threads; each row: three trainings, "
              "k-means three times each.\n")
        header = None
        for name in (["danlu jose", "danlu jose-joint"] + (["JoSE"] if self.options.jose else [])):
            rows = []
            for seed in range(1, 4):
                if name == "JoSE":  # it has no seed; two threads make its runs differ
                    stem, _, _ = self.jose(threads, epochs, window, f"jose-{seed}")
                else:
                    stem, _, _, _ = self.train(
                        name.split()[1], seed=seed, threads=threads, epochs=epochs, window=window)
                rows.append(self.quality(stem))
            if header is None:
                header = list(rows[0])
                print("| program | " + " | ".join(header) + " |\n" + "|---" * (len(header) + 1) + "|")
            print(f"| {name} | " + " | ".join(
                f"{statistics.mean(r[k] for r in rows):.4f} ± {statistics.stdev(r[k] for r in rows):.4f}"
                for k in header) + " |", flush=True)

    def skip_gram(self):
        epochs = self.options.epochs or 2
        print("| method | negatives | danlu words/CPU s | gensim words/CPU s | ratio | "
              "Spearman danlu | gensim |\n" + "|---" * 7 + "|")
        script = self.work / "gensim-peer.py"
        script.write_text(GENSIM)
        for method, negatives in (("skip-gram", 5), ("skip-gram", 10), ("cbow", 5)):
            ours, theirs = [], []
            out = self.work / "gensim-words.txt"
            for _ in range(self.options.repeats):
                stem, report, cpu, _ = self.train(method, epochs=epochs, negatives=negatives)
                ours.append(cpu)
                theirs.append(run(
                    [sys.executable, script, self.text, out, negatives, epochs, method])[1])
            words = report["tokens"] * epochs
            scores = []
            for vectors in (f"{stem}-words.txt", out):
                found, _, _ = self.danlu(
                    "evaluate", vectors, "--pairs", self.options.pairs[0], "--json")
                scores.append(json.loads(found)["spearman"])
            print(f"| {method} | {negatives} | {words / min(ours):,.0f} | {words / min(theirs):,.0f} "
                  f"| {min(theirs) / min(ours):.1f} | {scores[0]:.3f} | {scores[1]:.3f} |", flush=True)

    def neighbors(self):
        import numpy as np

        rows, dimension, queries = 100_000, 100, self.options.queries
        generator = np.random.default_rng(1)
        matrix = (generator.standard_normal((rows, dimension))
                  + 2 * generator.standard_normal((200, dimension))[np.arange(rows) % 200])
        matrix = matrix.astype(np.float32)
        np.save(self.work / "rows.npy", matrix)
        text = self.work / "rows.txt"
        with open(text, "w") as file:
            file.write(f"{rows} {dimension}\n")
            for index, row in enumerate(matrix):
                file.write(f"{index} " + " ".join(f"{value:.9g}" for value in row) + "\n")
        script, found = self.work / "numpy-peer.py", self.work / "found.npy"
        script.write_text(NUMPY)
        out, _, _ = run([sys.executable, script, self.work / "rows.npy", queries, found])
        wall, cpu = map(float, out.split())
        print(f"numpy {np.__version__}, {queries} of {rows} queries: {cpu:.2f} CPU s, {wall:.2f} s")
        truth = np.load(found)
        for flags in ([], ["--fast", "--probes", "16"], ["--fast", "--probes", "64"]):
            links = self.work / "links.tsv"
            out, cpu, wall = self.danlu(
                "similar", text, "--all", "--count", 50, "--threads", 1, "--out", links, "--json",
                *flags)
            lists = [set() for _ in range(rows)]
            with open(links) as file:
                for line in file:
                    first, second, _ = line.split("\t")
                    lists[int(first)].add(int(second))
            recall = statistics.mean(len(lists[q] & set(truth[q])) / 50 for q in range(queries))
            print(f"danlu {' '.join(flags) or 'exact'}, all {rows} queries: search "
                  f"{json.loads(out)['seconds']:.2f} s, whole command {cpu:.2f} CPU s, {wall:.2f} s; "
                  f"agreement with numpy {recall:.5f}", flush=True)


def machine():
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--danlu", default=".build/release/danlu")
    parser.add_argument("--work", required=True)
    parser.add_argument("--jose")
    parser.add_argument("--pairs", action="append", default=[])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument(
        "parts", nargs="+", choices=["jose-speed", "jose-quality", "skip-gram", "neighbors"])
    options = parser.parse_args()
    bench = Bench(options)
    for part in options.parts:
        if part == "jose-speed" and not options.jose:
            sys.exit("jose-speed needs --jose PATH")
        print(f"\n## {part} ({machine()}, {time.strftime('%Y-%m-%d')})\n", flush=True)
        getattr(bench, part.replace("-", "_"))()


if __name__ == "__main__":
    main()

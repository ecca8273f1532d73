"""Building a base of triples and looking up, beside Python's sqlite3 (tuned) and a dict: lookups.py TRIPLES.csv DANLU.

Every engine gets the same 200,000 random (entity, attribute) in the same order.
"""
import os
import random
import resource
import sqlite3
import subprocess
import sys
import time

path, danlu = sys.argv[1], sys.argv[2]
folder = os.path.dirname(path) or "."


def cpu(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def rows():
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield tuple(line.rstrip("\n").split(",", 2))


def timed(name, body, who=resource.RUSAGE_SELF):
    start, before = time.perf_counter(), cpu(who)
    result = body()
    print(f"{name}: {time.perf_counter() - start:.2f} s, CPU {cpu(who) - before:.2f} s")
    return result


def ours():
    subprocess.run([danlu, "knowledge", "import", path, "--db", f"{folder}/peer.kno", "--replace"], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def build():
    if os.path.exists(f"{folder}/peer.sqlite"):
        os.remove(f"{folder}/peer.sqlite")
    base = sqlite3.connect(f"{folder}/peer.sqlite")
    base.executescript("pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-400000; create table t(e text, a text, v text);")
    base.executemany("insert into t values(?,?,?)", rows())
    base.executescript("create index ea on t(e, a); create index av on t(a, v);")
    base.commit()
    return base


timed("danlu import", ours, resource.RUSAGE_CHILDREN)
base = timed("sqlite3 import with two indices", build)
print(f"bytes: danlu {os.path.getsize(f'{folder}/peer.kno')}, sqlite3 {os.path.getsize(f'{folder}/peer.sqlite')}")
random.seed(1)
asked = random.sample([row[:2] for row in rows()], 200_000)
start = time.perf_counter()
for pair in asked:
    base.execute("select v from t where e=? and a=?", pair).fetchone()
print(f"sqlite3 look-ups: {len(asked) / (time.perf_counter() - start):,.0f}/s")
table = {}
for entity, attribute, value in rows():
    table.setdefault((entity, attribute), []).append(value)
start = time.perf_counter()
for pair in asked:
    table[pair]
print(f"dict look-ups: {len(asked) / (time.perf_counter() - start):,.0f}/s")
with open(f"{folder}/asked.tsv", "w", encoding="utf-8") as file:
    file.writelines(f"{entity}\t{attribute}\n" for entity, attribute in asked)
print("danlu look-ups:", subprocess.run([danlu, "knowledge", "stats", "--db", f"{folder}/peer.kno", "--top", "0", "--look-ups", f"{folder}/asked.tsv"], check=True, capture_output=True, text=True).stdout.splitlines()[-1])

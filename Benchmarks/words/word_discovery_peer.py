#!/usr/bin/env python3
"""Runs the word-discovery program (given as the path of its word_discovery.py) on one text file with
its own settings, KenLM's count_ngrams (given as a path too) doing the counting. Prints seconds of each
stage and peak memory; writes `word count` lines.

usage: word_discovery_peer.py WORD_DISCOVERY_PY COUNT_NGRAMS CORPUS OUT
"""
import codecs, math, os, re, resource, sys, tempfile, time

program, counter, corpus, out = map(os.path.abspath, sys.argv[1:5])
source = open(program, encoding="utf-8").read()
# Its classes and functions; its last part runs at once on fixed paths and is repeated below.
head = source.split("# ======= ")[0]
names = {"__name__": "word_discovery"}
exec(compile(head, program, "exec"), names)
folder = tempfile.mkdtemp()
os.chdir(folder)
os.symlink(counter, "count_ngrams")


def texts():
    # One text a line: its tokenizer copies the rest of a text at every character.
    for text in codecs.open(corpus, encoding="utf-8"):
        text = text.replace("\u3000", " ").strip()
        # Separators at the ends would be empty sentences, which its total counts too.
        text = re.sub("[^\u4e00-\u9fa50-9a-zA-Z ]+", "\n", text).strip("\n")
        if text:
            yield text


start = time.time()
names["write_corpus"](texts(), "c.corpus")
written = time.time()
# -S-like memory share as the program passes it; 0.5 is its default.
names["count_ngrams"]("c.corpus", 4, "c.chars", "c.ngrams", 0.05)
counted = time.time()
ngrams = names["KenlmNgrams"]("c.chars", "c.ngrams", 4, 32)
ngrams = names["filter_ngrams"](ngrams.ngrams, ngrams.total, [0, 2, 4, 6])
trie = names["SimpleTrie"]()
for word in ngrams:
    trie.add_word(word)
loaded = time.time()
candidates = {}
for text in texts():
    for word in trie.tokenize(text):
        candidates[word] = candidates.get(word, 0) + 1
candidates = {i: j for i, j in candidates.items() if j >= 32}
candidates = names["filter_vocab"](candidates, ngrams, 4)
with codecs.open(out, "w", encoding="utf-8") as file:
    for word, count in sorted(candidates.items(), key=lambda s: -s[1]):
        file.write("%s %s\n" % (word, count))
end = time.time()
peak = max(
    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
)
user = sum(resource.getrusage(w).ru_utime for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(
    f"write {written - start:.2f} count {counted - written:.2f} load {loaded - counted:.2f} "
    f"discover {end - loaded:.2f} total {end - start:.2f} s, user {user:.2f} s, peak {peak / 1024:.0f} MB"
)

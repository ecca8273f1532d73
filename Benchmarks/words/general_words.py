#!/usr/bin/env python3
"""Writes Sources/TextMining/Domain/GeneralWords.swift: how often words stand in general Chinese, the
background of `danlu words domain` where none is given. News, reviews, encyclopaedia passages and their
titles (no laws, no papers: those are fields of their own), cut by Danlu's own `autonomy`; the counts are
of this text, copied from no list.

usage: general_words.py DANLU DATA_FOLDER OUT.swift [WORDS]
"""
import importlib.util, json, os, subprocess, sys, tempfile, textwrap

danlu, data, out = sys.argv[1:4]
limit = int(sys.argv[4]) if len(sys.argv) > 4 else 9000
folder = tempfile.mkdtemp()
argv, sys.argv = sys.argv, ["make_corpus.py", data, f"{folder}/all.txt"]
spec = importlib.util.spec_from_file_location(
    "make_corpus", os.path.join(os.path.dirname(os.path.abspath(__file__)), "make_corpus.py"))
corpus = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpus)
sys.argv = argv


def texts():
    for name in ("msra_train", "peoples_daily_train"):
        yield from corpus.tagged(f"{data}/zh-ner/{name}.bio.gz")
    yield from corpus.field(f"{data}/zh-reviews-10cats/reviews_train.jsonl.gz", "text")
    yield from corpus.field(f"{data}/zh-sentiment/sentiment_train.jsonl.gz", "text")
    for part in ("dev_part", "trial"):
        yield from corpus.squad(f"{data}/cmrc2018/cmrc2018_{part}.json.gz")
    yield from corpus.field(f"{data}/nlpcc-dbqa/dbqa_part.jsonl.gz", "sentence")
    for line in corpus.lines(f"{data}/thucnews-titles/titles_train.tsv.gz"):
        yield line.split("\t", 1)[1]


with open(f"{folder}/general.txt", "w", encoding="utf-8") as file:
    for text in sorted(set(t.replace("\n", " ") for t in texts())):
        file.write(text + "\n")
subprocess.run([danlu, "words", "discover", f"{folder}/general.txt", "--out", f"{folder}/words.tsv"],
               check=True, stderr=subprocess.DEVNULL)
rows = [line.rstrip("\n").split("\t") for line in open(f"{folder}/words.tsv", encoding="utf-8")]
total = sum(int(row[1]) for row in rows)
# A count, then its words; then the next count.
kept = [(row[0], int(row[1])) for row in rows if len(row[0]) > 1][:limit]
fields, last = [], None
for word, count in kept:
    if count != last:
        fields.append(str(count))
        last = count
    fields.append(word)
with open(out, "w", encoding="utf-8") as file:
    file.write('''import Text

/// How often words stand in general Chinese: the background of a domain where none is given.
///
/// Written by `Benchmarks/words/general_words.py`: news, reviews and encyclopaedia passages, cut into words by
/// `Autonomy`; counts of that text, copied from no list. A string and not a resource: a resource is a second
/// file that an installed command would have to find.
enum GeneralWords {
  /// Words of two and more characters; rarer ones and single characters are summed up in an entry that no
  /// text has, so that shares are right.
  static let list: WordList = {
    var list = WordList()
    var count = 0.0
    for field in table.split(whereSeparator: \\.isWhitespace) {
      if let next = Double(field) { count = next } else { list.add(String(field), count: count) }
    }
    list.add("\\u{FFFD}", count: max(0, total - list.total))
    return list
  }()

  private static let total = %d.0

  /// A count, then the words that have it, and so on.
  private static let table = """
''' % total)
    for line in textwrap.wrap(" ".join(fields), 1000, break_long_words=False):
        file.write(f"    {line}\n")
    file.write('    """\n}\n')
print(len(kept), "words of", total)

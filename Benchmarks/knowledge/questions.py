"""Questions indexed and searched, `danlu questions` and tantivy in one run: questions.py DATA-FOLDER DANLU COUNT [FOLDER].

COUNT questions: those of AFQMC, LCQMC, insuranceqa-zh and nlpcc-dbqa, then questions of nlpcc-kbqa with their subject replaced by words of
THUOCL's lists, until there are enough. 2,000 queries: the first halves of AFQMC's and LCQMC's positive pairs; the second half is sought.
tantivy gets pairs of characters, split in Python before its clock starts, one writer thread, one search thread, no re-ranking. Near
duplicates: all pairs with a Jaccard coefficient of .7 or more over pairs of characters. TANTIVY=0 leaves tantivy out.
"""
import glob
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

data, danlu, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
folder = pathlib.Path(sys.argv[4] if len(sys.argv) > 4 else tempfile.mkdtemp())
folder.mkdir(parents=True, exist_ok=True)
random.seed(0)


def lines(pattern):
    for path in sorted(glob.glob(f"{data}/{pattern}")):
        with gzip.open(path, "rt", encoding="utf8") as file:
            yield from (line.rstrip("\n") for line in file)


pairs = [line.split("\t") for name in ("afqmc_train", "lcqmc_dev_as_train") for line in lines(f"zh-sentence-pairs/{name}.tsv.gz")]
positive = [(parts[0], parts[1]) for parts in pairs if len(parts) > 2 and parts[2].strip() == "1" and parts[0] != parts[1]]
real = [text for parts in pairs for text in parts[:2]]
real += [cell for line in lines("insuranceqa-zh/*.gz") for cell in line.split("\t") if cell.endswith(("?", "？"))]
real += [json.loads(line)["question"] for line in lines("nlpcc-dbqa/*.gz")]
real = list(dict.fromkeys(text.strip() for text in real if text.strip()))
templates = [(record["question"], record["subject"]) for record in map(json.loads, lines("nlpcc-kbqa/train.jsonl.gz"))
             if record["subject"] in record["question"]]
words = sorted({line.split("\t")[0].strip() for line in lines("thuocl-lexicons/*.gz")} - {""})
asked = random.sample(positive, 2000)
text_file, query_file, index = folder / "questions.txt", folder / "queries.txt", folder / "questions.que"


def questions():
    yield from real[:count]
    for _ in range(count - len(real)):
        template, subject = random.choice(templates)
        yield template.replace(subject, random.choice(words))


with open(text_file, "w", encoding="utf8") as file:
    for question in questions():
        file.write(question.replace("\t", " ") + "\n")
with open(query_file, "w", encoding="utf8") as file:
    file.writelines(query + "\n" for query, _ in asked)


def run(*command):
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return done, time.perf_counter() - start, used


def quality(found):
    """Reciprocal rank and share in ten of the sought second halves; the query itself is passed over."""
    ranks = []
    for (query, sought), texts in zip(asked, found):
        rest = [text for text in texts if text != query][:10]
        ranks.append(rest.index(sought) + 1 if sought in rest else 0)
    return (f"MRR {sum(1 / rank for rank in ranks if rank) / len(ranks):.3f}, first {sum(r == 1 for r in ranks) / len(ranks):.3f}, "
            f"in ten {sum(map(bool, ranks)) / len(ranks):.3f}")


_, seconds, used = run(danlu, "questions", "import", text_file, "--db", index)
print(f"danlu: {count:,} questions indexed in {seconds:.2f} s, {used:.2f} of processor time; {index.stat().st_size / 1e6:.1f} MB", flush=True)
run(danlu, "questions", "search", "--queries", query_file, "--top", 11, "--db", index)
done, seconds, _ = run(danlu, "questions", "search", "--queries", query_file, "--top", 11, "--db", index)
found = [[] for _ in asked]
for line in done.stdout.splitlines():
    number, _, _, text = line.split("\t", 3)
    found[int(number) - 1].append(text)
print(f"danlu: {done.stderr.splitlines()[-1]}; with re-ranking; {quality(found)}", flush=True)
done, seconds, used = run(danlu, "questions", "duplicates", "--db", index, "--top", 1)
print(f"danlu: {done.stderr.splitlines()[-1]} in {seconds:.2f} s, {used:.2f} of processor time", flush=True)

if os.environ.get("TANTIVY") != "0":
    import tantivy

    def bigrams(text):
        text = re.sub(r"\W", "", text.lower())
        return " ".join(text[i : i + 2] for i in range(len(text) - 1)) or text

    schema = tantivy.SchemaBuilder().add_text_field("text", stored=True, tokenizer_name="raw").add_text_field(
        "terms", tokenizer_name="whitespace").build()
    place = folder / "tantivy"
    place.mkdir(exist_ok=True)
    peer = tantivy.Index(schema, str(place), reuse=False)
    writer = peer.writer(heap_size=500_000_000, num_threads=1)
    indexing = 0.0
    with open(text_file, encoding="utf8") as file:
        while True:
            batch = [(text, bigrams(text)) for text in (line.rstrip("\n") for _, line in zip(range(100_000), file))]
            if not batch:
                break
            start = time.perf_counter()
            for text, terms in batch:
                writer.add_document(tantivy.Document(text=text, terms=terms))
            indexing += time.perf_counter() - start
    start = time.perf_counter()
    writer.commit()
    writer.wait_merging_threads()
    indexing += time.perf_counter() - start
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    print(f"tantivy {tantivy.__version__}: indexed in {indexing:.2f} s; {size / 1e6:.1f} MB", flush=True)
    peer.reload()
    searcher = peer.searcher()
    for _ in range(2):
        times, found = [], []
        for query, _ in asked:
            terms = bigrams(query).split()
            start = time.perf_counter()
            wanted = tantivy.Query.boolean_query(
                [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", term)) for term in terms])
            hits = searcher.search(wanted, 11).hits
            times.append((time.perf_counter() - start) * 1e3)
            found.append([searcher.doc(address)["text"][0] for _, address in hits])
    times.sort()
    print(f"tantivy: half took at most {times[999]:.3f} ms, 99 of 100 at most {times[1979]:.3f} ms; {quality(found)}")

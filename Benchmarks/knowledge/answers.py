"""How many of nlpcc-kbqa's questions are answered: answers.py DATA-FOLDER DANLU [DISTRACTORS [learn]].

The base: all gold triples, DISTRACTORS (6) more attributes for each entity drawn by how frequent relations are, and lexicon
words as entities with 4 attributes each. 3,000 random questions; the answer's text must be the gold one. Then the gold
triples of these questions are taken out, and every answer is wrong. Odd questions are those on which thresholds and weights
were looked at, even ones were not. With "learn", `danlu knowledge learn` reads one half of all questions and the 3,000 are of the
other half.
"""
import glob
import gzip
import json
import random
import subprocess
import sys
import tempfile

data, danlu = sys.argv[1], sys.argv[2]
distractors = int(sys.argv[3]) if len(sys.argv) > 3 else 6
learns = sys.argv[4:] == ["learn"]
random.seed(0)
records = [json.loads(line) for line in gzip.open(f"{data}/nlpcc-kbqa/train.jsonl.gz", "rt")]
clean = lambda text: " ".join(text.split())
for record in records:
    for key in ("question", "subject", "relation", "object"):
        record[key] = clean(record[key])
relations = [record["relation"] for record in records]
by_relation = {}
for record in records:
    by_relation.setdefault(record["relation"], []).append(record["object"])
gold = {}
for record in records:
    gold.setdefault(record["subject"], []).append((record["relation"], record["object"]))
words = sorted({line.split("\t")[0].strip() for path in glob.glob(f"{data}/thuocl-lexicons/*.gz") for line in gzip.open(path, "rt")} - set(gold) - {""})


def drawn(known, count):
    rows = []
    while len(rows) < count:
        relation = random.choice(relations)
        if relation not in known:
            known.add(relation)
            rows.append((relation, random.choice(by_relation[relation])))
    return rows


rows = []
for subject, pairs in gold.items():
    rows += [(subject, *pair) for pair in pairs + drawn({pair[0] for pair in pairs}, distractors)]
for word in words:
    rows += [(word, *pair) for pair in drawn(set(), 4)]
shuffled = random.sample(records, len(records)) if learns else records
taught = shuffled[: len(records) // 2] if learns else []
questions = random.sample(shuffled[len(taught) :], 3000)
asked = {(record["subject"], record["relation"]) for record in questions}


def answers(rows, folder, name):
    cell = lambda value: '"' + value.replace('"', '""') + '"' if value.startswith('"') else value
    with open(f"{folder}/{name}.tsv", "w") as file:
        file.writelines("\t".join((*row[:2], cell(row[2]))) + "\n" for row in rows)
    with open(f"{folder}/questions.txt", "w") as file:
        file.writelines(record["question"] + "\n" for record in questions)
    subprocess.run([danlu, "knowledge", "import", f"{folder}/{name}.tsv", "--db", f"{folder}/{name}.kno"], check=True, stderr=subprocess.DEVNULL)
    command = [danlu, "knowledge", "ask", "--db", f"{folder}/{name}.kno", "--questions", f"{folder}/questions.txt", "--threshold=-9"]
    if taught:
        if name == "full":
            with open(f"{folder}/taught.tsv", "w") as file:
                file.writelines("\t".join((record["question"], record["subject"], record["relation"])) + "\n" for record in taught)
            subprocess.run([danlu, "knowledge", "learn", f"{folder}/taught.tsv", "--db", f"{folder}/full.kno", "--out", f"{folder}/learnt.kla", "--hold-out", "0"], check=True)
        command += ["--learnt", f"{folder}/learnt.kla"]
    return [line.split("\t") for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]


with tempfile.TemporaryDirectory() as folder:
    full = answers(rows, folder, "full")
    without = answers([row for row in rows if row[:2] not in asked], folder, "without")
print(f"{len(rows)} rows, {distractors} distractors")
wrong = []
for half in (0, 1):
    chosen = [(record, answer, other) for index, (record, answer, other) in enumerate(zip(questions, full, without)) if index % 2 == half]
    right = [record["object"] in answer[1].split("|") or answer[1] == record["object"] for record, answer, _ in chosen]
    entity = sum(record["subject"] == answer[2] for record, answer, _ in chosen) / len(chosen)
    print(f"{'even' if half == 0 else 'odd '}  entity {entity:.4f}  answer {sum(right) / len(chosen):.4f}")
    scores = [float(answer[4] or -9) for _, answer, _ in chosen]
    others = [float(other[4] or -9) for _, _, other in chosen]
    for cut in (0.6, 0.8, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6):
        kept = sum(ok and score >= cut for ok, score in zip(right, scores)) / len(chosen)
        refused = sum(score < cut for score in others) / len(others)
        print(f"    threshold {cut}: answered rightly {kept:.4f}, refused without the gold triple {refused:.4f}")
    if half == 1:
        wrong = [(record, answer) for (record, answer, _), ok in zip(chosen, right) if not ok]
for record, answer in wrong[:40]:
    kind = "entity" if record["subject"] != answer[2] else "attribute"
    print(f"{kind}: {record['question']} | {record['subject']}·{record['relation']} | got {answer[2]}·{answer[3]} {answer[4]}")

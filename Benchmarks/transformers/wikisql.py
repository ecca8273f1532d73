"""The article's NL2SQL model trained from nothing on WikiSQL's questions: `danlu run nl2sql --data` and the same in PyTorch.

    python3 Benchmarks/transformers/wikisql.py FILE.jsonl[.gz] [--steps 4200] [--seeds 0,1,2] [--out DIR]

Both train on the same questions, in batches of the same size for the same number of updates, and answer the same questions
about held-out tables, those that `answers.jsonl` of Danlu's run names. Both are scored here by WikiSQL's logical form: the
selected column, its aggregate and the set of conditions are all equal (texts without regard to case, numbers as numbers).
Its second metric, execution, needs the tables' rows, which files without them cannot give. PyTorch's side is this file:
rows of tokens, links between words and headers, nameless tokens, encoder, heads, losses and schedule as the recipe
describes them; its decoding takes what the tags cover, without Danlu's rules for numbers in words.
DANLU names another binary than the release one.
"""

import argparse, collections, gzip, json, math, os, pathlib, random, re, statistics, subprocess, sys, tempfile, time, unicodedata

import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

DANLU = os.environ.get("DANLU", measure.ROOT / ".build/release/danlu")
NAMELESS, NUMBERS, COLUMNS, HEADER, QUESTION = 128, 32, 24, 14, 120
SEGMENTS = 3 + 2 * COLUMNS
FIRST_NAMELESS, FIRST_NUMBER = 7, 7 + NAMELESS
AGGREGATES = ["", "AVG", "MAX", "MIN", "COUNT", "SUM"]
OPERATORS = [">", "<", "=", "!="]
TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[a-z\u00c0-\u024f]+|[^ ]")


def folded(text):
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else " " if c.isspace() else c.lower()[:1] for c in text)


def tokens(text):
    return [(match.group(), match.start(), match.end()) for match in TOKEN.finditer(folded(text))]


def is_number(text):
    return text[0].isascii() and text[0].isdigit()


# Where a value stands in a question: the piece of like length with the smallest edit distance.


def distance(left, right, limit):
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
        if min(row) > limit:
            return limit + 1
    return row[-1]


def place(value, question):
    text, wanted = folded(question), folded(value)
    exact = text.find(wanted)
    if exact >= 0:
        return exact, exact + len(wanted)
    best, least = None, len(wanted)
    for length in range(max(1, len(wanted) - 2), len(wanted) + 3):
        for start in range(len(text) - length + 1):
            found = distance(text[start : start + length], wanted, least - 1)
            if found < least:
                best, least = (start, start + length), found
    return best


class Item:
    def __init__(self, line, kinds):
        self.question, self.table, sql = line["question"], line["table_id"], line["sql"]
        self.names, self.kinds = line["columns_seen"], kinds
        self.tokens = tokens(self.question)
        self.titles = [tokens(name) for name in self.names]
        self.selection = (self.names.index(sql["sel"]), AGGREGATES.index(sql["agg"]))
        self.conditions = [(self.names.index(c), OPERATORS.index(o), str(v)) for c, o, v in sql["conds"]]
        self.spans = [place(value, self.question) for _, _, value in self.conditions]
        self.links = self.linked()

    def linked(self):
        """For each token the column whose header it is part of, -1 for several, None for none; the longest run decides."""
        links, lengths = [None] * len(self.tokens), [0.0] * len(self.tokens)
        words = [text for text, _, _ in self.tokens]
        for column, title in enumerate(self.titles):
            title = [text for text, _, _ in title]
            for start in range(len(words)):
                for first in range(len(title)):
                    if title[first] != words[start]:
                        continue
                    if start > 0 and first > 0 and title[first - 1] == words[start - 1]:
                        continue
                    count = 1
                    while start + count < len(words) and first + count < len(title) and title[first + count] == words[start + count]:
                        count += 1
                    is_word = count == 1 and not is_number(words[start]) and len(words[start]) > 2
                    if not (count > 1 or count == len(title) or is_word):
                        continue
                    length = count + (0.5 if count == len(title) else 0)
                    for index in range(start, start + count):
                        if length > lengths[index]:
                            links[index], lengths[index] = column, length
                        elif length == lengths[index] and links[index] != column:
                            links[index] = -1
        return links

    def row(self, vocabulary, draw):
        nameless, numbers = {}, {}
        free_names, free_numbers = list(range(NAMELESS)), list(range(NUMBERS))

        def given(known, free, first, text):
            if text not in known:
                if not free:
                    return 1
                known[text] = first + free.pop(draw.randrange(len(free)))
            return known[text]

        def number_of(text):
            if is_number(text):
                return given(numbers, free_numbers, FIRST_NUMBER, text)
            if text in vocabulary:
                return vocabulary[text]
            return given(nameless, free_names, FIRST_NAMELESS, text)

        columns = list(range(len(self.names)))[:COLUMNS]
        segment_of = dict(zip(columns, draw.sample(range(2, 2 + COLUMNS), len(columns))))
        ids, segments, headers = [2], [0], []
        for (text, _, _), link in list(zip(self.tokens, self.links))[:QUESTION]:
            ids.append(number_of(text))
            segments.append(0 if link is None else 1 if link < 0 else segment_of.get(link, 0))
        count = len(ids) - 1
        ids.append(3)
        segments.append(0)
        for column in columns:
            headers.append(len(ids))
            part = [5 if self.kinds[column] else 4] + [number_of(text) for text, _, _ in self.titles[column][:HEADER]] + [3]
            ids += part
            segments += [segment_of[column]] * len(part)
        return ids, segments, headers, count

    def example(self, vocabulary, draw):
        ids, segments, headers, count = self.row(vocabulary, draw)
        operators, columns = [0] * len(ids), [0] * len(ids)
        for index in range(count):
            _, start, end = self.tokens[index]
            operators[index + 1] = 5
            for (column, operator, _), span in zip(self.conditions, self.spans):
                if span[0] < end and start < span[1]:
                    operators[index + 1], columns[index + 1] = operator + 1, column + 1
                    break
        selections = [7] * len(headers)
        selections[self.selection[0]] = self.selection[1] + 1
        return ids, segments, headers, selections, operators, columns, 2 if len(self.conditions) > 1 else 1


def number_or_text(value):
    try:
        return float(value)
    except ValueError:
        return folded(str(value)).strip()


def logical_form(query):
    selected = frozenset(zip(query["sel"], query["agg"]))
    conditions = collections.Counter((column, operator, number_or_text(value)) for column, operator, value in query["conds"])
    return selected, frozenset(conditions.items())


# The model.


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(size, size) for _ in range(4))
        self.heads = heads

    def forward(self, x, mask, sine, cosine):
        batch, length, size = x.shape
        query, key, value = (part(x).view(batch, length, self.heads, -1).transpose(1, 2)
                             for part in (self.query, self.key, self.value))

        def turned(vectors):
            pairs = vectors.unflatten(-1, (-1, 2))
            return vectors * cosine + torch.stack([-pairs[..., 1], pairs[..., 0]], -1).flatten(-2) * sine

        mixed = functional.scaled_dot_product_attention(turned(query), turned(key), value, mask)
        return self.output(mixed.transpose(1, 2).reshape(batch, length, size))


class Block(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.first, self.second = nn.LayerNorm(size, eps=1e-12), nn.LayerNorm(size, eps=1e-12)
        self.attention = Attention(size, heads)
        self.inner, self.outer = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x, mask, sine, cosine):
        x = x + self.attention(self.first(x), mask, sine, cosine)
        return x + self.outer(functional.gelu(self.inner(self.second(x))))


class Reader(nn.Module):
    def __init__(self, vocabulary, size=64, layers=3, heads=2, score=256):
        super().__init__()
        self.words, self.segments = nn.Embedding(vocabulary, size), nn.Embedding(SEGMENTS, size)
        self.before, self.after = nn.LayerNorm(size, eps=1e-12), nn.LayerNorm(size, eps=1e-12)
        self.blocks = nn.ModuleList(Block(size, heads) for _ in range(layers))
        self.connective, self.selection, self.operator = nn.Linear(size, 3), nn.Linear(size, 7), nn.Linear(size, 5)
        self.of_token, self.of_header = nn.Linear(size, score), nn.Linear(size, score, bias=False)
        self.weight = nn.Linear(score, 1, bias=False)
        self.head_size = size // heads
        for module in [self.words, self.segments, *(m for m in self.blocks.modules() if isinstance(m, nn.Linear))]:
            nn.init.trunc_normal_(module.weight, std=0.06 * 0.8796, a=-0.12, b=0.12)
        for module in self.modules():
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)
        for head in (self.connective, self.selection, self.operator, self.of_token, self.of_header, self.weight):
            nn.init.xavier_uniform_(head.weight)
        with torch.no_grad():
            for block in self.blocks:
                block.attention.key.weight.copy_(block.attention.query.weight * 2)
            table = self.segments.weight
            table[2 : 2 + COLUMNS] *= 2
            table[2 + COLUMNS : 2 + 2 * COLUMNS] = table[2 : 2 + COLUMNS] + table[2 + COLUMNS] * 2

    def forward(self, ids, segments, headers):
        angles = torch.arange(ids.shape[1])[:, None] * 10000 ** (-torch.arange(0, self.head_size, 2) / self.head_size)
        angles = angles.repeat_interleave(2, -1)
        mask = (ids > 0)[:, None, None, :]
        x = self.before(self.words(ids) + self.segments(segments))
        for block in self.blocks:
            x = block(x, mask, angles.sin(), angles.cos())
        x = self.after(x)
        at_headers = x.gather(1, headers[..., None].expand(-1, -1, x.shape[2]))
        return x, at_headers

    def columns(self, x, rows, at_headers, headers):
        scores = self.weight(torch.tanh(self.of_token(x)[:, None] + self.of_header(at_headers)[rows])).squeeze(2)
        return scores.masked_fill(headers[rows] == 0, -1e10)

    def loss(self, ids, segments, headers, selections, operators, columns, connective):
        x, at_headers = self(ids, segments, headers)

        def mean(logits, labels):
            return functional.cross_entropy(logits.flatten(0, -2), labels.flatten() - 1, ignore_index=-1)

        total = mean(self.selection(at_headers), selections) + mean(self.connective(x[:, 0]), connective)
        total = total + mean(self.operator(x), operators)
        places = columns.flatten().nonzero().squeeze(1)
        if len(places) and headers.shape[1] > 1:
            scores = self.columns(x.flatten(0, 1)[places], places // columns.shape[1], at_headers, headers)
            total = total + mean(scores, columns.flatten()[places])
        return total


def padded(lists):
    width = max(map(len, lists))
    return torch.tensor([part + [0] * (width - len(part)) for part in lists])


def train(items, steps, batch, rate, seed):
    counts = collections.Counter()
    for item in items:
        counts.update({text for text, _, _ in item.tokens + sum(item.titles, []) if not is_number(text)})
    frequent = sorted((text for text, count in counts.items() if count >= 8), key=lambda text: (-counts[text], text))
    vocabulary = {text: 7 + NAMELESS + NUMBERS + index for index, text in enumerate(frequent)}
    torch.manual_seed(seed)
    draw = random.Random(seed)
    model = Reader(7 + NAMELESS + NUMBERS + len(frequent))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, eps=1e-6)
    warm = min(200, max(1, steps // 10))
    order = []
    for step in range(steps):
        multiplier = step / warm if step < warm else 1 + (0.03 - 1) * (step - warm) / max(1, steps - warm)
        for group in optimizer.param_groups:
            group["lr"] = rate * multiplier
        if len(order) < batch:
            order = draw.sample(range(len(items)), len(items))
        picked, order = order[:batch], order[batch:]
        parts = list(zip(*(items[index].example(vocabulary, draw) for index in picked)))
        loss = model.loss(*(padded(part) for part in parts[:-1]), torch.tensor(parts[-1]))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
    return model.eval(), vocabulary


@torch.no_grad()
def answer(model, vocabulary, item):
    ids, segments, headers, count = item.row(vocabulary, random.Random(6771))
    ids, segments, headers = (torch.tensor([part]) for part in (ids, segments, headers))
    x, at_headers = model(ids, segments, headers)
    query = {"sel": [], "agg": [], "conds": []}
    selections = model.selection(at_headers)[0].softmax(-1)
    for column, scores in enumerate(selections):
        if scores.argmax() < 6:
            query["sel"].append(item.names[column])
            query["agg"].append(AGGREGATES[scores.argmax()])
    if not query["sel"]:
        column = int(selections[:, 6].argmin())
        query["sel"], query["agg"] = [item.names[column]], [AGGREGATES[selections[column, :6].argmax()]]
    tags = model.operator(x)[0].argmax(-1).tolist()[1 : count + 1]
    ofs = model.columns(x[0], torch.zeros(ids.shape[1], dtype=torch.long), at_headers, headers).softmax(-1)
    start = 0
    while start < count:
        end = start + 1
        while end < count and tags[end] == tags[start]:
            end += 1
        if tags[start] != 4:
            text = item.question[item.tokens[start][1] : item.tokens[end - 1][2]].strip("\"'“”‘’")
            ranked = ofs[start + 1 : end + 1].mean(0).argsort(descending=True).tolist()
            operator = OPERATORS[tags[start]]
            is_value = isinstance(number_or_text(text), float)
            if not is_value and operator in "<>":
                operator = "="
            column = next((c for c in ranked if item.kinds[c]), ranked[0]) if operator in "<>" else ranked[0]
            if not is_value and item.kinds[column]:
                column = next((c for c in ranked if not item.kinds[c]), column)
            query["conds"].append((item.names[column], operator, text))
        start = end
    return query


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--steps", type=int, default=4200)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--out")
    options = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    out = pathlib.Path(options.out or tempfile.mkdtemp())
    opened = gzip.open if options.file.endswith(".gz") else open
    with opened(options.file, "rt", encoding="utf8") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    is_text = collections.defaultdict(set)
    names = {}
    for line in lines:
        names.setdefault(line["table_id"], line["columns_seen"])
        for column, _, value in line["sql"]["conds"]:
            if not isinstance(number_or_text(value), float):
                is_text[line["table_id"]].add(column)
    scores = collections.defaultdict(list)
    for seed in map(int, options.seeds.split(",")):
        run = out / f"danlu-{seed}"
        began, used = time.time(), os.times().children_user
        subprocess.run([str(word) for word in (
            DANLU, "run", "nl2sql", "--data", options.file, "--steps", options.steps, "--batch", options.batch, "--seed", seed,
            "--set", f"rate={options.rate}", "--set", f"questions={options.questions}", "--out", run)],
            check=True, stdout=subprocess.DEVNULL)
        scores["danlu seconds"].append(time.time() - began)
        scores["danlu cpu"].append(os.times().children_user - used)
        answers = [json.loads(line) for line in open(run / "answers.jsonl", encoding="utf8")]
        equal = [logical_form(a["wanted"]) == logical_form(a["given"]) for a in answers]
        scores["danlu"].append(statistics.mean(equal))
        held = {(a["table"], a["question"]) for a in answers}
        tables = {a["table"] for a in answers}
        began, used = time.time(), os.times().user
        training, asked = [], []
        for line in lines:
            key = line["table_id"], line["question"]
            if line["table_id"] in tables and key not in held:
                continue
            try:
                item = Item(line, [name not in is_text[line["table_id"]] for name in line["columns_seen"]])
            except ValueError:
                continue
            if None not in item.spans and len(item.tokens) <= QUESTION:
                (asked if key in held else training).append(item)
        model, vocabulary = train(training, options.steps, options.batch, options.rate, seed)
        wanted = {(a["table"], a["question"]): logical_form(a["wanted"]) for a in answers}
        given = {(item.table, item.question): logical_form(answer(model, vocabulary, item)) for item in asked}
        scores["pytorch"].append(statistics.mean(given.get(key) == form for key, form in wanted.items()))
        scores["pytorch seconds"].append(time.time() - began)
        scores["pytorch cpu"].append(os.times().user - used)
        print(f"seed {seed}: {len(training)} questions to train on, {len(answers)} asked:",
              {name: round(values[-1], 4) for name, values in scores.items()}, flush=True)
    print("\n| | " + " | ".join(scores) + " |\n" + "| --- " * (len(scores) + 1) + "|")
    print("| mean | " + " | ".join(f"{statistics.mean(values):.4f}" for values in scores.values()) + " |")


if __name__ == "__main__":
    main()

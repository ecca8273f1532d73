"""How much the site stands: wrk on an article's page, half-sent requests, listeners of a run, slow readers, the end.

    apt-get install wrk
    python Benchmarks/site/load.py
"""
import re, shutil, subprocess, sys, time
from serving import Server

wrk = shutil.which("wrk") or sys.exit("wrk is missing: apt-get install wrk")
PAGE = "/article/gan-qp/"
rows = []


def load(server, path, connections, seconds=8):
    text = subprocess.run(
        [wrk, "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency", "-H", "Accept-Encoding: gzip",
         server.address + path], capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    tail = re.search(r"99%\s+(\S+)", text).group(1)
    errors = re.search(r"Socket errors: (.*)", text)
    return rate, tail, errors.group(1) if errors else "none"


server = Server()
idle = server.megabytes()
files = server.figure("process_open_fds")
rows.append(("idle", f"{idle:.0f} MB, {files:.0f} descriptors"))
first = []
for _ in range(50):
    began = time.perf_counter()
    server.get(PAGE)
    first.append(time.perf_counter() - began)
rows.append(("a page on a new connection, median", f"{sorted(first)[25] * 1e3:.2f} ms"))
for connections in (32, 1000):
    rate, tail, errors = load(server, PAGE, connections)
    rows.append((f"wrk, {connections} connections, article page", f"{rate:,.0f}/s, p99 {tail}, errors {errors}"))
rows.append(("memory after", f"{server.megabytes():.0f} MB"))

halves = [server.socket("GET / HTTP/1.1\r\nHost: local") for _ in range(1000)]
fresh = []
for _ in range(20):
    began = time.perf_counter()
    server.get("/health")
    fresh.append(time.perf_counter() - began)
rows.append(("1,000 half-sent requests open: a fresh one, median, longest", f"{sorted(fresh)[10] * 1e3:.1f}, {max(fresh) * 1e3:.1f} ms"))
for half in halves:
    half.close()
slow = [server.socket(f"GET {PAGE} HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20) for _ in range(200)]
rate, tail, errors = load(server, PAGE, 32, 5)
rows.append(("wrk, 32 connections, beside 200 readers that do not read", f"{rate:,.0f}/s, p99 {tail}, {server.megabytes():.0f} MB"))
for one in slow:
    one.close()
time.sleep(3)
rows.append(("descriptors afterwards", f"{server.figure('process_open_fds'):.0f} (idle {files:.0f})"))
server.stop()

server = Server(STEPS="100000")
status, body = server.post("/api/v1/runs", '{"recipe": "det-exp"}')
run = re.search(r'"run":"([^"]+)"', body.decode()).group(1)
time.sleep(1)
listeners = [server.socket(f"GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(500)]
for one in listeners[:-1]:
    assert one.recv(4096)
listeners[0].settimeout(0.02)
try:
    while listeners[0].recv(65536):
        pass
except TimeoutError:
    listeners[0].settimeout(10)
began = time.perf_counter()
seen = 0
while seen < 20:
    seen += listeners[0].recv(65536).count(b"event: metrics")
rows.append(("500 listeners of a run of 20 records a second: 20 records reach one in", f"{time.perf_counter() - began:.2f} s, {server.megabytes():.0f} MB"))
began = time.perf_counter()
server.get(PAGE)
rows.append(("a page beside them", f"{(time.perf_counter() - began) * 1e3:.1f} ms"))
server.post(f"/api/v1/runs/{run}/stop", "")
rows.append(("SIGTERM with the streams open", f"{server.stop():.2f} s"))
width = max(len(name) for name, _ in rows)
for name, value in rows:
    print(f"| {name.ljust(width)} | {value} |")

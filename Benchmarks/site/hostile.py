"""Requests that nobody means well: schemathesis (PyPI) against the OpenAPI file with random requests, among them what the file
forbids, until so many are sent; and what is packed to be larger than it looks. Nothing may answer with a server error, with another
status, type or form than the file says; the site stays alive and small.

    pip install schemathesis
    python3 Benchmarks/site/hostile.py [requests in all, 100000 unless given]
"""
import collections, gzip, http.client, io, json, re, shutil, subprocess, sys, tempfile, threading, zipfile, zlib
from serving import Server

schemathesis = shutil.which("schemathesis") or sys.exit("schemathesis is missing: pip install schemathesis")
wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
server = Server("--comments", tempfile.mkdtemp() + "/comments.sqlite")
faults = []
memory = [server.megabytes()]


def sent():
    """Answers so far, by status."""
    counts = collections.Counter()
    for status, count in re.findall(r'danlu_http_requests_total\{route="[^"]*",status="(\d+)"\} (\d+)', server.get("/metrics")[1].decode()):
        counts[status] += int(count)
    return counts


# What is packed: a gigabyte of zeros as gzip, deflate, gzip within gzip, a zip, a workbook, in each call that takes a body.
zeros = b"\0" * (1 << 20)
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
bomb = b"".join(packer.compress(zeros) for _ in range(1024)) + packer.flush()
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pack:
    with pack.open("xl/worksheets/sheet1.xml", "w") as sheet:
        for _ in range(1024): sheet.write(zeros)
paths = json.loads(server.get("/api/v1/openapi.json")[1])["paths"]
posts = [path.replace("{run}", "x") for path, calls in paths.items() if "post" in calls]


def throw(path, body, fields):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        connection.request("POST", path, body, fields)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (ConnectionError, http.client.HTTPException):
        return 0  # Closed while it was sent: it was not read.
    except TimeoutError:
        faults.append(f"{path}: no answer in two minutes")
        return 0


plain = "application/json"
for path in posts:
    for name, body, fields in (
        ("gzip", bomb, {"Content-Encoding": "gzip", "Content-Type": plain}),
        ("gzip twice", gzip.compress(bomb), {"Content-Encoding": "gzip, gzip", "Content-Type": plain}),
        ("deflate", zlib.compress(zeros * 64), {"Content-Encoding": "deflate", "Content-Type": plain}),
        ("brotli by name", bomb, {"Content-Encoding": "br", "Content-Type": plain}),
        ("zip", archive.getvalue(), {"Content-Type": "application/zip"}),
        ("workbook", archive.getvalue(), {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
        ("zip as JSON", archive.getvalue(), {"Content-Type": plain}),
        ("brackets", b"[" * 200_000, {"Content-Type": plain}),
        ("commas", b"[" + b"1," * 2_000_000 + b"1]", {"Content-Type": plain}),
    ):
        status = throw(path, body, fields)
        # Two calls read no body, and answer for the run that is not there.
        if status not in (0, 400, 404, 413, 415, 422):
            faults.append(f"{path}, {name}: {status}")
memory.append(server.megabytes())
print(f"packed: {len(posts) * 9} requests, {len(bomb) >> 10} kB that unpack to 1 GiB; memory {memory[0]:.0f} MB before, {memory[1]:.0f} MB after", flush=True)

# The largest bodies that are taken, all at once.
table = json.dumps({"question": "几行", "table": "a,b\n" + "1,2\n" * 240_000})
threads = [threading.Thread(target=throw, args=("/api/v1/sql", table, {"Content-Type": plain})) for _ in range(200)]
for thread in threads: thread.start()
for thread in threads: thread.join()
memory.append(server.megabytes())
print(f"200 tables of 1 MB at once: memory {memory[-1]:.0f} MB", flush=True)

checks = ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
          "unsupported_method")
seed = 0
before = sum(sent().values())
while (done := sum(sent().values()) - before) < wanted:
    seed += 1
    report = subprocess.run([
        schemathesis, "run", server.address + "/api/v1/openapi.json", "--workers", "4", "--seed", str(seed),
        "--phases", "examples,coverage,fuzzing" if seed == 1 else "fuzzing", "--max-examples", str(min(2000, max(50, (wanted - done) // 30))),
        "--checks", checks,
        # The stream of a run ends with it.
        "--exclude-path-regex", "/events$", "--suppress-health-check", "all",
    ], capture_output=True, text=True)
    memory.append(server.megabytes())
    print(f"round {seed}: {sum(sent().values()) - before:,} requests, memory {memory[-1]:.0f} MB, schemathesis {report.returncode}", flush=True)
    if report.returncode:
        faults.append(report.stdout[-6000:])
        break
alive = server.process.poll() is None
print("answers by status:", dict(sorted(sent().items())))
print(f"alive: {alive}; memory {memory[0]:.0f} MB at first, {max(memory):.0f} MB at most; stopped in {server.stop():.2f} s")
print("\n".join(faults) or "nothing was let through")
sys.exit(bool(faults) or not alive)

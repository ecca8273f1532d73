"""A site on a free port for the scripts beside this one: a copy of danlu-serve apart from danlu, so that what is sent
at random starts nothing but a stand-in for `danlu run`."""
import http.client, os, pathlib, shutil, signal, socket, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ.get("DANLU_BIN", ROOT / ".build/release"))

STAND_IN = """#!/bin/sh
for dir; do :; done
mkdir -p "$dir"
echo '{"recipe":"det-exp","seed":0,"settings":{"set":{"steps":20}},"versions":{},"created":"2026-01-01T00:00:00Z"}' > "$dir/config.json"
i=0
trap 'exit 130' INT TERM
while [ "$i" -lt "${STEPS:-20}" ]; do
  i=$((i+1)); echo "{\\"step\\":$i,\\"wall\\":$i,\\"loss\\":1}" >> "$dir/metrics.jsonl"; sleep "${PAUSE:-0.05}"
done
echo '{"recipe":"det-exp","run":"x","seconds":1,"steps":20,"metrics":{},"claims":[]}' > "$dir/claims.json"
"""


class Server:
    def __init__(self, *options, folder=None, **environment):
        """`folder`: that of an earlier server, to go on with its runs."""
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="danlu-site-"))
        if not folder:
            shutil.copy(BUILT / "danlu-serve", self.folder)
        for resources in BUILT.glob("Danlu_*.resources"):
            if not (self.folder / resources.name).exists():
                (self.folder / resources.name).symlink_to(resources)
        danlu = self.folder / "danlu"
        danlu.write_text(STAND_IN)
        danlu.chmod(0o755)
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(
            [self.folder / "danlu-serve", "--port", "0", "--runs", self.folder / "runs", *map(str, options)],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=dict(os.environ, **environment))
        self.address = self.process.stdout.readline().strip().rstrip("/")
        if not self.address:
            raise SystemExit("danlu-serve did not start: " + (self.folder / "log").read_text())
        self.port = int(self.address.rsplit(":", 1)[1])

    def get(self, path, timeout=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def post(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def socket(self, text=""):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(text.encode())
        return connection

    def figure(self, name):
        """A number of /metrics."""
        for line in self.get("/metrics")[1].decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])

    def megabytes(self):
        return self.figure("process_resident_memory_bytes") / 1e6

    def kill(self):
        """As the machine's end would: without a word."""
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self):
        """Seconds from SIGTERM to the end."""
        began = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        return time.perf_counter() - began

"""What several ranks come to when something goes wrong: every job must end soon, with a line that says why, and go on
bit-equal where it can be resumed.

    python3 Benchmarks/distributed/faults.py TEXT [--kills 20] [--only kill,interrupt,other,disk,cut,environment]

TEXT is raw text to pre-train a tiny model on. kill: SIGKILL of a random rank at a random moment, then --resume, then the
same weights as an uninterrupted run. interrupt: Ctrl-C of `danlu launch`, status 130, then the same. other: begun by two
ranks, gone on with three and with one. disk: rank 0's folder is full (needs root for a small tmpfs). cut: two hosts (hosts.sh,
needs root) whose link is down for 30 s, and for good. environment: starts that must be refused. DANLU names another binary than the release one.
"""
import argparse, hashlib, json, os, pathlib, random, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

DANLU = str(os.environ.get("DANLU", measure.ROOT / ".build/release/danlu"))
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


class Job:
    """`danlu launch` of some ranks, with what it wrote."""

    def __init__(self, ranks, *words, environment=None, launcher=None):
        self.errors = tempfile.TemporaryFile("w+")
        self.began = time.time()
        launcher = launcher or [DANLU, "launch", "-n", str(ranks), "--threads", "1"]
        self.process = subprocess.Popen([*launcher, *map(str, words)],
                                        stdout=subprocess.DEVNULL, stderr=self.errors, env=environment or ENVIRONMENT)

    def wait(self, timeout=900):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "HANGS", ""
        self.errors.seek(0)
        return status, self.errors.read()

    def ranks(self, folder):
        """The ranks' process numbers."""
        found = []
        for path in pathlib.Path("/proc").iterdir():
            if not path.name.isdigit():
                continue
            try:
                words = (path / "cmdline").read_bytes().split(b"\0")
                environment = (path / "environ").read_bytes()
            except OSError:
                continue
            if b"OMPI_COMM_WORLD_RANK=" in environment and folder.encode() in b" ".join(words):
                found.append(int(path.name))
        return found


def said(text):
    """What Danlu itself has said; MPI's banners and the bars left out."""
    return [line for line in text.splitlines() if line.startswith(("danlu:", "rank ", "interrupted"))]


def weights(folder):
    path = pathlib.Path(folder) / "model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else "missing"


def remains(folder):
    """Files that a kill has left half-written."""
    return [str(path) for path in pathlib.Path(folder).rglob("*.partial")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="kill,interrupt,other,disk,cut,environment")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    work = tempfile.mkdtemp(prefix="danlu-faults-")
    training = ["bert", "pretrain", options.text, "--layers", "1", "--hidden-size", "32", "--heads", "2", "--vocabulary-size",
                "500", "--steps", options.steps, "--batch", "6", "--validation-interval", "40", "--checkpoint-interval", "10",
                "--no-whole-words", "--max-length", "64"]
    chosen = options.only.split(",")

    def run(ranks, *words):
        status, text = Job(ranks, *words).wait()
        if status != 0:
            print("unexpected:", status, said(text))
        return status

    began = time.time()
    run(2, *training, "--out", f"{work}/whole")
    whole, seconds = weights(f"{work}/whole"), time.time() - began
    print(f"uninterrupted: {seconds:.0f} s, weights {whole}", flush=True)

    def stopped(name, stop):
        """Runs, stops, goes on; returns what came of it."""
        folder = f"{work}/{name}"
        job = Job(2, *training, "--out", folder)
        # From the moment at which there is a run: what comes before leaves nothing to go on with.
        while job.process.poll() is None and not pathlib.Path(folder, "training/config.json").exists():
            time.sleep(0.02)
        time.sleep(draw.uniform(0, 0.6) * seconds)
        moment = time.time()
        stop(job, folder)
        status, text = job.wait()
        took = time.time() - moment
        if not pathlib.Path(folder, "training/config.json").exists():
            return f"{name}: status {status} after {took:.1f} s, before there was a run; {said(text)}"
        finished = pathlib.Path(folder, "config.json").exists()
        if not finished:
            run(2, "bert", "pretrain", "--resume", folder)
        same = "same weights" if weights(folder) == whole else "OTHER WEIGHTS"
        halves = remains(folder)
        shutil.rmtree(folder)
        return (f"{name}: status {status} after {took:.1f} s, {'ended before' if finished else 'resumed'}, {same}, half-written files "
                f"{len(halves)}; {said(text)}")

    if "kill" in chosen:
        def kill(job, folder):
            ranks = job.ranks(folder)
            if ranks:
                os.kill(draw.choice(ranks), signal.SIGKILL)
        for number in range(options.kills):
            print(stopped(f"kill-{number}", kill), flush=True)
    if "interrupt" in chosen:
        print(stopped("interrupt", lambda job, folder: job.process.send_signal(signal.SIGINT)), flush=True)
    if "other" in chosen:
        folder = f"{work}/other"
        job = Job(2, *training, "--out", folder)
        time.sleep(0.7 * seconds)
        job.process.send_signal(signal.SIGINT)
        print("other: two ranks interrupted, status", job.wait()[0], flush=True)
        job = Job(3, "bert", "pretrain", "--resume", folder)
        time.sleep(0.5 * seconds)
        job.process.send_signal(signal.SIGINT)
        print("other: gone on with three, status", job.wait()[0], flush=True)
        if not pathlib.Path(folder, "config.json").exists():
            print("other: ended by one, status", run(1, "bert", "pretrain", "--resume", folder))
        lines = (pathlib.Path(folder) / "training/metrics.jsonl").read_text().splitlines()
        last = [json.loads(line) for line in (pathlib.Path(work) / "whole/training/metrics.jsonl").read_text().splitlines()][-1]
        print("other: held out", json.loads(lines[-1]), "uninterrupted", last, flush=True)
    if "disk" in chosen and os.geteuid() == 0:
        small = f"{work}/small"
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small], check=True)
        try:
            job = Job(2, *training, "--out", f"{small}/run")
            status, text = job.wait()
            print(f"disk: status {status} after {time.time() - job.began:.1f} s; {said(text)}", flush=True)
        finally:
            subprocess.run(["umount", "-l", small])
    if "cut" in chosen and os.geteuid() == 0:
        hosts = str(pathlib.Path(__file__).resolve().with_name("hosts.sh"))
        subprocess.run([hosts, "up", "2"], check=True)
        try:
            for name, length, limit in (("for 30 s", 30, 300), ("for good", 600, 10)):
                folder = f"{work}/cut-{length}"
                job = Job(2, *training, "--out", folder, "--collective-timeout", limit, launcher=[hosts, "run", DANLU])
                # Well into the training.
                while job.process.poll() is None and not list(pathlib.Path(folder).rglob("manifest.json")):
                    time.sleep(0.1)
                moment = time.time()
                cut = subprocess.Popen([hosts, "cut", "2", str(length)])
                status, text = job.wait(timeout=length + 120)
                took = time.time() - moment
                same = "same weights" if weights(folder) == whole else "not finished"
                time.sleep(15)
                print(f"cut {name}, ranks wait {limit} s: status {status} {took:.0f} s after the cut, {same}, "
                      f"ranks left {len(job.ranks(folder))}; {said(text)}", flush=True)
                cut.terminate()
        finally:
            subprocess.run([hosts, "down"])
    if "environment" in chosen:
        # Of an environment that does not belong to this MPI, in turns.
        claims = [
            {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "DANLU_CACHE": "/nonexistent"},
            {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "DANLU_MPI": "/opt/none/bin"},
            {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "3", "OMPI_VERSION": "77.1"},
            {"PMI_RANK": "0", "PMI_SIZE": "4", "DANLU_MPI": "/usr/bin"},
            {"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "5"},
            {"PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "2"},
        ]
        for number in range(50):
            changes = claims[number % len(claims)]
            moment = time.time()
            run_ = subprocess.run([DANLU, "words", "count", options.text], env={**ENVIRONMENT, **changes}, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True, timeout=30)
            lines = run_.stderr.strip().splitlines()
            took = time.time() - moment
            good = run_.returncode != 0 and took < 10 and len(lines) == 1
            if number < len(claims) or not good:
                print(f"environment {number}: {'refused' if good else 'NOT AS WANTED'} in {took:.1f} s: {lines[-1:]}", flush=True)
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()

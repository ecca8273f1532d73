"""Kills one long training 20 times at random moments and resumes it: its end must be bit-equal.

    swift build -c release --product DanluBench
    python Benchmarks/training/resume.py [--kills 20] [--seed 1] [--threads 1] [--steps 3000]
    python Benchmarks/training/resume.py --recipe gan-single-loss --steps 400     # by danlu run

The training runs once without interruption, then once more in pieces: after a random time each piece
gets SIGKILL, whatever it is doing. Compared at the end: every file of the last checkpoint (weights,
optimizer, loader, random generators), and the records of metrics without their times.
"""
import argparse, hashlib, json, os, pathlib, random, shutil, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from measure import BINARY, machine

arguments = argparse.ArgumentParser()
arguments.add_argument("--kills", type=int, default=20)
arguments.add_argument("--seed", type=int, default=1)
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--steps", type=int, default=3000)
arguments.add_argument("--recipe", help="run this recipe by danlu in place of the benchmark's training")
options = arguments.parse_args()
binary = BINARY.with_name("danlu") if options.recipe else BINARY
if not binary.exists():
    sys.exit(f"{binary} is missing; 'swift build -c release' makes it")
environment = dict(os.environ, DANLU_BENCH_THREADS=str(options.threads), OMP_NUM_THREADS=str(options.threads))


def start(folder):
    if not options.recipe:
        command = ["resumable", str(folder), str(options.steps)]
    elif (folder / "config.json").exists():
        command = ["run", "--resume", str(folder)]
    else:
        command = ["run", options.recipe, "--out", str(folder), "--steps", str(options.steps), "--device", "cpu"]
    return subprocess.Popen([str(binary)] + command, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(folder):
    process = start(folder)
    output, errors = process.communicate()
    # Claims may fail on a run this short; a run that cannot be continued leaves no claims.
    if not (folder / "claims.json").exists():
        sys.exit(f"the training failed with status {process.returncode}:\n{errors}")
    return output


def checkpoints(folder):
    """The complete checkpoints' steps: those with a manifest, under their final names."""
    found = (folder / "checkpoints").glob("step-*/manifest.json")
    return sorted(int(path.parent.name[5:]) for path in found)


def last_record(folder):
    try:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        return max((json.loads(line)["step"] for line in lines if line.endswith("}")), default=0)
    except (OSError, ValueError):
        return 0


def remains(folder):
    last = folder / "checkpoints" / f"step-{checkpoints(folder)[-1]:06d}"
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(last.iterdir())}
    records = []
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        del record["wall"]
        records.append(json.dumps(record, sort_keys=True))
    return last.name, files, records


work = pathlib.Path(tempfile.mkdtemp(prefix="danlu-resume-"))
whole, torn = work / "whole", work / "torn"
begun = time.perf_counter()
print(finish(whole).strip())
seconds = time.perf_counter() - begun
print(f"\n{machine()}; {options.threads} thread(s); seed {options.seed}; uninterrupted: {seconds:.1f} s, "
      f"{options.steps} steps\n")
print("| kill | after, s | records up to step | resumes from step | files being written |\n| --- | --- | --- | --- | --- |")
moments = random.Random(options.seed)
kill = 0
while kill < options.kills:
    process = start(torn)
    # Short against the whole, so that 20 pieces fit; some fall into the start or a checkpoint.
    delay = moments.uniform(0, 2.4 * seconds / options.kills)
    time.sleep(delay)
    if process.poll() is not None:
        sys.exit(f"the training ended before kill {kill + 1} (status {process.returncode}); more --steps are needed")
    process.kill()
    process.communicate()
    kill += 1
    partial = sum(1 for _ in torn.rglob(".*.partial"))
    steps = checkpoints(torn)
    print(f"| {kill} | {delay:.2f} | {last_record(torn)} | {steps[-1] if steps else 0} | {partial} |", flush=True)
print("\n" + finish(torn).strip())
name, expected, expected_records = remains(whole)
found_name, found, found_records = remains(torn)
print("\n| of the last checkpoint | bit-equal |\n| --- | --- |")
for file in expected:
    print(f"| {name}/{file} | {'yes' if found.get(file) == expected[file] else 'NO'} |")
equal_records = found_records == expected_records
print(f"| metrics.jsonl, {len(expected_records)} records without their times | {'yes' if equal_records else 'NO'} |")
equal = name == found_name and found == expected and equal_records
if equal:
    shutil.rmtree(work)
else:
    print(f"\nkept for a look: {work}")
sys.exit(0 if equal else 1)

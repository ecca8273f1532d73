"""Words over ranks: time and memory of 1 process x 1 thread beside N ranks x 1 thread, and whether the bytes are the same.

    python3 Benchmarks/distributed/words.py TEXT [--ranks 2,4] [--rounds 3] [--method v5] [--memory 2G]
    python3 Benchmarks/distributed/words.py TEXT --hosts 4 --ranks 8           the ranks on so many network namespaces (root)
    python3 Benchmarks/distributed/words.py --make 4000 zipf.txt     makes a Zipf text of so many megabytes

Commands take turns. Needs the release binary (DANLU names another) and an mpirun.
"""
import argparse, atexit, hashlib, os, pathlib, random, re, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure

DANLU = str(os.environ.get("DANLU", measure.ROOT / ".build/release/danlu"))
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


def make(megabytes, path):
    """Words of one to four characters by Zipf's law, in lines of about fifty characters."""
    draw = random.Random(1)
    words = ["".join(chr(0x4E00 + int(3500 * draw.random() ** 2.5)) for _ in range(1 + number % 4)) for number in range(60_000)]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    written = 0
    with open(path, "w", encoding="utf8") as file:
        while written < megabytes * 1e6:
            chosen = draw.choices(words, weights, k=400_000)
            lines = ["".join(chosen[start:start + 20]) + "。\n" for start in range(0, len(chosen), 20)]
            text = "".join(lines)
            file.write(text)
            written += len(text.encode())


HOSTS = str(pathlib.Path(__file__).resolve().with_name("hosts.sh"))


def run(ranks, words, out, hosts):
    launch = [] if ranks == 1 else ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)]
    if ranks > 1 and hosts:
        launch = ["env", f"PER_HOST={ranks // hosts}", HOSTS, "run"]
    command = [*launch, "sh", "-c", 'exec /usr/bin/time -f "peak %M" "$@"', "sh", DANLU, *words, "--out", out]
    began = time.time()
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    took = time.time() - began
    if done.returncode != 0:
        sys.exit(done.stderr[-500:])
    peaks = [int(peak) / 1024 for peak in re.findall(r"peak (\d+)", done.stderr)]
    return took, max(peaks), hashlib.sha256(pathlib.Path(out).read_bytes()).hexdigest()[:12]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--make", type=float)
    parser.add_argument("--ranks", default="2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--method", default="v5")
    parser.add_argument("--memory")
    parser.add_argument("--hosts", type=int, help="network namespaces that the ranks are spread over")
    options = parser.parse_args()
    if options.make:
        return make(options.make, options.text)
    counts = [1] + [int(count) for count in options.ranks.split(",")]
    print(f"{measure.machine()}, load {os.getloadavg()[0]:.1f}, {os.path.getsize(options.text) / 1e6:.0f} MB")
    more = ["--memory", options.memory] if options.memory else []
    jobs = {f"discover {options.method}": ["words", "discover", options.text, "--method", options.method, "--threads", "1", *more],
            "count": ["words", "count", options.text, "--threads", "1"]}
    print("| work | ranks | seconds (shortest, median) | gain | peak MB a rank | bytes |\n| --- | --- | --- | --- | --- | --- |")
    if options.hosts:
        subprocess.run([HOSTS, "up", str(options.hosts)], check=True)
        atexit.register(subprocess.run, [HOSTS, "down"])
    with tempfile.TemporaryDirectory() as folder:
        for name, words in jobs.items():
            found = {count: [] for count in counts}
            for _ in range(options.rounds):
                for count in counts:
                    found[count].append(run(count, words, folder + "/out.tsv", options.hosts))
            for count in counts:
                times = [took for took, _, _ in found[count]]
                gain = min(took for took, _, _ in found[1]) / min(times)
                same = "the same" if {digest for _, _, digest in found[count]} == {found[1][0][2]} else "OTHER"
                print(f"| {name} | {count} | {min(times):.1f}, {statistics.median(times):.1f} | {gain:.2f} | "
                      f"{max(peak for _, peak, _ in found[count]):.0f} | {same} |", flush=True)


if __name__ == "__main__":
    main()

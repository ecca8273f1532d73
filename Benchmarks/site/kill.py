"""kill -9 of the site while a comment, a run, an upload is under way, each twenty times: what was confirmed is there afterwards,
and nothing is there by half.

    python3 Benchmarks/site/kill.py [rounds]
"""
import glob, http.client, json, pathlib, random, sqlite3, sys, tempfile, threading, time
from serving import Server

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
draw = random.Random(0)
faults = []


def ask(server, path, body):
    """The answer's status and JSON; `None` where the server went away."""
    try:
        status, answer = server.post(path, json.dumps(body))
        return status, json.loads(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return None, None


def while_alive(server, work):
    """Does `work` again and again until the server is killed, at a moment drawn by chance."""
    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(draw.uniform(0.0, 0.25))
    server.kill()
    thread.join()


def comments():
    path = pathlib.Path(tempfile.mkdtemp()) / "comments.sqlite"
    sent, confirmed = {}, []
    for number in range(rounds):
        server = Server("--comments", path)

        def write(number=number):
            for index in range(10):
                text = f"{number}.{index} " + "words " * 400
                sent[text] = True
                status, answer = ask(server, "/api/v1/comments", {
                    "article": "gan-qp", "nickname": "n", "email": f"{number}.{index}@example.org", "text": text})
                if status == 201:
                    confirmed.append((answer["id"], text))
                elif status is None:
                    return

        while_alive(server, write)
    server = Server("--comments", path)
    database = sqlite3.connect(path)
    kept = dict(database.execute("SELECT id, text FROM comments"))
    faults.extend(f"comment {one} was confirmed and is lost" for one, text in confirmed if kept.get(one) != text)
    faults.extend(f"comment {one} is no text that was sent" for one, text in kept.items() if text not in sent)
    floors = [floor for floor, in database.execute("SELECT floor FROM comments ORDER BY floor")]
    if floors != list(range(1, len(floors) + 1)):
        faults.append(f"floors are {floors}")
    if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        faults.append("the file of comments is damaged")
    total = json.loads(server.get("/api/v1/comments?article=gan-qp")[1])["total"]
    if total != len(kept):
        faults.append(f"{total} of {len(kept)} comments are listed")
    server.stop()
    return len(confirmed), len(kept)


def runs():
    confirmed, folder = [], None
    for _ in range(rounds):
        server = Server(folder=folder, STEPS="3")
        folder = server.folder

        def start():
            for _ in range(2):
                status, answer = ask(server, "/api/v1/runs", {"recipe": "det-exp"})
                if status == 202:
                    confirmed.append(answer["run"])

        while_alive(server, start)
        json.loads((folder / "runs/.site/queue.json").read_text() if (folder / "runs/.site/queue.json").exists() else "{}")
    server = Server(folder=folder, STEPS="3")
    deadline, states = time.time() + 120, {}
    while time.time() < deadline:
        states = {run["run"]: run["status"] for run in json.loads(server.get("/api/v1/runs")[1])["runs"]}
        if all(state not in ("queued", "running") for state in states.values()):
            break
        time.sleep(0.2)
    for run in confirmed:
        if states.get(run) != "finished":
            faults.append(f"run {run} was confirmed and is {states.get(run)}")
    for run in states:
        steps = [json.loads(line)["step"] for line in (folder / "runs" / run / "metrics.jsonl").read_text().splitlines()]
        if steps != [1, 2, 3]:
            faults.append(f"run {run} has the steps {steps}")
    left = [path.name for path in (folder / "runs/.site").iterdir() if path.suffix not in (".log", ".json") and path.name != "lock"]
    if left:
        faults.append(f"left beside the queue: {left}")
    server.stop()
    return len(confirmed), len(states)


def uploads():
    """Tables, which are kept nowhere: nothing may be left of them."""
    def traces():
        return set(glob.glob(tempfile.gettempdir() + "/danlu-rows-*") + glob.glob(tempfile.gettempdir() + "/*sqlite*"))

    before, answered = traces(), 0
    for _ in range(rounds):
        server = Server()

        def upload():
            nonlocal answered
            table = "a,b\n" + "1,2\n" * 200_000
            while True:
                status, _ = ask(server, "/api/v1/sql", {"question": "几行", "table": table})
                if status is None:
                    return
                answered += 1

        while_alive(server, upload)
    after = traces() - before
    if after:
        faults.append(f"left of uploads: {sorted(after)[:5]}")
    return answered


print("comments confirmed, kept: %d, %d" % comments())
print("runs confirmed, there: %d, %d" % runs())
print("uploads answered before the end:", uploads())
print("\n".join(faults) or "nothing that was confirmed is lost, nothing is there by half")
sys.exit(bool(faults))

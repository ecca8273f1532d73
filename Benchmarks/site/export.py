"""How long an export of generated articles takes: all of it, nothing changed, one article changed.

    python3 Benchmarks/site/export.py .build/release/danlu [--count 1000]

Prints the clock's time and the processor's, user and system, as JSON."""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time


def main():
    options = argparse.ArgumentParser()
    options.add_argument("danlu")
    options.add_argument("--count", type=int, default=1000)
    options = options.parse_args()
    here = pathlib.Path(__file__).parent
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        subprocess.run(
            [sys.executable, here / "make_articles.py", str(options.count), folder / "articles"], check=True)

        def export(name):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            start = time.perf_counter()
            done = subprocess.run(
                [options.danlu, "site", "export", folder / "public", "--articles", folder / "articles",
                 "--runs", "none", "--json"], check=True, capture_output=True, text=True)
            seconds = time.perf_counter() - start
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            results[name] = {
                "seconds": round(seconds, 3), "user": round(after.ru_utime - before.ru_utime, 3),
                "system": round(after.ru_stime - before.ru_stime, 3), **json.loads(done.stdout)}

        export("whole")
        export("unchanged")
        changed = folder / "articles" / f"article-{options.count // 2:04d}.zh.md"
        changed.write_text(changed.read_text(encoding="utf-8") + "\n一句新的话。\n", encoding="utf-8")
        export("one changed")
        search = folder / "public/assets/search"
        results["search index bytes"] = sum(
            path.stat().st_size for path in search.glob("*/*.json"))
    print(json.dumps(results, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

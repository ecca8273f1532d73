"""How soon a page of the site stands in Chromium on this machine, and what it loads.

    python3 Benchmarks/site/paint.py [--rounds 10]

Of each kind of page, in a fresh context each time (nothing cached): the first byte after the request, the first
contentful paint after the start of the navigation, the bytes that came over the wire (MathJax, which replaces
formulas once the page stands, told apart), and requests that leave the machine. Prints a table of medians and
maxima. Serves DANLU_BIN (the release build's folder) as the scripts beside this one do."""

import argparse
import statistics
import sys
import pathlib

import serving

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Browser"))
import page_checks

PATHS = ["/", "/en/article/gan-qp/", "/article/i-resnet/", "/archives/", "/search/?q=GAN", "/runs/",
         "/play/optimizers/", "/article/smoothing/"]

FIGURES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const all = [page, ...performance.getEntriesByType("resource")];
  const isMathJax = one => one.name.endsWith("/tex-svg.js");
  const size = list => list.reduce((sum, one) => sum + one.transferSize, 0) / 1000;
  return {
    byte: page.responseStart - page.requestStart,
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    size: size(all.filter(one => !isMathJax(one))), mathJax: size(all.filter(isMathJax)),
    elsewhere: all.filter(one => new URL(one.name).origin !== location.origin).map(one => one.name),
  };
}"""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=10)
    rounds = options.parse_args().rounds
    chromium, sync_playwright = page_checks.tools()
    server = serving.Server()
    print("| page | first byte, ms | first paint, ms | KB | MathJax, KB | elsewhere |\n| --- | --- | --- | --- | --- | --- |")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        # What the browser itself does once at its first page.
        browser.new_page().goto(server.address + "/")
        for path in PATHS:
            found = []
            for _ in range(rounds):
                context = browser.new_context(viewport={"width": 1280, "height": 900})
                page = context.new_page()
                page.goto(server.address + path, wait_until="load")
                page.wait_for_timeout(300)
                found.append(page.evaluate(FIGURES))
                context.close()

            def told(name):
                values = [one[name] for one in found]
                return f"{statistics.median(values):.1f} ({max(values):.1f})"
            elsewhere = sorted({address for one in found for address in one["elsewhere"]})
            print(f"| `{path}` | {told('byte')} | {told('paint')} | {found[0]['size']:.0f} | "
                  f"{max(one['mathJax'] for one in found):.0f} | {', '.join(elsewhere) or 'none'} |", flush=True)
        browser.close()
    server.stop()


if __name__ == "__main__":
    main()

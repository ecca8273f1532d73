"""Uses a running site in a real browser: runs, comparisons, the start of a recipe, and every playground, by clicks
and by keys alone.

    python3 Tests/Browser/check_live.py .build/release [--models FOLDER] [--vectors FILE] [--runs FOLDER] [--shots FOLDER]

Starts danlu-serve of that folder on a free port with a folder of runs of its own (those of --runs are copied into
it), starts `det-exp` and `gan-single-loss` from their forms, watches the second one's curves grow, stops, resumes
and stops it. --models is a folder of finished runs for the playgrounds that ask a model; without it those have to
say what they lack. Every live page at 320, 768 and 1440 px, light and dark, as check_pages.py does; axe-core where it
is installed. Needs what that needs; ends with 1 if anything was found."""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from urllib.parse import quote

import page_checks

PLAYGROUNDS = ["words", "communities", "similar", "ask", "sql", "generate", "optimizers", "smoothing",
               "initialization", "dropout", "cube"]

# What a playground shows: its words, its pictures, its curves.
SHOWN = """() => { const panel = document.querySelector(".panel[data-play]");
  return [panel.innerText, ...[...panel.querySelectorAll("canvas")].map(c => c.toDataURL()),
    ...[...panel.querySelectorAll("img, iframe")].map(i => i.src)].join("|"); }"""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("built", type=pathlib.Path, help="the folder of danlu and danlu-serve")
    options.add_argument("--models", help="finished runs that playgrounds ask")
    options.add_argument("--vectors", help="a file of word vectors")
    options.add_argument("--runs", type=pathlib.Path, help="finished runs to be looked at, too")
    options.add_argument("--shots", type=pathlib.Path, help="where screenshots go")
    options = options.parse_args()
    chromium, sync_playwright = page_checks.tools()
    problems = page_checks.Problems()
    with tempfile.TemporaryDirectory(prefix="danlu-live-") as folder, sync_playwright() as playwright:
        runs = pathlib.Path(folder) / "runs"
        runs.mkdir()
        for run in sorted(options.runs.iterdir()) if options.runs else []:
            if (run / "config.json").exists():
                shutil.copytree(run, runs / run.name)
        command = [options.built / "danlu-serve", "--port", "0", "--runs", runs,
                   "--comments", pathlib.Path(folder) / "comments.sqlite"]
        for name in ("models", "vectors"):
            if getattr(options, name):
                command += [f"--{name}", getattr(options, name)]
        log = open(pathlib.Path(folder) / "log", "w")
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=dict(os.environ, OMP_NUM_THREADS="1"))
        root = server.stdout.readline().strip().rstrip("/")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            check = LiveCheck(browser, root, problems.report, options)
            started = check.starts_recipes()
            check.looks(started)
            check.playgrounds()
            check.accessibility(started)
        finally:
            browser.close()
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    problems.end()


class LiveCheck:
    def __init__(self, browser, root, report, options):
        self.browser, self.root, self.report, self.options = browser, root, report, options
        # A request that is refused says so on the console; what the page then says is looked at instead.
        self.refusals = ("the server responded with a status of 4", "the server responded with a status of 503")

    def page(self, path, width=1280, scheme="light"):
        page = self.browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        place = page_checks.listen(page, self.root, self.report, self.refusals)
        place["path"] = f"{path} at {width} {scheme}"
        page.goto(self.root + path)
        return page

    def comes_true(self, page, condition, seconds, argument=None):
        """Whether `condition` (JavaScript) came true in time; asked from outside, as the page's policy forbids `eval`."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            try:
                if page.evaluate(condition, argument):
                    return True
            except Exception as error:
                if "context was destroyed" not in str(error) and "navigation" not in str(error):
                    raise
            page.wait_for_timeout(100)
        return False

    def wait(self, page, condition, text, seconds=20):
        """The same; a problem if not."""
        came = self.comes_true(page, f"() => Boolean({condition})", seconds)
        if not came:
            self.report(page.url.removeprefix(self.root), text)
        return came

    def shot(self, page, name):
        if self.options.shots:
            self.options.shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self.options.shots / f"{name}.png")

    # Runs

    def start(self, recipe, settings, by_keys=False):
        """Starts a recipe from its form; the page of its run."""
        page = self.page(f"/runs/?recipe={recipe}")
        self.wait(page, "document.querySelectorAll('#start .fields input, #start .fields select').length > 0",
                  "the form has no settings")
        for key, value in settings.items():
            page.fill(f"#set-{key}", str(value))
        if f"\"recipe\":\"{recipe}\"" not in page.locator("#start .curl pre").inner_text():
            self.report(f"/runs/?recipe={recipe}", "the command does not follow the form")
        self.shot(page, f"start-{recipe}")
        if by_keys:
            page.locator("#start [type=number]").last.focus()
            page.keyboard.press("Enter")
        else:
            page.locator("#start .primary").click()
        page.wait_for_url(lambda url: "/runs/" in url and "recipe=" not in url, timeout=10000)
        return page

    def starts_recipes(self):
        """A short run to its end; a long one that is stopped, resumed by keys and stopped. Their names."""
        page = self.start("det-exp", {"matrices": 50}, by_keys=True)
        self.wait(page, "document.querySelector('.state.finished') && document.querySelector('table.claims')",
                  "no table of claims after the run", 60)
        names = [page.url.rstrip("/").split("/")[-1]]
        if page.locator("table.claims .chip").count() < 5:
            self.report("det-exp", "few claims")
        page.close()
        page = self.start("gan-single-loss", {"steps": 4000})
        names.append(page.url.rstrip("/").split("/")[-1])
        if self.wait(page, "document.querySelectorAll('#charts svg').length > 0", "no curve grows", 120):
            before = page.locator("#charts").inner_html()
            self.wait(page, f"document.getElementById('charts').innerHTML.length !== {len(before)}",
                      "the curves stay as they are", 60)
        self.wait(page, "document.querySelectorAll('#samples img').length > 0", "no samples", 120)
        self.wait(page, "document.getElementById('log').textContent.length > 0", "no log", 30)
        self.shot(page, "run-growing")
        page.locator("[data-do=stop]").click()
        self.wait(page, "document.querySelector('.state.unfinished')", "stop does not stop it", 60)
        self.wait(page, "document.querySelector('[data-do=resume]')", "nothing resumes it")
        page.wait_for_timeout(1500)
        page.locator("[data-do=resume]").focus()
        page.keyboard.press("Enter")
        self.wait(page, "document.querySelector('.state.running')", "resume does not resume it", 60)
        page.wait_for_timeout(1500)
        page.locator("[data-do=stop]").focus()
        page.keyboard.press("Enter")
        self.wait(page, "document.querySelector('.state.unfinished')", "it does not stop a second time", 60)
        page.close()
        return names

    def pages(self, started):
        runs = [f"/runs/{quote(name)}/" for name in started]
        if self.options.runs:
            runs += [f"/runs/{quote(run.name)}/" for run in sorted(self.options.runs.iterdir())
                     if (run / "config.json").exists()]
        compared = ",".join(path.split("/")[2] for path in runs[:2])
        return ["/runs/", "/runs/?recipe=gan-qp", *runs, f"/runs/compare/?runs={compared}", "/play/",
                *(f"/play/{name}/" for name in PLAYGROUNDS), "/article/smoothing/"]

    def looks(self, started):
        """Chooses two runs by clicks; then every page at every width, light and dark."""
        page = self.page("/runs/")
        boxes = page.locator("#runs input[type=checkbox]")
        boxes.nth(0).click()
        boxes.nth(1).click()
        page.locator("#compare").click()
        page.wait_for_url("**/runs/compare/?runs=*", timeout=5000)
        if page.locator("main table tbody tr").count() == 0:
            self.report("/runs/compare/", "no settings that differ")
        page.close()
        for width in (320, 768, 1440):
            for scheme in ("light", "dark"):
                for path in self.pages(started):
                    for prefix in ("", "/en"):
                        page = self.page(prefix + path, width, scheme)
                        page.wait_for_timeout(250)
                        page_checks.look(page, f"{prefix}{path} at {width} {scheme}", self.report)
                        page.close()
                print(f"{2 * len(self.pages(started))} live pages at {width} px, {scheme}", flush=True)
        for path in self.pages(started):
            page = self.page(path)
            page.wait_for_timeout(500)
            hidden = page_checks.unreached(page)
            if hidden:
                self.report(path, f"not reached by Tab: {hidden}")
            if path.count("/") == 3 and "compare" not in path:
                self.shot(page, path.strip("/").replace("/", "-"))
            page.close()

    # Playgrounds

    def playgrounds(self):
        for name in PLAYGROUNDS:
            self.by_clicks(name)
            self.by_keys(name)

    def opened(self, name):
        page = self.page(f"/play/{name}/")
        self.wait(page, "document.querySelector('.panel[data-play]').children.length > 0", "an empty panel", 10)
        page.wait_for_timeout(600)
        return page

    def changes(self, page, name, action, how):
        """Whether the playground shows something else within five seconds of `action`; tells what it says."""
        before = page.evaluate(SHOWN)
        began = time.perf_counter()
        action()
        if not self.comes_true(page, f"before => ({SHOWN})() !== before && !document.querySelector('[aria-busy]')", 30, before):
            self.report(f"/play/{name}/", f"nothing changes by {how}")
            return
        seconds = time.perf_counter() - began
        said = page.locator(".panel .failed")
        words = f": {said.first.inner_text()}" if said.count() else ""
        print(f"{name} by {how}: {seconds:.2f} s{words}", flush=True)
        if words and (self.options.models and name not in ("similar",) or name in ("words", "communities")):
            self.report(f"/play/{name}/", f"by {how}{words}")

    def by_clicks(self, name):
        page = self.opened(name)
        panel = page.locator(".panel[data-play]")
        primary = panel.locator(".button.primary").first
        if name == "cube":
            box = panel.locator("canvas").bounding_box()

            def turn():
                page.mouse.move(box["x"] + 100, box["y"] + 100)
                page.mouse.down()
                page.mouse.move(box["x"] + 220, box["y"] + 150, steps=4)
                page.mouse.up()
            self.changes(page, name, turn, "the mouse")
        if primary.count():
            self.changes(page, name, primary.click, "a click")
        elif panel.locator("input[type=range]").count():
            slider = panel.locator("input[type=range]").first
            slider.scroll_into_view_if_needed()
            box = slider.bounding_box()
            self.changes(page, name, lambda: page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2),
                         "a click on the slider")
        elif panel.locator("a").count() == 0:
            self.report(f"/play/{name}/", "nothing to click, and no word of what is missing")
        self.shot(page, f"played-{name}")
        page.close()

    def by_keys(self, name):
        """Tab from the top to the first control that acts, then the key that moves it."""
        page = self.opened(name)
        for _ in range(80):
            page.keyboard.press("Tab")
            kind = page.evaluate("""() => { const e = document.activeElement;
              return !e.closest(".panel[data-play]") ? "" : e.matches("input[type=range]") ? "range"
                : e.matches(".button.primary") ? "button" : e.matches("canvas") && e.closest("[data-play=cube]") ? "canvas"
                : e.matches("a") ? "link" : ""; }""")
            if kind == "link":
                break
            if kind:
                key = {"range": "ArrowRight", "button": "Enter", "canvas": "ArrowLeft"}[kind]
                self.changes(page, name, lambda: page.keyboard.press(key), f"the key {key}")
                break
        else:
            self.report(f"/play/{name}/", "the keyboard finds nothing to use")
        page.close()

    # Accessibility

    def accessibility(self, started):
        runner = page_checks.axe()
        if runner is None:
            return
        for scheme in ("light", "dark"):
            for path in self.pages(started):
                page = self.page(path, scheme=scheme)
                page.wait_for_timeout(500)
                if "/play/" in path and page.locator(".panel[data-play] form .primary").count():
                    page.locator(".panel[data-play] form .primary").first.click()
                    page.wait_for_timeout(1500)
                for found in page_checks.serious(runner, page):
                    self.report(path, f"{scheme}: {found}")
                page.close()
        print(f"{len(self.pages(started))} live pages checked with axe-core, light and dark")


if __name__ == "__main__":
    main()

"""What both checks ask of a page in Chromium: nothing beside the screen, nothing on the console, no request
elsewhere, all of it reached by the Tab key, no serious finding of axe-core."""

import shutil
import sys


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(0)


def tools():
    """Chromium's path and playwright's entry; without them the check is skipped."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        skip("there is no Chromium; Debian: apt-get install --no-install-recommends chromium fonts-noto-cjk")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip("there is no playwright; pip install playwright (without its own browser)")
    return chromium, sync_playwright


class Problems:
    """What was found, told at once."""

    def __init__(self):
        self.found = []

    def report(self, place, text):
        self.found.append(f"{place}: {text}")
        print(self.found[-1], flush=True)

    def end(self):
        print("nothing found" if not self.found else f"{len(self.found)} problems")
        sys.exit(1 if self.found else 0)


def listen(page, root, report, expected=()):
    """Tells what a page says on its console, and what it asks for elsewhere. Returns where it says it happened,
    to be set by the caller. `expected`: parts of messages that are no fault here."""
    place = {"path": ""}

    def message(text):
        if not any(part in text for part in expected):
            report(place["path"], text)

    page.on("console", lambda one: one.type in ("error", "warning") and message(f"console: {one.text}"))
    page.on("pageerror", lambda error: message(f"script: {error}"))
    page.on("request", lambda request: request.url.startswith((root, "data:", "blob:", "about:"))
            or message(f"request to {request.url}"))
    return place


def look(page, place, report):
    """No horizontal scroll, and nothing sticks out beside what scrolls in its own box."""
    size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if size[0] > size[1]:
        report(place, f"{size[0]} px wide")
    wide = page.evaluate("""() => [...document.querySelectorAll("main *")].filter(e => {
      if (e.closest(".formula, .scroll, pre, svg, .visually-hidden, .skip")) return false;
      const box = e.getBoundingClientRect();
      return box.width && box.right > innerWidth + 1;
    }).slice(0, 3).map(e => e.tagName + "." + e.className)""")
    if wide:
        report(place, f"stick out: {wide}")
    unknown = page.evaluate("document.querySelectorAll('.unknown-tex').length")
    if unknown:
        report(place, f"{unknown} formulas with unknown commands")


REACHABLE = ("a[href], button:not([disabled]), input:not([disabled]), select, textarea, summary, canvas[tabindex], "
             "pre[tabindex]")


def unreached(page, presses=500):
    """What can be clicked and is not reached by Tab from the top, at most three."""
    # From the top: what was clicked last would be where Tab goes on from.
    page.evaluate("""() => {
      document.body.tabIndex = -1;
      document.body.focus();
      document.body.removeAttribute("tabindex");
    }""")
    reached, last = set(), None
    for _ in range(presses):
        page.keyboard.press("Tab")
        now = page.evaluate("""s => {
          const e = document.activeElement;
          return e === document.body ? null : [...document.querySelectorAll(s)].indexOf(e);
        }""", REACHABLE)
        if now is None and last is not None:
            break
        if now is not None:
            reached.add(now)
        last = now
    return page.evaluate("""([s, r]) => [...document.querySelectorAll(s)].map((e, i) => [e, i])
      .filter(([e, i]) => e.checkVisibility({visibilityProperty: true}) && !r.includes(i) && !e.closest("dialog"))
      .slice(0, 3).map(([e]) => e.outerHTML.slice(0, 80))""", [REACHABLE, sorted(reached)])


def axe():
    """axe-core's runner, or None where it is not installed."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        print("accessibility not checked: pip install axe-playwright-python")
        return None
    return Axe()


def serious(runner, page):
    """Its serious findings, one line each."""
    return [f"{found['id']}, {len(found['nodes'])} times: {found['nodes'][0]['html'][:100]}"
            for found in runner.run(page).response["violations"] if found["impact"] in ("serious", "critical")]

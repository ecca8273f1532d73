"""Reads an exported site in a real browser and looks for what only a browser shows.

    danlu site export public
    python3 Tests/Browser/check_pages.py public [--shots FOLDER] [--quick]

Every page at 320, 768 and 1440 px, light and dark: no horizontal scroll, no message on the console, no
request that leaves the machine, under the Content-Security-Policy that danlu's server sends. Then the keys,
the theme, the citation, the search and the printed page. Needs Chromium (Debian: chromium, fonts-noto-cjk)
and PyPI's playwright; without them it says so and ends with 0. With PyPI's axe-playwright-python a page of
each kind is checked for accessibility, too. Ends with 1 if anything was found."""

import argparse
import functools
import http.server
import json
import os
import shutil
import sys
import threading
from urllib.parse import quote

POLICY = ("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
          "frame-ancestors 'none'; base-uri 'none'; form-action 'self'")


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *arguments):
        pass


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(0)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", help="an exported site")
    options.add_argument("--shots", help="where screenshots go")
    options.add_argument("--quick", action="store_true", help="every tenth page only")
    options = options.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        skip("there is no Chromium; Debian: apt-get install --no-install-recommends chromium fonts-noto-cjk")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip("there is no playwright; pip install playwright (without its own browser)")
    with open(os.path.join(options.folder, "export.json"), encoding="utf-8") as file:
        files = json.load(file)["files"]
    paths = sorted(path for path in files if path.endswith("/"))
    if options.quick:
        paths = paths[::10] + [path for path in paths if "/article/gan-qp/" in path]
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=options.folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_address[1]}"
    problems = []

    def report(path, text):
        problems.append(f"{path}: {text}")
        print(problems[-1])

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width in (320, 768, 1440):
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                place = {"path": ""}
                page.on("console", lambda message: report(place["path"], f"console: {message.text}"))
                page.on("pageerror", lambda error: report(place["path"], f"script: {error}"))
                page.on("request", lambda request: request.url.startswith((root, "data:"))
                        or report(place["path"], f"request to {request.url}"))
                for path in paths:
                    place["path"] = f"{path} at {width} {scheme}"
                    page.goto(root + quote(path))
                    size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
                    if size[0] > size[1]:
                        report(place["path"], f"{size[0]} px wide")
                    # Nothing sticks out beside what scrolls in its own box.
                    wide = page.evaluate("""() => [...document.querySelectorAll("main *")].filter(e => {
                      if (e.closest(".formula, .scroll, pre, .visually-hidden, .skip")) return false;
                      const box = e.getBoundingClientRect();
                      return box.width && box.right > innerWidth + 1;
                    }).slice(0, 3).map(e => e.tagName + "." + e.className)""")
                    if wide:
                        report(place["path"], f"stick out: {wide}")
                    unknown = page.evaluate("document.querySelectorAll('.unknown-tex').length")
                    if unknown:
                        report(place["path"], f"{unknown} formulas with unknown commands")
                page.close()
                print(f"{len(paths)} pages at {width} px, {scheme}", flush=True)
        articles = [path for path in paths if path.startswith("/article/")]
        if articles:
            behaviour(browser, root, articles, report)
            accessibility(browser, root, articles, report)
            if options.shots:
                shots(browser, root, articles, options.shots)
        browser.close()
    print("nothing found" if not problems else f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


def behaviour(browser, root, articles, report):
    """Keys, theme, citation, search, print."""
    path = "/article/gan-qp/" if "/article/gan-qp/" in articles else articles[0]
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")

    def expect(condition, text):
        if not condition:
            report(path, text)

    page.goto(root + path)
    page.keyboard.press("/")
    expect(page.evaluate("document.activeElement.name") == "q", "/ does not lead to the search")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys").is_visible(), "? shows no keys")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.evaluate("document.documentElement.dataset.theme") == "dark", "t does not switch the theme")
    page.reload()
    expect(page.evaluate("document.documentElement.dataset.theme") == "dark", "the theme is forgotten")
    page.keyboard.press("t")
    for key, relation in (("j", "next"), ("k", "prev")):
        link = page.locator(f"link[rel={relation}]")
        if link.count():
            target = link.first.evaluate("e => e.href")
            page.keyboard.press(key)
            page.wait_for_url(target, timeout=3000)
            page.goto(root + path)
    page.locator(".citation summary").click()
    expect("@misc{" in page.locator("#citation-bibtex").inner_text(), "no BibTeX")
    # The keyboard alone reaches everything that can be clicked.
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("""() => {
          const e = document.activeElement;
          return e === document.body ? "" : [...document.querySelectorAll("a, button, input, summary")].indexOf(e) + "";
        }"""))
    hidden = page.evaluate("""r => [...document.querySelectorAll("a, button, input, summary")].map((e, i) => [e, i + ""])
      .filter(([e, i]) => e.checkVisibility({visibilityProperty: true}) && !r.includes(i) && !e.closest("dialog"))
      .map(([e]) => e.outerHTML.slice(0, 80))""", list(reached))
    expect(len(hidden) == 0, f"not reached by Tab: {hidden[:3]}")
    # A number of an equation shows the equation.
    reference = page.locator("a.reference").first
    if reference.count():
        reference.hover()
        expect(page.locator("#tip .formula").is_visible(), "no preview of an equation")
    # A whole sentence of a page finds it first.
    for article in articles[::3]:
        page.goto(root + quote(article))
        sentence = page.evaluate("""() => [...document.querySelectorAll(".text p")]
          .map(p => p.textContent).filter(t => t.length > 30)[1]?.split("。")[0].slice(0, 100)""")
        if not sentence:
            continue
        page.goto(f"{root}/search/?q={quote(sentence)}")
        page.wait_for_selector(".hits li", timeout=5000)
        first = page.locator(".hits li a").first.evaluate("e => decodeURIComponent(e.pathname)")
        expect(first == article, f"'{sentence}' finds {first} first, not {article}")
        expect(page.locator(".hits mark").count() > 0, "no hit is marked")
    page.goto(root + path)
    page.emulate_media(media="print")
    seen = page.evaluate("""() => [".site-header", ".contents", ".article-tools", ".neighbours", ".site-footer"]
      .filter(s => document.querySelector(s)?.checkVisibility())""")
    expect(not seen, f"printed, too: {seen}")
    page.close()
    # Without scripts the text is all there.
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(root + path)
    expect(page.locator(".text p").count() > 3, "no text without scripts")
    expect(page.locator(".theme").is_hidden(), "buttons that do nothing without scripts")
    context.close()


def accessibility(browser, root, articles, report):
    """axe-core's serious findings."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        print("accessibility not checked: pip install axe-playwright-python")
        return
    kinds = ["/", "/en/", "/archives/", "/topics/", "/about/", "/search/?q=GAN", *articles[::9]]
    for scheme in ("light", "dark"):
        for path in kinds:
            page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
            page.goto(root + quote(path, safe="/?=%"))
            page.wait_for_timeout(300)
            for found in Axe().run(page).response["violations"]:
                if found["impact"] in ("serious", "critical"):
                    report(path, f"{scheme}: {found['id']}, {len(found['nodes'])} times: "
                           + found["nodes"][0]["html"][:100])
            page.close()
    print(f"{len(kinds)} pages checked with axe-core, light and dark")


def shots(browser, root, articles, folder):
    os.makedirs(folder, exist_ok=True)
    path = "/article/gan-qp/" if "/article/gan-qp/" in articles else articles[0]
    for name, address, width, scheme in (
        ("home-light", "/", 1440, "light"), ("home-dark", "/en/", 1440, "dark"),
        ("article-light", path, 1440, "light"), ("article-dark", "/en" + path, 1440, "dark"),
        ("article-narrow", path, 320, "light"), ("archive", "/archives/", 768, "light"),
        ("topics", "/topics/", 1440, "light"), ("search", "/search/?q=" + quote("梯度消失"), 768, "dark"),
    ):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.goto(root + address)
        page.wait_for_timeout(500)
        page.screenshot(path=os.path.join(folder, name + ".png"))
        page.close()


if __name__ == "__main__":
    main()

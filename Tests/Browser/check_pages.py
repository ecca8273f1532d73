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
import threading
from urllib.parse import quote

import page_checks

POLICY = ("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
          "frame-ancestors 'none'; base-uri 'none'; form-action 'self'")


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *arguments):
        pass


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", help="an exported site")
    options.add_argument("--shots", help="where screenshots go")
    options.add_argument("--quick", action="store_true", help="every tenth page only")
    options = options.parse_args()
    chromium, sync_playwright = page_checks.tools()
    with open(os.path.join(options.folder, "export.json"), encoding="utf-8") as file:
        files = json.load(file)["files"]
    paths = sorted(path for path in files if path.endswith("/"))
    if options.quick:
        paths = paths[::10] + [path for path in paths if "/article/gan-qp/" in path]
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=options.folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_address[1]}"
    problems = page_checks.Problems()
    report = problems.report

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width in (320, 768, 1440):
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                place = page_checks.listen(page, root, report)
                for path in paths:
                    place["path"] = f"{path} at {width} {scheme}"
                    page.goto(root + quote(path))
                    page_checks.look(page, place["path"], report)
                page.close()
                print(f"{len(paths)} pages at {width} px, {scheme}", flush=True)
        articles = [path for path in paths if path.startswith("/article/")]
        if articles:
            behaviour(browser, root, articles, report)
            accessibility(browser, root, articles, report)
            if options.shots:
                shots(browser, root, articles, options.shots)
        browser.close()
    problems.end()


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
    # Of a session what one types is copied, without its prompt.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("#claims ~ .code .copy")
    button.hover()
    button.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    expect(copied == f"danlu run {path.strip('/').split('/')[-1]}", f"copied: {copied!r}")
    page.locator(".citation summary").click()
    expect("@misc{" in page.locator("#citation-bibtex").inner_text(), "no BibTeX")
    # The keyboard alone reaches everything that can be clicked.
    hidden = page_checks.unreached(page)
    expect(not hidden, f"not reached by Tab: {hidden}")
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
    runner = page_checks.axe()
    if runner is None:
        return
    kinds = ["/", "/en/", "/archives/", "/topics/", "/about/", "/search/?q=GAN", *articles[::9]]
    for scheme in ("light", "dark"):
        for path in kinds:
            page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
            page.goto(root + quote(path, safe="/?=%"))
            page.wait_for_timeout(300)
            for found in page_checks.serious(runner, page):
                report(path, f"{scheme}: {found}")
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

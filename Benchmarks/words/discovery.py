#!/usr/bin/env python3
"""The word-discovery program with KenLM's count_ngrams (both given as paths to ready programs) against
`danlu words discover --method v5`, equal settings, alternately; compares the words.

usage: discovery.py DANLU WORD_DISCOVERY_PY COUNT_NGRAMS TEXT [ROUNDS]
"""
import os, re, subprocess, sys, tempfile

danlu, program, counter, text = sys.argv[1:5]
rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 3
here = os.path.dirname(os.path.abspath(__file__))


def timed(command):
    result = subprocess.run(["/usr/bin/time", "-f", "TIME %e %U %S %M", *command], check=True,
                            capture_output=True, text=True)
    wall, user, system, peak = re.findall(r"TIME (\S+) (\S+) (\S+) (\S+)", result.stderr)[-1]
    return float(wall), float(user) + float(system), int(peak) / 1024


best = {}
with tempfile.TemporaryDirectory() as folder:
    for _ in range(rounds):
        for name, command in (
            ("word-discovery", [sys.executable, f"{here}/word_discovery_peer.py", program, counter, text, f"{folder}/peer"]),
            ("danlu v5", [danlu, "words", "discover", text, "--method", "v5", "--repository-whitespace",
                          "--out", f"{folder}/ours"]),
        ):
            figures = timed(command)
            best[name] = tuple(map(min, figures, best.get(name, figures)))
    peer = {word: int(count) for word, count in
            re.findall(r"(.+?|\n| ) (\d+)\n", open(f"{folder}/peer", encoding="utf-8").read(), flags=re.S)}
    ours = {}
    for line in open(f"{folder}/ours", encoding="utf-8", newline="\n"):
        word, count, _ = line.rstrip("\n").split("\t")
        ours[word.replace("\\n", "\n")] = int(count)
for name, (wall, cpu, peak) in best.items():
    print(f"{name:16} {wall:8.2f} s wall {cpu:8.2f} s CPU {peak:8.0f} MB")
a, b = best["word-discovery"], best["danlu v5"]
print(f"ratios: wall {a[0] / b[0]:.1f}, CPU {a[1] / b[1]:.1f}, memory {a[2] / b[2]:.1f}")
different = {w for w in set(peer) | set(ours) if peer.get(w) != ours.get(w)} - {"\n", " "}
print(f"words {len(peer)} / {len(ours)}, different apart from white space {len(different)}: {sorted(different)[:10]}")

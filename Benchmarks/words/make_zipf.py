#!/usr/bin/env python3
"""Writes generated Chinese-looking text: 200,000 words of 1 to 4 ideographs, Zipf-distributed
(exponent 1.07 after a flat head), sentences of 4 to 20 words ending with a comma or full stop, several
sentences a line. The same seed gives the same bytes.

usage: make_zipf.py BYTES OUT [SEED]
"""
import sys

import numpy as np

size, out, seed = int(float(sys.argv[1])), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1
random = np.random.default_rng(seed)
vocabulary, batch, resolution = 200_000, 1_000_000, 1 << 24
# Characters are Zipf-distributed too, over 6,000 of them.
characters = random.permutation(np.arange(0x4E00, 0x4E00 + 20902))[:6000]
weights = 1 / (np.arange(6000) + 20.0)
weights /= weights.sum()
lengths = random.choice([1, 2, 3, 4], size=vocabulary, p=[0.02, 0.6, 0.23, 0.15])
lengths[:60] = 1
seen = {}
drawn = iter(random.choice(characters, size=vocabulary * 8, p=weights).tolist())
for length in lengths.tolist():
    while (word := tuple(next(drawn) for _ in range(length))) in seen:
        length = min(4, length + 1)
    seen[word] = len(seen)
# The marks are words too, drawn by their own rule.
words = [*seen, (0xFF0C,), (0x3002,), (0x3002, 0x0A)]
lengths = np.array([len(word) for word in words])
units = np.array([unit for word in words for unit in word], dtype="<u2")
starts = np.cumsum(lengths) - lengths
share = (np.arange(vocabulary) + 2.7) ** -1.07
# Word of each of 2^24 equal parts of the probability: a draw is one look-up.
table = np.searchsorted(np.cumsum(share / share.sum()), (np.arange(resolution) + 0.5) / resolution).astype(np.int32)
written = 0
with open(out, "wb") as file:
    while written < size:
        tokens = table[random.integers(0, resolution, size=batch, dtype=np.int32)]
        ends = np.cumsum(random.integers(4, 21, size=batch // 4))
        ends = ends[ends <= batch]
        tokens = np.insert(tokens, ends, random.integers(vocabulary, len(words), size=len(ends), dtype=np.int32))
        length = lengths[tokens]
        offsets = np.repeat(starts[tokens] - (np.cumsum(length) - length), length)
        text = units[offsets + np.arange(len(offsets))].tobytes().decode("utf-16-le").encode()
        # The end is cut between two characters.
        text = text[: size - written].decode(errors="ignore").encode() if written + len(text) > size else text
        if not text:
            break
        file.write(text)
        written += len(text)

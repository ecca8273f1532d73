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
# Characters are Zipf-distributed too, over 6,000 of them.
characters = random.permutation(np.arange(0x4E00, 0x4E00 + 20902))[:6000]
weights = 1 / (np.arange(6000) + 20.0)
weights /= weights.sum()
lengths = random.choice([1, 2, 3, 4], size=200_000, p=[0.02, 0.6, 0.23, 0.15])
lengths[:60] = 1
seen, words = set(), []
for length in lengths:
    while True:
        word = "".join(map(chr, random.choice(characters, size=length, p=weights)))
        if word not in seen:
            break
        length += random.integers(0, 2)
    seen.add(word)
    words.append(word.encode())
rank = np.arange(len(words)) + 2.7
share = rank**-1.07
cumulative = np.cumsum(share / share.sum())
table = np.array(words, dtype=object)
written = 0
with open(out, "wb") as file:
    while written < size:
        draws = np.searchsorted(cumulative, random.random(1_000_000))
        tokens = table[np.minimum(draws, len(words) - 1)]
        ends = np.cumsum(random.integers(4, 21, size=120_000))
        ends = ends[ends < len(tokens)]
        marks = random.choice([b"\xef\xbc\x8c", b"\xe3\x80\x82", b"\xe3\x80\x82\n"], size=len(ends))
        tokens[ends] = tokens[ends] + marks
        text = b"".join(tokens.tolist()) + b"\n"
        text = text[: size - written]
        while text and text[-1] & 0xC0 == 0x80:
            text = text[:-1]
        if text and text[-1] >= 0xC0:
            text = text[:-1]
        file.write(text)
        written += max(len(text), 1) if len(text) == 0 else len(text)
        if size - written < 4:
            break

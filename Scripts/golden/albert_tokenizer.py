#!/usr/bin/env python3
"""Makes Tests/TokenizersTests/Golden/albert.json: texts folded as ALBERT's tokenizer does (quotes, NFKD without
combining marks, lower case; in a few lines of Python) and cut by the model of unigram.model.gz.

Needs: sentencepiece 0.2. Run from anywhere.
"""

import gzip
import json
import pathlib
import unicodedata

import sentencepiece

FOLDER = pathlib.Path(__file__).parents[2] / "Tests" / "TokenizersTests" / "Golden"
TEXTS = ["The State of Größe", "``Quoted'' and 'single' `marks`", "ÀÉÎ õü Ñandú", "ﬁne ① Ⅳ ½", "  Two   SPACES ",
         "the ''' three", "ΑΒΓ ẞ", "中文 THE 测试", "", "İstanbul", "e\u0301tat of THE e\u0327"]


def fold(text):
    text = " ".join(text.strip().split()).replace("``", '"').replace("''", '"')
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.lower()


processor = sentencepiece.SentencePieceProcessor(model_proto=gzip.decompress((FOLDER / "unigram.model.gz").read_bytes()))
records = [{"text": text, "ids": processor.encode(fold(text))} for text in TEXTS]
(FOLDER / "albert.json").write_text(json.dumps({"records": records}, indent=1) + "\n")

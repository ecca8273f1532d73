"""Trains small models with `tokenizers` and `sentencepiece` and writes them with what they make of texts.

    pip install tokenizers sentencepiece
    python3 Scripts/golden/tokenizers.py Tests/TokenizersTests/Golden
"""

import gzip, io, json, pathlib, random, sys

sys.path = [folder for folder in sys.path if not folder.endswith("Scripts/golden")]

import sentencepiece
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = """the of and to in a is that for it as was with be by on not he his but at are this have from or had an they
which one you were her all she there would their we him been has when who will no more if out so said what up its
about into than them can only other new some time could these two may then do first any my now such like our over man
me even most made after also did many before must through years where much your way well down should because each just
those people state world still hand life day same another know while last might great old year off come since against
go came right used take three ελληνικά привет straße naïve café résumé über señor ångström""".split()
CHINESE = """我们 今天 天气 很好 中国 北京 上海 学习 模型 语言 数据 文本 研究 方法 问题 时间 公司 发展 经济 市场 技术 系统 科学 空间 新词
发现 最小 熵 原理 自然 处理 深度 神经 网络 训练 参数 概率 生成 对抗 阅读 理解 の です ます カタカナ ひらがな 한국어 안녕""".split()

TEXTS = [
    "", " ", "  ", "Hello, World!", "the state of the world", "  leading and  inner   spaces ", "tabs\tand\nlines\r\nmixed",
    "我们今天学习语言模型。", "中文BERT测试 and English mixed文本", "naïve café résumé", "e\u0301 decomposed", "ﬁne ligature ①②③",
    "ＡＢＣ１２３　full width", "don't we'll you're I've he's she'd I'm", "DON'T", "price: $1,234.56 (5～6％)", "😀👍🏽 emoji 👨‍👩‍👧",
    "ελληνικά ΟΔΟΣ", "привет мир Ёж", "zero\u200bwidth\u00adsoft", "nbsp\u00a0here\u3000wide", "한국어 안녕하세요", "カタカナ ひらがな がギ",
    "x" * 300, "ab" * 150, "未登录𠮷字", "\u2028line\u2029sep", "a\u0000b\ufffdc", "... --- !!! ???", "12345 67890 3.14", "    code\n\tindented",
    "ﷺ ½ Ⅳ ™", "हिन्दी ไทย العربية", "<s> </s> <unk> [MASK]", "▁ underscore", "trailing space ", "\n\n\n", "the\n\nworld  of \n state",
    "<|endoftext|>the<|endoftext|> world", "user<special>defined", "of<extra_id_0>the",
]


def sentences(count):
    source = random.Random(1)
    for _ in range(count):
        if source.random() < 0.5:
            yield " ".join(source.choices(WORDS, k=12)).capitalize() + source.choice(".!?")
        else:
            yield "".join(source.choices(CHINESE, k=12)) + source.choice("。！？")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    lines = list(sentences(3000))

    def write(name, records, **facts):
        with open(folder / f"{name}.json", "w", encoding="utf8") as file:
            versions = {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__}
            json.dump({"versions": versions, **facts, "records": records}, file, ensure_ascii=True, indent=0)

    def sentence_piece(name, **options):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, num_threads=1, minloglevel=2, character_coverage=0.995, **options)
        with open(folder / f"{name}.model.gz", "wb") as file:
            file.write(gzip.compress(model.getvalue(), mtime=0))
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        records = []
        for text in TEXTS:
            pieces = processor.encode(text, return_type="proto").pieces
            # Places of scalars; those of bytes in the middle of a scalar differ between versions.
            records.append({
                "text": text, "ids": [piece.id for piece in pieces],
                "offsets": [[piece.begin, piece.end] for piece in pieces],
                "decoded": processor.decode([piece.id for piece in pieces])})
        write(name, records)

    sentence_piece("unigram", model_type="unigram", vocab_size=400, user_defined_symbols=["<special>"])
    sentence_piece("bpe", model_type="bpe", vocab_size=700, byte_fallback=True, normalization_rule_name="identity",
                   remove_extra_whitespaces=False)
    sentence_piece("suffix", model_type="unigram", vocab_size=400, treat_whitespace_as_suffix=True,
                   normalization_rule_name="identity", add_dummy_prefix=True)

    def fast(name, tokenizer):
        tokenizer.save(str(folder / f"{name}.tokenizer.json"), pretty=False)
        records = []
        for text in TEXTS:
            encoding = tokenizer.encode(text)
            pair = tokenizer.encode(text, "the state")
            records.append({
                "text": text, "ids": encoding.ids, "offsets": encoding.offsets,
                "pairIds": pair.ids, "segments": pair.type_ids,
                "decoded": tokenizer.decode(encoding.ids)})
        write(name, records)

    def byte_level(name, prefix, processor):
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
        tokenizer.decoder = decoders.ByteLevel()
        special = ["<s>", "</s>", "<unk>", "<|endoftext|>"]
        tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
            vocab_size=700, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
        tokenizer.post_processor = processor(tokenizer)
        fast(name, tokenizer)

    byte_level("gpt2", False, lambda _: processors.ByteLevel(trim_offsets=False))
    byte_level("roberta", True, lambda made: processors.RobertaProcessing(
        ("</s>", made.token_to_id("</s>")), ("<s>", made.token_to_id("<s>")), trim_offsets=True, add_prefix_space=True))

    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")])
    fast("wordpiece", tokenizer)

    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(lines, trainers.UnigramTrainer(
        vocab_size=400, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))])
    fast("t5", tokenizer)


main(pathlib.Path(sys.argv[1]))

import Formats
import Messages
import TestSupport
import Testing
import Tokenizers

struct WordPieceTokenizerTests {
  /// A vocabulary in which each listed word is a token, and every word can be spelled by single scalars.
  private static func tokenizer(
    _ words: [String], _ rules: BERTTextRules
  ) throws -> WordPieceTokenizer {
    try WordPieceTokenizer(
      vocabulary: Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words), rules: rules)
  }

  /// Words of `text` before WordPiece: with nothing known, bert4keras shows each as it is.
  private static func words(_ text: String, _ change: (inout BERTTextRules) -> Void = { _ in })
    throws -> [String]
  {
    var rules = BERTTextRules.bert4keras(lowercases: true)
    change(&rules)
    return try tokenizer([], rules).tokenStrings(text)
  }

  @Test(arguments: [
    ("Hello, World!", "hello|,|world|!"), ("中文BERT测试", "中|文|bert|测|试"),
    ("a\u{200B}b", "ab"), ("a\u{AD}b", "ab"), ("x\u{2028}y", "x|y"), ("x\u{85}y", "xy"),
    ("x\u{B}y", "xy"), ("a\u{3000}b\u{A0}c", "a|b|c"), ("5～6￥100", "5～6￥100"),
    ("１２３ＡＢＣ", "１２３ａｂｃ"), ("ﬁne", "ﬁne"), ("ÀÉÎõü Ñandú", "aeiou|nandu"),
    ("İstanbul", "istanbul"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ ΣΑΣ, Σ", "οδος|σας|,|σ"), ("ẞ", "ß"),
    ("がギ", "かキ"), ("ｶﾞ", "ｶﾞ"), ("don't", "don|'|t"), ("U.S.A. 3.14%", "u|.|s|.|a|.|3|.|14|%"),
    ("C++ & C#", "c|+|+|&|c|#"), ("e\u{301}", "e"), ("\u{FFFD}\u{0}\u{FEFF}\u{202E}", ""),
    ("👨\u{200D}👩\u{200D}👧", "👨👩👧"), ("😀ok", "😀ok"), ("\u{F900}", "\u{8C48}"),
    ("\u{2F800}", "\u{4E3D}"), ("\u{2B820}x", "\u{2B820}|x"), ("\u{30000}x", "\u{30000}x"),
    ("\u{E000}p", "\u{E000}p"), ("\u{378}q", "\u{378}q"), ("™©", "™©"), ("°C ℃", "°c|℃"),
    ("…—“”‘’", "…|—|“|”|‘|’"), ("【】《》、。！？·", "【|】|《|》|、|。|！|？|·"), ("##ing", "#|#|ing"),
    ("[MASK]", "[|mask|]"), ("", ""), ("  ", ""), ("\t\n", ""), ("Ⅳ ①", "ⅳ|①"), ("ǅ", "ǆ"),
    ("Đà Nẵng", "đa|nang"), ("Привет Ё Й", "привет|е|и"), ("Ω \u{212B} \u{212A}", "ω|a|k"),
    ("½ ٣ ﷺ", "½|٣|ﷺ"), ("\u{64E}ab", "ab"),
  ])
  func words(text: String, expected: String) throws {
    let found = try Self.words(text).map { Array($0.unicodeScalars) }
    let wanted = expected.split(separator: "|").map { Array($0.unicodeScalars) }
    #expect(found == (expected.isEmpty ? [] : wanted))
  }

  @Test func hangulDecomposes() throws {
    let found = try Self.words("가나다")
    #expect(found.count == 1 && found[0].unicodeScalars.count == 6)
  }

  @Test func implementationsDiffer() throws {
    let fast = BERTTextRules.huggingFace(lowercases: true)
    func fastWords(_ text: String) throws -> [[Unicode.Scalar]] {
      try Self.words(text) { rules in
        rules.controls = fast.controls
        rules.separatesExtensionE = fast.separatesExtensionE
        rules.lowersFinalSigma = fast.lowersFinalSigma
      }.map { Array($0.unicodeScalars) }
    }
    #expect(try fastWords("ΟΔΟΣ") == [Array("οδοσ".unicodeScalars)])
    #expect(try fastWords("\u{2B820}x") == [["\u{2B820}", "x"]])
    #expect(try fastWords("\u{E000}p") == [["p"]])
    #expect(try Self.words("\u{378}q") { $0.controls = .allOther } == ["q"])
    let composed = try Self.words("e\u{301}x \u{F900}") {
      $0.composes = true
      $0.lowercases = false
      $0.stripsAccents = false
    }
    #expect(composed.map { Array($0.unicodeScalars) } == [["é", "x"], ["\u{8C48}"]])
  }

  @Test func longestMatch() throws {
    let tokenizer = try Self.tokenizer(["un", "##aff", "##able"], .google(lowercases: true))
    #expect(tokenizer.tokenStrings("unaffable") == ["un", "##aff", "##able"])
    #expect(tokenizer.tokens("x unaffable").map(\.range) == [0..<1, 2..<4, 4..<7, 7..<11])
    #expect(tokenizer.tokenStrings("unaffablez") == ["[UNK]"])
  }

  @Test func longWordsAreUnknown() throws {
    for (rules, limit) in [
      (BERTTextRules.google(lowercases: true), 200), (.huggingFace(lowercases: true), 100),
    ] {
      let tokenizer = try Self.tokenizer(["a", "##a"], rules)
      #expect(tokenizer.tokens(String(repeating: "a", count: limit)).count == limit)
      #expect(tokenizer.tokenStrings(String(repeating: "a", count: limit + 1)) == ["[UNK]"])
    }
  }

  @Test func specialTokensInText() throws {
    let fast = try Self.tokenizer(["a"], .huggingFace(lowercases: true))
    #expect(fast.tokenStrings("a[MASK]a [SEP]") == ["a", "[MASK]", "a", "[SEP]"])
    let google = try Self.tokenizer(["a", "[", "mask", "]"], .google(lowercases: true))
    #expect(google.tokenStrings("[MASK]") == ["[", "mask", "]"])
  }

  @Test func pairsAndTruncation() throws {
    let tokenizer = try Self.tokenizer(["a", "b", "c", "d", "e"], .google(lowercases: true))
    func ids(_ first: String, _ second: String?, _ truncation: Truncation?) throws -> [String] {
      try tokenizer.encode(first, second, truncation: truncation).ids
        .map { tokenizer.vocabulary.tokens[$0] }
    }
    let empty = try tokenizer.encode("a b", "")
    #expect(
      empty.ids.map { tokenizer.vocabulary.tokens[$0] } == ["[CLS]", "a", "b", "[SEP]", "[SEP]"])
    #expect(empty.segmentIds == [0, 0, 0, 0, 1])
    #expect(empty.isSpecial == [true, false, false, true, true])
    #expect(
      try ids("a b c d e", nil, Truncation(maxLength: 5)) == ["[CLS]", "a", "b", "c", "[SEP]"])
    #expect(
      try ids("a b c d e", nil, Truncation(maxLength: 5, side: .left))
        == ["[CLS]", "c", "d", "e", "[SEP]"])
    let pair = ("a a a a a", "b b b b")
    func counts(_ truncation: Truncation) throws -> [Int] {
      let tokens = try ids(pair.0, pair.1, truncation)
      return [tokens.count { $0 == "a" }, tokens.count { $0 == "b" }]
    }
    #expect(try counts(Truncation(maxLength: 10, strategy: .longest(extra: .longer))) == [4, 3])
    #expect(try counts(Truncation(maxLength: 10, strategy: .longest(extra: .second))) == [3, 4])
    #expect(try counts(Truncation(maxLength: 10, strategy: .longest(extra: .first))) == [4, 3])
    #expect(try counts(Truncation(maxLength: 11, strategy: .first)) == [4, 4])
    #expect(try counts(Truncation(maxLength: 11, strategy: .second)) == [5, 3])
    #expect(throws: OptionError.self) { try counts(Truncation(maxLength: 5, strategy: .second)) }
    #expect(throws: OptionError.self) { try counts(Truncation(maxLength: 2)) }
  }

  private static let vectors = [
    ("wordpiece_vectors_zh.jsonl.gz", "vocab_zh.txt", true),
    ("wordpiece_vectors_en_uncased.jsonl.gz", "vocab_en_uncased.txt", true),
    ("wordpiece_vectors_en_cased.jsonl.gz", "vocab_en_cased.txt", false),
  ]

  @Test(
    .enabled(if: SharedData.has("bert-vocab"), SharedData.reason), arguments: vectors)
  func huggingFaceVectors(file: String, vocabulary: String, lowercases: Bool) throws {
    let bytes = try ByteSource(path: SharedData.path("bert-vocab/" + file)).readAll()
    let records = try bytes.withUnsafeBytes { try JSONLines.parse($0, path: file).values }
    #expect(records.count == 400)
    let tokenizer = try WordPieceTokenizer(
      vocabulary: Vocabulary(contentsOf: SharedData.path("bert-vocab/" + vocabulary)),
      rules: .huggingFace(lowercases: lowercases))
    for record in records {
      let text = try #require(record["text"]?.stringValue)
      let encoding = try tokenizer.encode(text)
      let ids = record["ids"]?.arrayValue?.compactMap(\.integerValue)
      let tokens = record["tokens"]?.arrayValue?.compactMap(\.stringValue)
      let offsets = record["offsets"]?.arrayValue?.map { $0.arrayValue?.compactMap(\.integerValue) }
      #expect(encoding.ids == ids, "\(text.debugDescription.prefix(80))")
      #expect(encoding.ids.map { tokenizer.vocabulary.tokens[$0] } == tokens)
      #expect(
        encoding.offsets.map { [$0.lowerBound, $0.upperBound] } == offsets,
        "\(text.debugDescription.prefix(80))")
    }
  }

  @Test(.enabled(if: SharedData.has("bert-vocab"), SharedData.reason))
  func chineseVocabulary() throws {
    let vocabulary = try Vocabulary(contentsOf: SharedData.path("bert-vocab/vocab_zh.txt"))
    #expect(vocabulary.count == 21128)
    #expect(vocabulary.id("[MASK]") == 103)
    #expect(vocabulary.id("的") == 4638)
    #expect(vocabulary.id("##的") == 17695)
    #expect(vocabulary.tokens[343] == "\u{2028}")
  }
}

struct WordPieceDecodingTests {
  @Test(arguments: [
    ("wel ##come to 北 京 ， ok", "welcome to北京，ok"), ("it ' s 3 . 14 % !", "it's 3.14% !"),
    ("c + + and a / b", "c++and a/b"), ("5 ##～ ##6 元 （ 约 ）", "5～6元（约）"),
    ("he said \" hi \" .", "he said\" hi\" ."), ("[UNK] 北 [UNK] 京", "北京"),
    ("2019 年 12 月 5 日", "2019年12月5日"), ("", ""),
  ])
  func joins(tokens: String, text: String) throws {
    let words = tokens.split(separator: " ").map(String.init)
    let vocabulary = Vocabulary(["[UNK]", "[CLS]", "[SEP]"] + words)
    let tokenizer = try WordPieceTokenizer(
      vocabulary: vocabulary, rules: .bert4keras(lowercases: true))
    let ids = try words.map { try #require(vocabulary.id($0)) }
    #expect(tokenizer.decode(ids) == text)
  }
}

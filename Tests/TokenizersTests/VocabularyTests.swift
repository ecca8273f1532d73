import Formats
import Messages
import TestSupport
import Testing
import Tokenizers

struct VocabularyTests {
  @Test func tokensAreScalars() {
    let vocabulary = Vocabulary(["\u{F900}", "\u{8C48}", "é", "e\u{301}", "a", "a"])
    #expect(vocabulary.id("\u{F900}") == 0)
    #expect(vocabulary.id("\u{8C48}") == 1)
    #expect(vocabulary.id("e\u{301}") == 3)
    #expect(vocabulary.id("a") == 5)
    #expect(vocabulary.id("") == nil)
    #expect(Vocabulary([]).id("a") == nil)
  }

  @Test func readsAndWrites() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/vocab.txt"
      try Vocabulary(["[UNK]", "\u{2028}", "##\u{2028}", ""]).write(to: path)
      let read = try Vocabulary(contentsOf: path)
      #expect(read.tokens == ["[UNK]", "\u{2028}", "##\u{2028}", ""])
      try AtomicFile.write(to: path) { try $0.write("\u{FEFF}a\r\nb\r\n") }
      let windows = try Vocabulary(contentsOf: path)
      #expect(windows.tokens == ["a", "b"])
      try AtomicFile.write(to: path) { try $0.write("") }
      #expect(message { _ = try Vocabulary(contentsOf: path) }.contains("has no tokens"))
    }
  }

  @Test func missingTokensAreNamed() {
    let text = message {
      _ = try WordPieceTokenizer(
        vocabulary: Vocabulary(["[UNK]", "[CLS]", "[sep]"]), rules: .google(lowercases: true))
    }
    #expect(text.contains("lacks [SEP]"))
    #expect(text.contains("[sep]"))
  }

  @Test(.enabled(if: SharedData.has("bert-vocab"), SharedData.reason))
  func simplifiesTheChineseVocabulary() throws {
    let vocabulary = try Vocabulary(contentsOf: SharedData.path("bert-vocab/vocab_zh.txt"))
    let edit = try VocabularyEdit.simplified(vocabulary)
    #expect(edit.vocabulary.count == 13584)
    let kept = try #require(edit.keptIds)
    #expect(Array(kept.prefix(4)) == [0, 100, 101, 102])
    #expect(edit.vocabulary.contains("汉") && !edit.vocabulary.contains("##汉"))
    #expect(!edit.vocabulary.contains("[MASK]") && !edit.vocabulary.contains("[unused1]"))
    #expect(kept.enumerated().allSatisfy { vocabulary.tokens[$1] == edit.vocabulary.tokens[$0] })
  }

  @Test(.enabled(if: SharedData.has("bert-vocab"), SharedData.reason))
  func casedVocabulary() throws {
    let vocabulary = try Vocabulary(contentsOf: SharedData.path("bert-vocab/vocab_zh.txt"))
    let edit = VocabularyEdit.cased(vocabulary)
    // The author has 5596; newer versions of Unicode have one or two capitals more.
    #expect((5596...5600).contains(edit.vocabulary.count - vocabulary.count))
    let tokenizer = try WordPieceTokenizer(
      vocabulary: edit.vocabulary, rules: .bert4keras(lowercases: false))
    #expect(
      tokenizer.tokenStrings("Welcome to BEIJING.") == [
        "Welcome", "to", "BE", "##I", "##JING", ".",
      ])
    let old = try #require(vocabulary.id("##jing"))
    let new = try #require(edit.vocabulary.id("##JING"))
    #expect(edit.rows[new] == VocabularyEdit.Row(meanOf: [old]))
  }

  @Test func rematch() throws {
    let rules = BERTTextRules.bert4keras(lowercases: true)
    #expect(
      rules.rematch("ÀB 中c", ["[CLS]", "ab", "中", "c", "[SEP]"]) == [[], [0, 1], [3], [4], []])
    #expect(rules.rematch("e\u{301}a", ["ea"]) == [[0, 2]])
    #expect(rules.rematch("İx y", ["ix", "y"]) == [[0, 1], [3]])
    #expect(rules.rematch("ΟΔΟΣ a", ["οδος", "a"]) == [[0, 1, 2, 3], [5]])
    #expect(rules.rematch("abc", ["xyz", "##c"]) == [[], [2]])
  }

  @Test func learnsPieces() throws {
    var training = WordPieceTraining()
    training.size = 26
    let words = ["low": 5, "lower": 2, "newest": 6, "widest": 3]
    let vocabulary = try training.train(words)
    #expect(vocabulary.count == 26)
    let again = try training.train(words)
    #expect(again.tokens == vocabulary.tokens)
    training.size = 40
    let large = try training.train(words)
    #expect(large.contains("##est") && large.contains("low"))
    let tokenizer = try WordPieceTokenizer(vocabulary: large, rules: .google(lowercases: true))
    #expect(tokenizer.tokenStrings("newest") == ["newest"])
    #expect(throws: OptionError.self) {
      training.size = 8
      _ = try training.train(words)
    }
    #expect(throws: InputError.self) { try training.train([:]) }
  }

  @Test func countsWords() throws {
    let counts = try WordPieceTraining.words(
      of: ["我爱BERT, bert", "爱"], rules: .google(lowercases: true))
    #expect(counts == ["我": 1, "爱": 2, "bert": 2, ",": 1])
    // More than is counted at once, on several threads.
    let many = (0..<300_000).map { "第\($0 % 7)句 word\($0 % 3)" }
    let one = try WordPieceTraining.words(of: many, rules: .google(lowercases: true), threads: 1)
    let three = try WordPieceTraining.words(of: many, rules: .google(lowercases: true), threads: 3)
    #expect(one == three && one["第"] == 300_000 && one["word0"] == 100_000)
  }
}

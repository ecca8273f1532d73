import Testing

@testable import FineTuning

@Suite struct ScoresTests {
  private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  @Test func classes() {
    var scores = ClassScores()
    for (found, actual) in [("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")] {
      scores.add(found, actual)
    }
    #expect(scores.accuracy == 0.5)
    // F1 of a 2/3, of b 1/2, of c 0.
    #expect(abs(scores.macroF1 - (2.0 / 3 + 0.5) / 3) < 1e-12)
  }

  @Test func entitiesBySpanAndLabel() {
    var scores = EntityScores()
    scores.add(
      [.init("x", 0..<2), .init("x", 3..<4), .init("y", 5..<6)],
      [.init("x", 0..<2), .init("y", 3..<4), .init("y", 5..<6), .init("y", 7..<9)])
    #expect(scores.all == LabelCounts(hits: 2, predicted: 3, actual: 4))
    #expect(abs(scores.all.f1 - 4.0 / 7) < 1e-12)
    #expect(scores.byLabel["x"]?.precision == 0.5)
  }

  /// The numbers are sacreBLEU's with tokenize none and smoothing exp.
  @Test func bleuAndRouge() {
    var scores = GenerationScores()
    for (text, reference) in [
      ("the cat sat on the mat today", "the cat is on the mat"), ("a b c d e", "a b d c e f"),
      ("x y", "x z y"),
    ] {
      scores.add(tokens: words(text), reference: words(reference))
    }
    #expect(abs(scores.bleu - 22.224975272837877) < 1e-9)
    #expect(abs(scores.rougeL - (10.0 / 13 + 8.0 / 11 + 4.0 / 5) / 3) < 1e-12)
    var smoothed = GenerationScores()
    smoothed.add(tokens: words("a b c d e"), reference: words("a b x y z w"))
    #expect(abs(smoothed.bleu - 17.491650626361256) < 1e-9)
    var nothing = GenerationScores()
    nothing.add("甲乙", reference: "丙丁")
    #expect(nothing.bleu == 0 && nothing.rougeL == 0)
  }

  @Test func answers() {
    var scores = AnswerScores()
    scores.add("北京市。", accepted: ["北京", "北京 市"])
    scores.add("", accepted: [])
    scores.add("the Red house", accepted: ["red House"])
    scores.add("x", accepted: [])
    #expect(scores.exactMatch == 0.5)
    #expect(abs(scores.f1 - (1 + 1 + 0.8) / 4) < 1e-12)
  }

  @Test func ideographsAndWordsAreTokens() {
    #expect(TextTokens.of("BERT 模型，ok!カナ") == ["BERT", "模", "型", "，", "ok", "!", "カ", "ナ"])
  }
}

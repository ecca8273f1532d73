import Foundation
import Testing

@testable import TextMining

@Suite struct TemplateTests {
  static let demonstration: [(template: SentenceTemplate, count: Int)] = [
    ("X 呢", 10), ("X 可以 X 吗", 9), ("我 X", 8), ("X 的 X 是 X", 7), ("X 的 X 是 X 呢", 7), ("X 的 X", 12),
    ("X 和 X", 12),
  ].map { (SentenceTemplate($0.0), $0.1) }

  private func parse(_ text: String) throws -> (text: String, score: Double) {
    let (tree, score) = try TemplateParser(Self.demonstration).parse(
      text.split(separator: " ").map(String.init))
    return (tree.text, score)
  }

  @Test func readsTheDemonstration() throws {
    let (text, score) = try parse("鸡蛋 可以 吃 吗")
    #expect(text == "(鸡蛋)可以(吃)吗")
    #expect(abs(score - log(9.0 / 65)) < 1e-12)
  }

  @Test func tiesGoToTheFartherFirstPlaceholder() throws {
    #expect(try parse("雪梨 和 苹果 和 香蕉").text == "((雪梨)和(苹果))和(香蕉)")
  }

  @Test func placeholdersNeedAWord() throws {
    let (text, score) = try parse("可以 吗")
    #expect(text == "可以吗")
    #expect(score == -20)
    #expect(try parse("我").score == 0)
    #expect(try parse("").score == 0)
  }

  @Test func nestedReading() throws {
    let (text, score) = try parse("我 的 名字 是 小明 呢")
    // ln(7/65) for the long template beats any nesting.
    #expect(text == "(我)的(名字)是(小明)呢")
    #expect(abs(score - log(7.0 / 65)) < 1e-12)
  }

  @Test func minesTheTemplatesOfGeneratedSentences() throws {
    var sentences: [[Substring]] = []
    for index in 0..<400 {
      sentences.append(["名\(index % 97)", "可以", "事\(index % 89)", "吗"])
      sentences.append(["物\(index % 83)", "的", "物\(index % 79)"])
    }
    var mining = TemplateMining()
    mining.minProbability = 5e-3
    mining.minPMI = 1
    for threads in [1, 4] {
      mining.threads = threads
      let result = try mining.mine(sentences)
      let counts = Dictionary(
        uniqueKeysWithValues: result.templates.map { ($0.template.text, $0.count) })
      #expect(counts["X 可以 X 吗"] != nil)
      #expect(result.crowded == 0)
    }
  }

  @Test func phraseMiningJoinsNeighborsOnly() throws {
    let sentences: [[Substring]] = (0..<300).map { index in
      ["甲", "乙", "数\(index % 61)", "丙"]
    }
    var mining = TemplateMining()
    mining.window = 1
    mining.minProbability = 1e-2
    mining.minPMI = 0.5
    let templates = try mining.mine(sentences).templates.map(\.template.text)
    #expect(templates.contains("甲 乙 X"))
    #expect(!templates.contains("甲 乙 X 丙"))
  }

  /// Deeper than a thread's stack would hold one call for each word.
  @Test func aVeryLongSentenceIsOnePath() throws {
    var mining = TemplateMining()
    mining.window = 1
    mining.minProbability = 1e-9
    let sentence = (0..<200_000).map { "词\($0)"[...] }
    let result = try mining.mine([sentence])
    #expect(result.templates.count == 1)
    #expect(result.templates.first?.template.words.count == sentence.count)
  }

  @Test func crowdedSentencesAreCountedAndLeftOut() throws {
    let dense = (0..<40).map { Substring("词\($0)") }
    var mining = TemplateMining()
    mining.minPMI = -100
    mining.pathLimit = 100
    let result = try mining.mine([dense, ["甲", "乙"]])
    #expect(result.crowded == 1)
    #expect(result.templates.map(\.template.text) == ["甲 乙"])
  }
}

import Foundation
import Parallel
import Testing
import Text
import WordVectors

@testable import TextMining

@Suite struct DomainVocabularyTests {
  private func list(_ pairs: [(String, Double)]) -> WordList {
    WordList(pairs.map { (word: $0.0, count: $0.1) })
  }

  @Test func articleScoreWithMissingAsZero() throws {
    let counts = DomainCounts(
      target: list([("a", 10), ("b", 4), ("x", 30)]),
      background: list([("a", 8), ("b", 20), ("y", 5)]))
    let (scores, _, prior) = counts.shares()
    #expect(prior == 0.5)
    let byWord = Dictionary(uniqueKeysWithValues: zip(counts.entries.map(\.word), scores))
    for (word, expected) in [("x", 0.788462), ("a", 0.492187), ("y", 0.383721), ("b", 0.284810)] {
      let score = try #require(byWord[word] ?? nil)
      #expect(abs(score - expected) < 1e-6, "\(word)")
    }
  }

  @Test func articleScoreAsPublished() throws {
    let counts = DomainCounts(
      target: list([("a", 10), ("b", 4), ("x", 30)]),
      background: list([("a", 8), ("b", 20), ("y", 5)]))
    let (scores, _, prior) = counts.shares(missingIsUndefined: true)
    #expect(abs(prior - 0.857143) < 1e-6)
    let byWord = Dictionary(uniqueKeysWithValues: zip(counts.entries.map(\.word), scores))
    #expect(abs((try #require(byWord["a"] ?? nil)) - 0.690647) < 1e-6)
    #expect(abs((try #require(byWord["b"] ?? nil)) - 0.461538) < 1e-6)
    #expect(byWord["x"] == .some(nil) && byWord["y"] == .some(nil))
  }

  @Test func thresholdsOfTheExpansion() {
    let expansion = SeededExpansion()
    for (depth, expected) in [
      (0, 0.600), (1, 0.718), (2, 0.801), (3, 0.860), (4, 0.901), (6, 0.951),
    ] {
      #expect(abs(Double(expansion.threshold(depth: depth)) - expected) < 0.0006)
    }
    var low = SeededExpansion()
    low.minSimilarity = 0.2
    #expect(low.threshold(depth: 0) == 0.6)
    low.center = ["甲"]
    #expect(low.threshold(depth: 0) == 0.2)
  }

  @Test func syntheticTargetAgainstItsLesserBackground() throws {
    let method = MinimumEntropy(minProbability: 1e-6, minPMI: 0.5)
    let target = try method.words(of: TextSource(string: ExampleCorpora.synthetic()))
    let background = try method.words(
      of: TextSource(string: ExampleCorpora.synthetic(leavingOut: ["电力系统", "变压器"])))
    let counts = DomainCounts(
      target: WordList(target.words), background: WordList(background.words))
    let (_, mean, prior) = counts.shares()
    #expect(abs(mean - 20_000) < 1e-6)
    #expect(abs(prior - 0.5) < 1e-12)
    let ranked = DomainVocabulary().rank(counts)
    #expect(ranked.prefix(3).map(\.word) == ["电力系统", "变压器", "林心如"])
    for (term, expected) in zip(ranked, [0.600926, 0.599439, 0.496726]) {
      #expect(abs(term.score - expected) < 1e-6)
    }
  }

  @Test func expansionVisitsEachWordOnce() throws {
    var random = RandomStream(seed: 3)
    let words = (0..<400).map { "词\($0)" }
    let matrix = (0..<(400 * 8)).map { _ in Float(random.normal()) + 1.2 }
    let vectors = VectorTable(words: words, dimension: 8, matrix: matrix)
    var results: [[SeededExpansion.Admitted]] = []
    for threads in [1, 2, 8] {
      var expansion = SeededExpansion()
      expansion.threads = threads
      results.append(
        try expansion.expand(seeds: ["词1", "词2", "不在"], in: vectors) { $0 != "词3" })
    }
    #expect(results[0] == results[1] && results[1] == results[2])
    #expect(Set(results[0].map(\.word)).count == results[0].count)
    #expect(results[0].count > 10)
    #expect(results[0].prefix(3).map(\.word) == ["词1", "词2", "不在"])
    #expect(!results[0].contains { $0.word == "词3" })
    var strict = SeededExpansion()
    strict.minSimilarity = 1
    // Cosine 1 is the word itself alone.
    let alone = try strict.expand(seeds: ["词1"], in: vectors) { _ in true }
    #expect(alone.map(\.word) == ["词1"])
  }

  @Test func rulesOfTheArticle() throws {
    let rules = DomainRules.article
    for word in ["变压器", "过电压", "输电线路", "可靠性"] { #expect(rules.allows(word), "\(word)") }
    for word in [
      "变", "abc", "较高", "我的", "电网公司", "每个", "考虑", "研究生院", "哈哈", "三相", "一七厂", "电力",
      "电气工程市场", "其电压",
    ] { #expect(!rules.allows(word), "\(word)") }
    #expect(rules.suffixes.filter { $0.count == 2 }.count == 128)
    let copy = try JSONDecoder().decode(DomainRules.self, from: JSONEncoder().encode(rules))
    #expect(copy == rules)
    #expect(throws: (any Error).self) {
      try withTemporaryFile(Array("{\"minLength\":2}".utf8)) { try DomainRules(contentsOf: $0) }
    }
  }

  @Test func rankingsPreferTheTargetsWords() {
    let counts = DomainCounts(
      target: list([("甲甲", 100), ("乙乙", 100), ("丙丙", 5)]),
      background: list([("甲甲", 10), ("乙乙", 200), ("丁丁", 90)]))
    for ranking in DomainRanking.allCases where ranking != .frequency {
      let scores = counts.scores(ranking)
      let first = scores[0] ?? -.infinity
      let second = scores[1] ?? -.infinity
      #expect(first > second, "\(ranking)")
    }
  }

  @Test func pipelineFindsTheTermsOfAGeneratedDomain() throws {
    let target = TextSource(string: ExampleCorpora.synthetic(lines: 4000))
    let other = TextSource(
      string: ExampleCorpora.synthetic(lines: 4000, leavingOut: ["电力系统", "变压器"]))
    var options = DomainVocabulary.Options()
    options.seeds = ["变压器"]
    options.expansion.minSimilarity = 0
    options.expansion.center = ["变压器"]
    let result = try DomainVocabulary(options).run(target: target, background: other)
    #expect(result.terms.first?.word == "电力系统" || result.terms.first?.word == "变压器")
    let contexts = try KeywordInContext.find(["变压器"], in: target, limit: 2)
    #expect(contexts["变压器"]?.count == 2)
    #expect(contexts["变压器"]?.allSatisfy { $0.word == "变压器" } == true)
  }

  @Test(arguments: [
    "高血压", "人民法院", "当事人", "被告人", "检察院", "监护人", "患者", "国务院", "刑事责任", "有限责任公司", "三叉神经",
    "二氧化碳", "行为能力", "供应商", "和解协议", "不动产", "未成年人", "所得税", "一氧化碳",
  ])
  func generalRulesKeepTermsOfAnyField(_ word: String) {
    #expect(DomainRules.general.objection(to: word) == nil)
  }

  @Test(arguments: ["第十二条", "三个月", "百分之五", "二〇一九年", "十余年", "我们的", "以及其他", "如果", "按照规定"])
  func generalRulesDropWhatIsNoTerm(_ word: String) {
    #expect(DomainRules.general.objection(to: word) != nil)
  }

  /// What a user gave is in the answer, and what the rules dropped is told.
  @Test func seedsAreInTheAnswer() throws {
    var lines: [String] = []
    var random = RandomStream(seed: 5)
    let (terms, ends) = (["变压器", "断路器", "高压线"], ["需要检修", "发生故障", "已经投运"])
    for _ in 0..<600 { lines.append(terms[random.below(3)] + ends[random.below(3)] + "。") }
    var options = DomainVocabulary.Options()
    options.discovery = Autonomy()
    options.seeds = ["变压器", "故障", "不存在的词"]
    let result = try DomainVocabulary(options).run(
      target: TextSource(string: lines.joined(separator: "\n")))
    let words = result.terms.map(\.word)
    #expect(Set(options.seeds).isSubset(of: words))
    #expect(result.unmetSeeds == ["不存在的词"])
    #expect(result.terms.first { $0.word == "故障" }?.targetCount ?? 0 > 100)
    options.rules = .article
    let article = try DomainVocabulary(options).run(
      target: TextSource(string: lines.joined(separator: "\n")))
    #expect(article.dropped.contains { $0.word == "高压线" && $0.objection == "character 高" })
  }

  @Test func generalWordsAreACountOfChinese() {
    let list = GeneralWords.list
    #expect(list.count > 5000 && list.total > 1_000_000)
    #expect((list.count(of: "中国") ?? 0) > (list.count(of: "研究") ?? 0))
    #expect(!list.contains("变压器绕组"))
  }
}

import Foundation
import Messages
import Testing
import Text

@testable import TextMining

/// The exact figures every variant must give on the synthetic corpus.
@Suite struct WordDiscoveryTests {
  static let text = ExampleCorpora.synthetic()

  static func discover(
    _ method: some DiscoveryMethod, threads: Int = 2, blockSize: Int = 4 << 20,
    memory: Int = 2 << 30, explaining: [String] = []
  ) throws -> DiscoveryResult {
    var options = CorpusOptions()
    options.threads = threads
    options.blockSize = blockSize
    options.memory = memory
    return try method.words(
      of: TextSource(string: text), corpus: options, explaining: explaining)
  }

  static func list(_ result: DiscoveryResult) -> String {
    result.words.map { "\($0.word)\($0.count)" }.joined(separator: " ")
  }

  static func counts(_ result: DiscoveryResult) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: result.words.map { ($0.word, $0.count) })
  }

  @Test func syntheticCorpusIsTheSpecifiedOne() throws {
    #expect(Self.text.hasPrefix("在的我们人民在人民在是\n"))
    #expect(Self.text.unicodeScalars.lazy.filter { $0 != "\n" }.count == 272_380)
  }

  @Test func entropyMethod() throws {
    var method = BoundaryEntropy()
    method.minEntropy = 2
    let result = try Self.discover(method)
    #expect(result.figures.cohesive == 15)
    #expect(Self.list(result) == "数学7497 喜欢7459 电力系统5058 变压器4965 林心如2457")
    let system = try #require(result.words.first { $0.word == "电力系统" })
    #expect(abs(system.score - 2.438) < 0.0005)
    method.minEntropy = 3
    #expect(try Self.discover(method).words.isEmpty)
  }

  @Test func pairCohesionCut() throws {
    let result = try Self.discover(PairCutting())
    #expect(result.figures.distinct[1] == 29)
    #expect(result.figures.distinct[2] == 228)
    #expect(result.figures.cohesive == 19)
    #expect(result.figures.total == 252_380)
    #expect(
      Self.list(result)
        == "的29842 和19965 是17844 在15025 我们12587 中国9918 人民9776 数学7497 喜欢7459 电力系统5058 "
        + "项目4983 变压器4965 各项4907 共和国4711 中华人民共和国2512 林心如2457 人民共和国247")
  }

  @Test func cohesionGlueOf2017() throws {
    let result = try Self.discover(CohesionGlue.v3)
    #expect(result.figures.distinct.reduce(0, +) == 2587)
    #expect(result.figures.total == 272_380)
    #expect(result.figures.cohesive == 22)
    #expect(result.figures.candidates == 18)
    let words = Self.counts(result)
    #expect(
      Set(words.keys) == [
        "的", "和", "是", "在", "我们", "中国", "人民", "数学", "国", "喜欢", "项目", "变压器", "各项",
        "共和", "林心如",
      ])
    #expect(words["国"] == 7470 && words["变压器"] == 4965)
    #expect(words["共和"] == 4711 && words["林心如"] == 2457)
    #expect(words["电力系统"] == nil && words["中华人民共和"] == nil && words["人民共和"] == nil)
  }

  @Test func allGramsOf2017() throws {
    let corpus = try TextCorpus.read(TextSource(string: Self.text))
    let all = try NGramCounts(
      corpus: corpus, order: 4, minCount: 1)
    #expect(all.distinct.reduce(0, +) == 7589)
    let frequent = try NGramCounts(
      corpus: corpus, order: 4, minCount: 32)
    for (word, expected) in [
      ("共和", 9.928), ("和国", 4.265), ("共和国", 15.665), ("林心如", 110.859), ("各项", 27.541),
      ("电力系统", 53.851),
    ] {
      let gram = PackedGram.pack(try #require(corpus.alphabet.numbers(word)))
      let ratio = CohesionTable(table: frequent.table, total: 272_380).weakestSplit(gram).ratio
      #expect(abs(ratio - expected) < 0.0006, "\(word) \(ratio)")
    }
  }

  @Test func backtrackingInTheArticlesWords() throws {
    var article = CohesionGlue.v3
    article.backtracking = .article
    let words = Set(Self.counts(try Self.discover(article)).keys)
    let stricter = Self.counts(try Self.discover(CohesionGlue.v3))
    #expect(words.isSuperset(of: stricter.keys))
    #expect(words.allSatisfy { stricter[$0] != nil || $0.unicodeScalars.count > 3 })
  }

  @Test func cohesionGlueOf2019() throws {
    let result = try Self.discover(CohesionGlue.v5)
    #expect(result.figures.distinct == [0, 29, 200, 707, 1456])
    #expect(result.figures.total == 239_020)
    #expect(result.figures.cohesive == 23)
    #expect(result.figures.candidates == 21)
    let words = Self.counts(result)
    #expect(words.count == 14)
    #expect(words["变压器"] == nil && words["共和"] == 4634 && words["林心如"] == 2243)
  }

  @Test func windowsAsKenLMCountsThem() throws {
    let corpus = try TextCorpus.read(TextSource(string: Self.text))
    let counts = try KenLMWindowCounts(
      corpus: corpus, minCount: 32, countsSpaceOnlyLines: false, prunes: false)
    #expect(counts.windows == 7008)
    func count(_ word: String) throws -> Int? {
      counts.table[PackedGram.pack(try #require(corpus.alphabet.numbers(word)))]
    }
    #expect(try count("共和国") == 8046)
    #expect(try count("的") == 31419)
  }

  @Test(arguments: [0.5, 1.0]) func minimumEntropyVocabulary(minPMI: Double) throws {
    let words = Self.counts(
      try Self.discover(MinimumEntropy(minProbability: 1e-6, minPMI: minPMI)))
    #expect(Set(words.keys) == Set(ExampleCorpora.syntheticVocabulary.map(\.word)))
    #expect(words["人民"] == 10023)
    #expect(words["共和国"] == 4958)
    #expect(words["中华人民共和国"] == 2512)
  }

  @Test(arguments: DiscoveryPreset.allCases) func sameBytesForThreadsBlocksAndMemory(
    preset: DiscoveryPreset
  ) throws {
    let method = preset.method
    let expected = try Self.discover(method, threads: 1)
    #expect(preset == .v0 || !expected.words.isEmpty)
    for (threads, blockSize, memory) in [
      (2, 1 << 20, 1 << 30), (8, 4097, 2 << 30), (3, 100, 64 << 20), (2, 1 << 16, 32 << 20),
    ] {
      let result = try Self.discover(
        method, threads: threads, blockSize: blockSize, memory: memory)
      #expect(result.words == expected.words, "\(threads) \(blockSize) \(memory)")
      #expect(result.figures == expected.figures)
    }
  }

  @Test func explainsAKeptAndADroppedWord() throws {
    let explanations = try Self.discover(
      CohesionGlue.v3, explaining: ["林心如", "电力系统", "人民的", "，"]
    ).explanations
    #expect(explanations.map(\.kept) == [true, false, false, false])
    #expect(explanations[0].count == 2457)
    #expect(explanations[0].splits.map(\.left) == ["林", "林心"])
    #expect(explanations[0].splits[0].cohesion.map { abs($0 - log(110.859)) < 1e-4 } == true)
    #expect(explanations[1].reason.contains("backtracking"))
    #expect(explanations[2].splits.map(\.rightCount)[1] == 29842)
    #expect(explanations[2].reason.contains("民|的") || explanations[2].reason.contains("人民|的"))
  }

  @Test func spacesAreWordsWhereTheProgramHasThem() throws {
    var method = CohesionGlue.v5
    method.minCount = 1
    method.repositoryWhitespace = true
    let words = Self.counts(try method.words(of: TextSource(string: "中 国\n人 民\n")))
    #expect(words[" "] == 2 && words["\n"] == 2)
    method.repositoryWhitespace = false
    #expect(Self.counts(try method.words(of: TextSource(string: "中 国\n人 民\n")))[" "] == nil)
  }

  @Test func optionsThatCannotBeHonoredAreNamed() {
    func change(_ change: (inout CohesionGlue) -> Void) -> CohesionGlue {
      var glue = CohesionGlue.v3
      change(&glue)
      return glue
    }
    let refused: [(any DiscoveryMethod, String)] = [
      (change { $0.minCount = 0 }, "minCount"), (change { $0.order = 5 }, "order"),
      (change { $0.threshold = .atLeast(nats: [1, 2]) }, "threshold"),
      (change { $0.threshold = .above(ratios: [1, .nan, 2]) }, "threshold"),
      (
        change {
          $0.counting = .kenlm
          $0.order = 3
        }, "counting"
      ),
      (MinimumEntropy(minProbability: 1), "minProbability"),
      (MinimumEntropy(minPMI: .nan), "minPMI"),
    ]
    for (method, option) in refused {
      let error = #expect(throws: OptionError.self) {
        try method.words(of: TextSource(string: "中国"))
      }
      #expect(error?.option == option)
    }
  }

  #if os(Linux) || os(macOS)
    @Test func aCorpusReadForAnotherMethodTraps() async {
      await #expect(processExitsWith: .failure) {
        let corpus = try TextCorpus.read(TextSource(string: "中国人民"))
        _ = try BoundaryEntropy().words(of: corpus)
      }
    }
  #endif
}

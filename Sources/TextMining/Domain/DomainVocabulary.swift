import Messages
import Parallel
import Text
import WordVectors

/// The whole pipeline of 分享一次专业领域词汇的无监督挖掘 (2019): two vocabularies, a ranking, word vectors of
/// the target, expansion from seeds, rules.
public struct DomainVocabulary {
  public struct Options: Sendable {
    /// Finds the two vocabularies.
    public var discovery: any DiscoveryMethod = MinimumEntropy(minProbability: 1e-6, minPMI: 0.5)
    public var ranking = DomainRanking.share
    public var missingIsUndefined = false
    public var rules = DomainRules.article
    /// Words given by the user; without them the program proposes some.
    public var seeds: [String] = []
    public var proposedSeeds = 150
    public var expansion = SeededExpansion()
    /// Without it the ranking alone decides.
    public var expands = true
    /// Candidates kept before expansion.
    public var listLength = 20_000
    /// Terms in the result.
    public var termLimit = 10_000
    public var minLength = 3
    public var vectorSeed: UInt64 = 1

    public init() {}
  }

  public struct Term: Sendable, Codable, Equatable {
    public let word: String
    public let score: Double
    public let targetCount: Int
    public let backgroundCount: Int
    /// Steps from a seed; nil without expansion.
    public let depth: Int?
  }

  public struct Result: Sendable {
    public var terms: [Term] = []
    public var seeds: [String] = []
    public var proposedSeeds = false
    public var targetWords = 0
    public var backgroundWords = 0
    public var admitted = 0
    public var targetCharacters = 0
    public var backgroundCharacters = 0
  }

  public let options: Options
  private var corpusOptions: CorpusOptions

  /// - Parameter corpus: its alphabet is not asked for: terms are ideographs.
  public init(_ options: Options = Options(), corpus: CorpusOptions = CorpusOptions()) {
    self.options = options
    corpusOptions = corpus
    corpusOptions.alphabet = Alphabet(.ideographs)
  }

  public func run(
    target: TextSource, background: TextSource, work: Work = .silent
  ) throws -> Result {
    func discover(_ source: TextSource) throws -> DiscoveryResult {
      try options.discovery.words(of: source, corpus: corpusOptions, work: work)
    }
    let found = try discover(target)
    let other = try discover(background)
    var result = Result()
    result.targetWords = found.words.count
    result.backgroundWords = other.words.count
    result.targetCharacters = found.statistics.characters
    result.backgroundCharacters = other.statistics.characters
    let targetList = WordList(found.words)
    let counts = DomainCounts(target: targetList, background: WordList(other.words))
    let list = rank(counts)
    guard !list.isEmpty else {
      throw InputError(
        "the target has no word of two or more characters that the background lacks or has less")
    }
    var depths: [String: Int]?
    if options.expands {
      result.proposedSeeds = options.seeds.isEmpty
      result.seeds = options.seeds.isEmpty ? proposeSeeds(counts, list) : options.seeds
      let vectors = try train(target, vocabulary: targetList, work)
      let admitted = try options.expansion.expand(
        seeds: result.seeds, in: vectors, allows: options.rules.allows, work: work)
      result.admitted = admitted.count
      depths = Dictionary(
        admitted.map { ($0.word, $0.depth) }, uniquingKeysWith: { first, _ in first })
    }
    result.terms = list.lazy.filter { term in
      (depths == nil || depths?[term.word] != nil)
        && term.word.unicodeScalars.count >= options.minLength && options.rules.allows(term.word)
    }.prefix(options.termLimit).map { term in
      Term(
        word: term.word, score: term.score, targetCount: term.targetCount,
        backgroundCount: term.backgroundCount, depth: depths?[term.word])
    }
    return result
  }

  /// Words of two or more characters by score; equal scores by count, then by code point.
  func rank(_ counts: DomainCounts) -> [Term] {
    let scores = counts.scores(options.ranking, missingIsUndefined: options.missingIsUndefined)
    var list: [Term] = []
    for (entry, score) in zip(counts.entries, scores) {
      guard let score, entry.target > 0, entry.word.unicodeScalars.count > 1 else { continue }
      list.append(
        Term(
          word: entry.word, score: score, targetCount: Int(entry.target),
          backgroundCount: Int(entry.background), depth: nil))
    }
    list.sort { left, right in
      if left.score != right.score { return left.score > right.score }
      if left.targetCount != right.targetCount { return left.targetCount > right.targetCount }
      return left.word.unicodeScalars.lexicographicallyPrecedes(right.word.unicodeScalars)
    }
    return Array(list.prefix(options.listLength))
  }

  /// The words with the largest likelihood ratio among the best of the list that the rules allow:
  /// frequent and clearly the target's, as a reader would pick them.
  func proposeSeeds(_ counts: DomainCounts, _ list: [Term]) -> [String] {
    let ratios = counts.scores(.likelihoodRatio)
    let candidates = Set(list.map(\.word))
    return zip(counts.entries, ratios).compactMap { entry, ratio -> (String, Double)? in
      guard let ratio, candidates.contains(entry.word), options.rules.allows(entry.word) else {
        return nil
      }
      return (entry.word, ratio)
    }.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.prefix(options.proposedSeeds).map(\.0)
  }

  /// Skip-gram vectors of the target, cut by the unigram tokenizer over its own vocabulary. One thread:
  /// the same vectors on every machine size.
  private func train(
    _ source: TextSource, vocabulary: WordList, _ work: Work
  ) throws -> VectorTable {
    let segmenter = try Segmenter(vocabulary, rules: .atoms, search: .unigram)
    var encoder = CorpusEncoder()
    _ = try source.forEachLine("tokenizing", work: work) { line, _ in
      let words = segmenter.words(in: String(decoding: line, as: UTF8.self)).filter {
        $0.unicodeScalars.allSatisfy { (0x4E00...0x9FA5).contains($0.value) }
      }
      if !words.isEmpty { try encoder.add(document: words) }
    }
    let (words, corpus) = try encoder.finish(minimumCount: 2)
    var settings = VectorOptions(.skipGram)
    settings.negatives = 10
    settings.seed = options.vectorSeed
    settings.threads = 1
    let trainer = try VectorTrainer(corpus: corpus, vocabulary: words, options: settings)
    try trainer.train(work: work)
    return trainer.embedding().words
  }
}

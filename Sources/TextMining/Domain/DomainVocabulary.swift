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
    public var rules = DomainRules.general
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

  /// A candidate that the rules dropped, and why.
  public struct Dropped: Sendable, Equatable {
    public let word: String
    public let objection: String
    public let targetCount: Int
  }

  public struct Result: Sendable {
    public var terms: [Term] = []
    public var seeds: [String] = []
    public var proposedSeeds = false
    public var targetWords = 0
    public var backgroundWords = 0
    public var admitted = 0
    /// Candidates that the rules dropped, most frequent first.
    public var dropped: [Dropped] = []
    /// Seeds that stand nowhere in the target.
    public var unmetSeeds: [String] = []
    public var skipped: [SkippedFile] = []
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
    target: TextSource, background: TextSource? = nil, work: Work = .silent
  ) throws -> Result {
    func discover(_ source: TextSource) throws -> DiscoveryResult {
      try options.discovery.words(of: source, corpus: corpusOptions, work: work)
    }
    let found = try discover(target)
    var result = Result()
    let other: WordList
    if let background {
      let words = try discover(background)
      result.backgroundCharacters = words.statistics.characters
      result.skipped = words.statistics.skipped
      other = WordList(words.words)
    } else {
      other = GeneralWords.list
    }
    result.skipped += found.statistics.skipped
    result.targetWords = found.words.count
    result.backgroundWords = other.count
    result.targetCharacters = found.statistics.characters
    let targetList = WordList(found.words)
    let counts = DomainCounts(target: targetList, background: other)
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
    let seeds = Set(options.seeds)
    for term in list {
      if !seeds.contains(term.word) {
        guard term.word.unicodeScalars.count >= options.minLength else { continue }
        if let objection = options.rules.objection(to: term.word) {
          result.dropped.append(
            Dropped(word: term.word, objection: objection, targetCount: term.targetCount))
          continue
        }
        guard depths == nil || depths?[term.word] != nil else { continue }
      }
      result.terms.append(
        Term(
          word: term.word, score: term.score, targetCount: term.targetCount,
          backgroundCount: term.backgroundCount, depth: depths?[term.word]))
    }
    result.dropped.sort {
      $0.targetCount == $1.targetCount ? $0.word < $1.word : $0.targetCount > $1.targetCount
    }
    result.terms = Array(result.terms.prefix(max(0, options.termLimit)))
    try addSeeds(to: &result, counts: counts, target: target, work)
    return result
  }

  /// What the user gave is in the answer, whether a method cut it out or not: before the other terms where
  /// it was not among them.
  private func addSeeds(
    to result: inout Result, counts: DomainCounts, target: TextSource,
    _ work: Work
  ) throws {
    let known = Set(result.terms.map(\.word))
    let missing = options.seeds.filter { !known.contains($0) }
    guard !missing.isEmpty else { return }
    let occurrences =
      target.isReadableTwice ? try KeywordInContext.count(missing, in: target, work: work) : [:]
    result.unmetSeeds = missing.filter { occurrences[$0] == 0 }
    let added = missing.map { seed in
      Term(
        word: seed, score: 1, targetCount: occurrences[seed] ?? 0,
        backgroundCount: Int(counts.background(of: seed)), depth: 0)
    }
    result.terms = added + result.terms
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

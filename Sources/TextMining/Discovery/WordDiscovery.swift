import Foundation
import Parallel

/// The ways to find words without labels: those of the articles, V0 to V5, and `autonomy`.
public enum DiscoveryMethod: String, Sendable, CaseIterable {
  /// Frequency, cohesion and boundary entropy (新词发现的信息熵方法与实现, 2015).
  case v0
  /// Cut where two neighbors hardly hold together (基于切分的新词发现, 2016).
  case v1
  /// Character language model and four-tag Viterbi search (基于语言模型的无监督分词, 2016).
  case v2
  /// Cohesion of 2- to 4-grams, glue, backtracking (更好的新词发现算法, 2017).
  case v3
  /// Minimum entropy: cut, then remove redundant words (最小熵原理二, 2018).
  case v4
  /// The word-discovery program's rules (更快更好的新词发现, 2019).
  case v5
  /// Each text cut where its parts stand most freely on their own: standardised variation of branching
  /// entropy on both sides (after Jin and Tanaka-Ishii 2006, Magistry and Sagot 2012).
  case autonomy
}

/// How n-grams are counted for cohesion.
public enum GramCounting: String, Sendable, CaseIterable {
  /// Occurrences.
  case exact = "true"
  /// Prefix sums over frequent windows, as the word-discovery program gets them from KenLM.
  case kenlm
}

/// How pieces longer than an n-gram are checked against the cohesive n-grams.
public enum Backtracking: String, Sendable, CaseIterable {
  /// Up to n characters: the piece itself; beyond: all windows of n (the 2017 article's words).
  case article
  /// From 3 characters on: all windows of each length from 3 to n (the 2017 article's code).
  case code
  /// Two characters pass; up to n: the piece itself; beyond: all windows of n (the 2019 program).
  case repository
}

/// Parameters of a discovery; `nil` stands for the method's own default.
public struct DiscoveryOptions: Sendable {
  public var method: DiscoveryMethod
  /// Least number of occurrences.
  public var minCount: Int?
  /// Least cohesion in nats: one value for all lengths, or one for 2, 3 and 4 characters.
  public var minPMI: [Double]?
  /// Least share of all pairs or pieces (V4).
  public var minProbability: Double?
  /// Longest n-gram that is judged (V0, V3, V5, autonomy): 2 to 4.
  public var order: Int?
  /// Words longer than this are left out of the result; 0: no limit.
  public var maxLength = 0
  /// Least entropy of the neighbors on each side (V0).
  public var minEntropy: Double?
  public var counting: GramCounting?
  public var backtracking: Backtracking?
  /// Spaces vanish for counting and are words, line ends too (as the word-discovery program has it).
  public var repositoryWhitespace = false
  /// Words to explain, kept or not.
  public var explain: [String] = []

  public init(method: DiscoveryMethod = .autonomy) { self.method = method }

  /// Reading options this discovery needs, from the caller's.
  public func corpusOptions(_ options: CorpusOptions) -> CorpusOptions {
    var options = options
    options.keepsSpaces = repositoryWhitespace
    options.joinsSegments = method == .v0
    options.masksAtoms = method == .autonomy
    return options
  }

  /// Throws if options contradict each other or the method.
  public func validate() throws {
    func refuse(_ text: String) throws { throw TextMiningError(.option, text) }
    if let minCount, minCount < 1 { try refuse("--min-count \(minCount): at least 1 is needed") }
    if let order, !(2...4).contains(order) {
      try refuse("--order \(order): n-grams of 2 to 4 characters can be judged")
    }
    if maxLength < 0 { try refuse("--max-length \(maxLength): 0 (no limit) or more is needed") }
    if let minProbability, !(minProbability > 0 && minProbability < 1) {
      try refuse("--min-proba \(minProbability): a share between 0 and 1 is needed")
    }
    if minProbability != nil, method != .v4 {
      try refuse("--min-proba belongs to --method v4; \(method.rawValue) takes --min-count")
    }
    if minCount != nil, method == .v4 {
      try refuse("--min-count does not apply to --method v4, which takes --min-proba")
    }
    if let minPMI {
      if [.v2, .autonomy].contains(method) {
        try refuse("--min-pmi does not apply to --method \(method.rawValue)")
      }
      let lengths = (order ?? 4) - 1
      let single: Set<DiscoveryMethod> = [.v0, .v1, .v4]
      if minPMI.count != 1, single.contains(method) || minPMI.count != lengths {
        try refuse(
          "--min-pmi got \(minPMI.count) values: one is needed"
            + (single.contains(method) ? "" : ", or \(lengths), for 2 to \(lengths + 1) characters")
        )
      }
      if minPMI.contains(where: { $0.isNaN }) { try refuse("--min-pmi must be a number") }
    }
    if minEntropy != nil, method != .v0 { try refuse("--min-entropy belongs to --method v0") }
    if counting != nil, ![.v3, .v5].contains(method) {
      try refuse("--counting belongs to --method v3 and v5")
    }
    if backtracking != nil, ![.v3, .v5].contains(method) {
      try refuse("--backtracking belongs to --method v3 and v5")
    }
    if counting == .kenlm, let order, order != 4 {
      try refuse("--counting kenlm counts windows of 4 characters: --order \(order) cannot be had")
    }
    if repositoryWhitespace, method != .v5 {
      try refuse("--repository-whitespace belongs to --method v5")
    }
  }
}

/// A word that was found.
public struct DiscoveredWord: Sendable, Equatable, Codable {
  public let word: String
  /// How often the method cut it out of the text.
  public let count: Int
  /// How firmly it holds together; what it measures is the method's (`DiscoveryResult.scoreMeaning`).
  public let score: Double
}

/// Figures of a run that tests and reports look at.
public struct DiscoveryFigures: Sendable, Equatable {
  /// Different n-grams of 1 to 4 characters that were counted; index 0 is unused.
  public var distinct: [Int] = []
  /// The total the method divides by.
  public var total = 0
  /// Cohesive n-grams.
  public var cohesive = 0
  /// Pieces frequent enough to be candidates.
  public var candidates = 0
}

/// What a discovery gives.
public struct DiscoveryResult: Sendable {
  /// By count (falling), then by code point.
  public var words: [DiscoveredWord]
  public var figures = DiscoveryFigures()
  public var explanations: [WordExplanation] = []
  public var statistics = CorpusStatistics()
  /// What `DiscoveredWord.score` measures.
  public var scoreMeaning: String
}

/// Finds the words of a corpus.
public enum WordDiscovery {
  /// Reads `paths` and finds their words.
  public static func discover(
    _ paths: [String], options: DiscoveryOptions, corpus corpusOptions: CorpusOptions,
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation = Cancellation()
  ) throws -> DiscoveryResult {
    try options.validate()
    let corpus = try TextCorpus.read(
      paths, options: options.corpusOptions(corpusOptions), progress: progress,
      cancellation: cancellation)
    return try discover(
      in: corpus, options: options, progress: progress, cancellation: cancellation)
  }

  /// Finds the words of a corpus that was read with `options.corpusOptions`.
  public static func discover(
    in corpus: TextCorpus, options: DiscoveryOptions,
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation = Cancellation()
  ) throws -> DiscoveryResult {
    try options.validate()
    let work = Work(
      corpus: corpus, options: options, progress: progress, cancellation: cancellation)
    var result =
      switch options.method {
      case .v0: try EntropyMethod(work).run()
      case .v1: try PairCohesionCut(work).run()
      case .v2: try LanguageModelDiscovery(work).run()
      case .v3, .v5: try CohesionGlue(work).run()
      case .v4: try MinimumEntropyVocabulary(work).run()
      case .autonomy: try AutonomyDiscovery(work).run()
      }
    if options.maxLength > 0 {
      result.words.removeAll { $0.word.unicodeScalars.count > options.maxLength }
    }
    result.statistics = corpus.statistics
    return result
  }

  /// What every method works on.
  struct Work {
    let corpus: TextCorpus
    let options: DiscoveryOptions
    let progress: any ProgressReporter
    let cancellation: Cancellation

    func grams(order: Int, minCount: Int) throws -> NGramCounts {
      try NGramCounts(
        corpus: corpus, order: order, minCount: minCount, progress: progress,
        cancellation: cancellation)
    }

    func pieces(minCount: Int, cutter: @escaping PieceCounts.Cutter) throws -> (
      pieces: [PieceCount], total: Int
    ) {
      try PieceCounts.count(
        corpus: corpus, minCount: minCount, phase: "cutting", progress: progress,
        cancellation: cancellation, cutter: cutter)
    }

    func word(_ piece: PieceCount, score: Double) -> DiscoveredWord {
      DiscoveredWord(word: corpus.alphabet.text(piece.numbers), count: piece.count, score: score)
    }

    /// The explanations asked for; `judge` says whether a word was kept and why.
    func explanations(
      total: Int, judge: (_ word: [UInt16]) -> (kept: Bool, pieces: Int, reason: String)
    ) throws -> [WordExplanation] {
      try options.explain.map { word in
        guard let numbers = corpus.alphabet.numbers(word), !numbers.isEmpty else {
          return WordExplanation(
            word: word, kept: false,
            reason: "it has characters that only separate words (alphabet "
              + "\(corpus.alphabet.preset.rawValue))")
        }
        let verdict = judge(numbers)
        return try WordExplanation(
          word: word, numbers: numbers, corpus: corpus, total: total, kept: verdict.kept,
          pieces: verdict.pieces, reason: verdict.reason, progress: progress,
          cancellation: cancellation)
      }
    }
  }
}

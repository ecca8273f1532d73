import Foundation
import Messages
import Parallel

/// V3 and V5: n-grams that hold together at every split are glued into pieces; pieces that no longer
/// consist of cohesive n-grams are dropped.
///
/// cohesion(s) = min over the splits of total·c(s)/(c(left)·c(right)).
/// Sources: 【中文分词系列】8. 更好的新词发现算法 (2017); 更快更好的新词发现 (2019).
public struct CohesionGlue: DiscoveryMethod {
  /// How n-grams are counted for cohesion.
  public enum Counting: String, Sendable, CaseIterable {
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

  /// What makes an n-gram cohesive: one value for each length from 2 characters on.
  public enum Threshold: Sendable, Equatable {
    /// The cohesion itself is larger.
    case above(ratios: [Double])
    /// Its logarithm is as large.
    case atLeast(nats: [Double])

    var values: [Double] {
      switch self {
      case .above(let values), .atLeast(let values): values
      }
    }

    fileprivate func admits(_ ratio: Double, length: Int) -> Bool {
      switch self {
      case .above(let ratios): ratio > ratios[length - 2]
      case .atLeast(let nats): log(ratio) >= nats[length - 2]
      }
    }

    fileprivate func missed(length: Int) -> String {
      switch self {
      case .above(let ratios): String(format: "not above %.3f", log(ratios[length - 2]))
      case .atLeast(let nats): "below \(nats[length - 2])"
      }
    }
  }

  /// Least number of occurrences, of n-grams and of words.
  public var minCount = 32
  /// Longest n-gram that is judged: 2 to 4.
  public var order = 4
  public var counting: Counting
  public var threshold: Threshold
  public var backtracking: Backtracking
  /// Spaces vanish for counting and are words, line ends too (as the word-discovery program has it).
  public var repositoryWhitespace = false

  public init(counting: Counting, threshold: Threshold, backtracking: Backtracking) {
    self.counting = counting
    self.threshold = threshold
    self.backtracking = backtracking
  }

  /// The article of 2017.
  public static let v3 = CohesionGlue(
    counting: .exact, threshold: .above(ratios: [5, 25, 125]), backtracking: .code)
  /// The program of 2019.
  public static let v5 = CohesionGlue(
    counting: .kenlm, threshold: .atLeast(nats: [2, 4, 6]), backtracking: .repository)

  public var reading: CorpusReading { repositoryWhitespace ? .segmentsWithSpaces : .segments }

  public func check() throws(OptionError) {
    try MethodOptions.check(minCount: minCount)
    try MethodOptions.check(order: order)
    let values = threshold.values
    if values.count < order - 1 || values.contains(where: \.isNaN) {
      throw OptionError(
        "threshold", expected: "a number for each length from 2 to \(order) characters",
        received: values)
    }
    if counting == .kenlm, order != 4 {
      throw OptionError(
        "counting", "kenlm has windows of 4 characters: `order` \(order) cannot be had")
    }
  }

  public func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult {
    try requireFit(corpus)
    let (cohesion, distinct) = try cohesion(of: corpus, work)
    let keys = cohesion.table.sorted().map(\.key).filter { key in
      let length = PackedGram.length(key)
      return length >= 2 && length <= order
        && threshold.admits(cohesion.weakestSplit(key).ratio, length: length)
    }
    let cohesive = GramSet(keys)
    let (pieces, _) = try PieceCounts.count(corpus, minCount: minCount, work: work) {
      cohesive.forEachPiece($0, $1)
    }
    let kept = pieces.filter { brokenWindow($0.numbers, cohesive) == nil }
    var words = kept.map { corpus.word($0, score: score($0.numbers, cohesion)) }
    if repositoryWhitespace { addLineEnds(of: corpus, to: &words) }
    let keptCounts = Dictionary(uniqueKeysWithValues: kept.map { ($0.numbers, $0.count) })
    let candidates = Dictionary(uniqueKeysWithValues: pieces.map { ($0.numbers, $0.count) })
    let explanations = try WordExplanation.explain(
      explained, in: corpus, total: cohesion.total, work: work
    ) { numbers in
      if let count = keptCounts[numbers] {
        return (true, count, "glued together \(count) times, and every window of it is cohesive")
      }
      return explain(numbers, candidates, cohesive, cohesion, corpus.alphabet)
    }
    return DiscoveryResult(
      words: words, scoreMeaning: "cohesion at the weakest split, nats",
      figures: DiscoveryFigures(
        distinct: distinct, total: cohesion.total, cohesive: cohesive.count,
        candidates: pieces.count),
      explanations: explanations, statistics: corpus.statistics)
  }

  /// Counts with their total, and how many different n-grams of each length there are.
  private func cohesion(of corpus: TextCorpus, _ work: Work) throws -> (CohesionTable, [Int]) {
    switch counting {
    case .exact:
      let counts = try NGramCounts(corpus: corpus, order: order, minCount: minCount, work: work)
      return (CohesionTable(table: counts.table, total: counts.characterTotal), counts.distinct)
    case .kenlm:
      let counts = try KenLMWindowCounts(
        corpus: corpus, minCount: minCount, countsSpaceOnlyLines: repositoryWhitespace, work: work)
      return (CohesionTable(table: counts.table, total: counts.total), counts.distinct)
    }
  }

  /// The program's output has the line end as a word, as often as segments end.
  private func addLineEnds(of corpus: TextCorpus, to words: inout [DiscoveredWord]) {
    let ends = corpus.segmentCount
    guard ends >= minCount else { return }
    words.append(DiscoveredWord(word: "\n", count: ends, score: 0))
    words.sortByCount()
  }

  /// The first window that keeps `numbers` from being a word; `nil` if all is well.
  private func brokenWindow(_ numbers: [UInt16], _ cohesive: GramSet) -> ArraySlice<UInt16>? {
    let length = numbers.count
    if length < 2 { return nil }
    let windows: [Int]
    switch backtracking {
    case .repository:
      if length < 3 { return nil }
      windows = [min(length, order)]
    case .article: windows = [min(length, order)]
    case .code:
      if length < 3 { return nil }
      windows = Array(3..<(min(length, order) + 1))
    }
    for window in windows {
      for start in 0...(length - window) {
        let part = numbers[start..<(start + window)]
        if !cohesive.contains(PackedGram.pack(part)) { return part }
      }
    }
    return nil
  }

  /// The weakest of the cohesions of the windows a word consists of.
  private func score(_ numbers: [UInt16], _ cohesion: CohesionTable) -> Double {
    guard numbers.count > 1 else { return 0 }
    let window = min(order, numbers.count)
    return (0...(numbers.count - window)).map {
      let gram = PackedGram.pack(numbers[$0..<($0 + window)])
      return cohesion.table[gram] == nil ? 0 : log(cohesion.weakestSplit(gram).ratio)
    }.min() ?? 0
  }

  /// Why a word was dropped.
  private func explain(
    _ numbers: [UInt16], _ candidates: [[UInt16]: Int], _ cohesive: GramSet,
    _ cohesion: CohesionTable, _ alphabet: Alphabet
  ) -> WordExplanation.Verdict {
    func text(_ part: ArraySlice<UInt16>) -> String { alphabet.text(part) }
    func judge(_ part: ArraySlice<UInt16>) -> String {
      let gram = PackedGram.pack(part)
      guard cohesion.table[gram] != nil else {
        return "\(text(part)) is counted less than \(minCount) times"
      }
      let (ratio, cut) = cohesion.weakestSplit(gram)
      let split = "\(text(part.prefix(cut)))|\(text(part.dropFirst(cut)))"
      return String(format: "%@ has cohesion %.3f at %@, ", text(part), log(ratio), split)
        + threshold.missed(length: part.count)
    }
    if let count = candidates[numbers] {
      let window = brokenWindow(numbers, cohesive) ?? numbers[...]
      return (false, count, "dropped by backtracking: \(judge(window))")
    }
    for cut in 1..<max(1, numbers.count) {
      let covered = (2...order).contains { length in
        (max(0, cut + 1 - length)...max(0, cut - 1)).contains { start in
          start < cut && start + length > cut && start + length <= numbers.count
            && cohesive.contains(PackedGram.pack(numbers[start..<(start + length)]))
        }
      }
      if !covered {
        return (
          false, 0,
          "nothing glues \(text(numbers[..<cut]))|\(text(numbers[cut...])): "
            + judge(numbers[(cut - 1)...cut])
        )
      }
    }
    return (
      false, 0,
      "glued, but cut out less than \(minCount) times: its neighbors stick to it or it is rare"
    )
  }
}

import Foundation
import Messages
import Parallel

/// V0: n-grams that are frequent, hold together at every split, and stand among varied neighbors.
///
/// Separators are deleted first, so n-grams run across sentence ends.
/// Source: 新词发现的信息熵方法与实现 (2015).
public struct BoundaryEntropy: DiscoveryMethod {
  /// A word occurs more often than this.
  public var minCount = 10
  /// total·c(s)/(c(left)·c(right)) is larger than this at every split.
  public var minRatio = 30.0
  /// The entropy of the neighbors on each side, in nats, is larger than this.
  public var minEntropy = 3.0
  /// Longest n-gram that is judged: 2 to 4.
  public var order = 4

  public init() {}

  public var reading: CorpusReading { .joined }

  public func check() throws(OptionError) {
    try MethodOptions.check(minCount: minCount)
    try MethodOptions.check(order: order)
    if minRatio.isNaN || minEntropy.isNaN {
      throw OptionError("", "`minRatio` and `minEntropy` expect numbers")
    }
  }

  public func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult {
    try requireFit(corpus)
    let counts = try NGramCounts(corpus: corpus, order: order, minCount: minCount + 1, work: work)
    let total = corpus.statistics.characters
    let cohesion = CohesionTable(table: counts.table, total: total)
    func ratio(_ gram: UInt64) -> Double { cohesion.weakestSplit(gram).ratio }
    let firm = counts.grams().map(\.key).filter { ratio($0) > minRatio }
    let entropies = try NeighborEntropies(of: firm, in: corpus, work: work)
    var words: [DiscoveredWord] = []
    var kept = Set<UInt64>()
    for (index, gram) in firm.enumerated() {
      let left = entropies.left[index].entropyOfSeen
      let right = entropies.right[index].entropyOfSeen
      guard min(left, right) > minEntropy else { continue }
      kept.insert(gram)
      words.append(
        DiscoveredWord(
          word: corpus.alphabet.text(gram), count: counts.count(gram) ?? 0,
          score: min(left, right)))
    }
    words.sortByCount()
    let places = Dictionary(uniqueKeysWithValues: firm.enumerated().map { ($1, $0) })
    let explanations = try WordExplanation.explain(
      explained, in: corpus, total: total, work: work
    ) { numbers in
      guard numbers.count <= 4 else { return (false, 0, "longer than the 4 characters V0 judges") }
      let gram = PackedGram.pack(numbers)
      guard let count = counts.count(gram) else {
        return (false, 0, "it occurs at most \(minCount) times")
      }
      guard numbers.count > 1 else { return (false, count, "a single character is no candidate") }
      guard let place = places[gram] else {
        let ratio = String(format: "%.2f", ratio(gram))
        return (false, count, "its weakest split has ratio \(ratio), not above \(minRatio)")
      }
      let left = String(format: "%.3f", entropies.left[place].entropyOfSeen)
      let right = String(format: "%.3f", entropies.right[place].entropyOfSeen)
      let keeps = kept.contains(gram)
      return (
        keeps, count,
        "neighbor entropies \(left) (left) and \(right) (right), "
          + (keeps ? "both above \(minEntropy)" : "not both above \(minEntropy)")
      )
    }
    return DiscoveryResult(
      words: words, scoreMeaning: "smaller of the two neighbor entropies, nats",
      figures: DiscoveryFigures(
        distinct: counts.distinct, total: total, cohesive: firm.count, candidates: words.count),
      explanations: explanations, statistics: corpus.statistics)
  }
}

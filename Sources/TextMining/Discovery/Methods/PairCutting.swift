import Foundation
import Messages
import Parallel

/// V1: cut wherever two neighbors are not a strong pair, count the pieces.
///
/// Strong: ln(T·n(ab)/(n(a)·n(b))) ≥ `minPMI`, T the number of adjacent pairs, counts of at least
/// `minCount`. Source: 【中文分词系列】2. 基于切分的新词发现 (2016).
public struct PairCutting: DiscoveryMethod {
  public var minCount = 16
  /// In nats.
  public var minPMI = 1.0

  public init() {}

  public func check() throws(OptionError) {
    try MethodOptions.check(minCount: minCount)
    try MethodOptions.check(minPMI: minPMI)
  }

  public func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult {
    try requireFit(corpus)
    let counts = try NGramCounts(corpus: corpus, order: 2, minCount: minCount, work: work)
    let cohesion = CohesionTable(table: counts.table, total: counts.pairs)
    func pmi(_ pair: UInt64) -> Double { log(cohesion.weakestSplit(pair).ratio) }
    let strong = counts.grams().map(\.key).filter { pmi($0) >= minPMI }
    let cut = GramSet(strong)
    let (pieces, _) = try PieceCounts.count(corpus, minCount: minCount, work: work) {
      cut.forEachPiece($0, $1)
    }
    let kept = Dictionary(uniqueKeysWithValues: pieces.map { ($0.numbers, $0.count) })
    let explanations = try WordExplanation.explain(
      explained, in: corpus, total: counts.pairs, work: work
    ) { numbers in
      if let count = kept[numbers] { return (true, count, "cut out at least \(minCount) times") }
      for pair in PackedGram.pairs(numbers) where !cut.contains(pair) {
        let text = corpus.alphabet.text(pair)
        guard counts.count(pair) != nil else {
          return (false, 0, "its pair \(text) occurs less than \(minCount) times")
        }
        let value = String(format: "%.3f", pmi(pair))
        return (false, 0, "its pair \(text) has cohesion \(value), below \(minPMI): cut there")
      }
      return (false, 0, "all its pairs are strong, but it was cut out less than \(minCount) times")
    }
    return DiscoveryResult(
      words: pieces.map { piece in
        corpus.word(piece, score: PackedGram.pairs(piece.numbers).map(pmi).min() ?? 0)
      },
      scoreMeaning: "weakest pair inside, nats",
      figures: DiscoveryFigures(
        distinct: counts.distinct, total: counts.pairs, cohesive: strong.count,
        candidates: pieces.count),
      explanations: explanations, statistics: corpus.statistics)
  }
}

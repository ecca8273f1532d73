import Foundation

/// V1: cut wherever two neighbors are not a strong pair, count the pieces.
///
/// Strong: ln(T·n(ab)/(n(a)·n(b))) ≥ `min-pmi`, T the number of adjacent pairs, counts of at least
/// `min-count`. Source: 【中文分词系列】2. 基于切分的新词发现 (2016).
struct PairCohesionCut {
  private let work: WordDiscovery.Work

  init(_ work: WordDiscovery.Work) { self.work = work }

  func run() throws -> DiscoveryResult {
    let minCount = work.options.minCount ?? 16
    let minPMI = work.options.minPMI?[0] ?? 1
    let counts = try work.grams(order: 2, minCount: minCount)
    let total = counts.pairs
    let cohesion = CohesionTable(table: counts.table, total: total)
    let strong = counts.grams().map(\.key).filter { log(cohesion.weakestSplit($0).ratio) >= minPMI }
    let cut = GramSet(strong)
    let (pieces, _) = try work.pieces(minCount: minCount) { numbers, piece in
      cut.forEachPiece(numbers, piece)
    }
    let words = pieces.map { work.word($0, score: weakestPair($0.numbers, cohesion)) }
    var result = DiscoveryResult(words: words, scoreMeaning: "weakest pair inside, nats")
    result.figures = DiscoveryFigures(
      distinct: counts.distinct, total: total, cohesive: strong.count, candidates: pieces.count)
    let kept = Dictionary(uniqueKeysWithValues: pieces.map { ($0.numbers, $0.count) })
    result.explanations = try work.explanations(total: total) { numbers in
      if let count = kept[numbers] { return (true, count, "cut out at least \(minCount) times") }
      for index in 1..<max(1, numbers.count) {
        let pair = PackedGram.pack(numbers[(index - 1)...index])
        if !cut.contains(pair) {
          let text = work.corpus.alphabet.text(pair)
          guard counts.count(pair) != nil else {
            return (false, 0, "its pair \(text) occurs less than \(minCount) times")
          }
          let value = String(format: "%.3f", log(cohesion.weakestSplit(pair).ratio))
          return (false, 0, "its pair \(text) has cohesion \(value), below \(minPMI): cut there")
        }
      }
      return (false, 0, "all its pairs are strong, but it was cut out less than \(minCount) times")
    }
    return result
  }

  private func weakestPair(_ numbers: [UInt16], _ cohesion: CohesionTable) -> Double {
    (1..<max(1, numbers.count)).map {
      log(cohesion.weakestSplit(PackedGram.pack(numbers[($0 - 1)...$0])).ratio)
    }.min() ?? 0
  }
}

import Foundation

/// V0: n-grams that are frequent, hold together at every split, and stand among varied neighbors.
///
/// Separators are deleted first, so n-grams run across sentence ends.
/// Source: 新词发现的信息熵方法与实现 (2015).
struct EntropyMethod {
  private let work: WordDiscovery.Work

  init(_ work: WordDiscovery.Work) { self.work = work }

  func run() throws -> DiscoveryResult {
    let options = work.options
    // Strictly more than `min-count` occurrences.
    let minCount = options.minCount ?? 10
    let minSupport = options.minPMI.map { exp($0[0]) } ?? 30
    let minEntropy = options.minEntropy ?? 3
    let counts = try work.grams(order: options.order ?? 4, minCount: minCount + 1)
    let total = work.corpus.statistics.characters
    func support(_ gram: UInt64) -> Double { counts.weakestSplit(gram, total: total).ratio }
    let supported = counts.grams().map(\.key).filter { support($0) > minSupport }
    let entropies = try NeighborEntropies(
      of: supported, in: work.corpus, progress: work.progress, cancellation: work.cancellation)
    var words: [DiscoveredWord] = []
    var kept = Set<UInt64>()
    for (index, gram) in supported.enumerated() {
      let left = entropies.left[index].entropyOfSeen
      let right = entropies.right[index].entropyOfSeen
      guard min(left, right) > minEntropy else { continue }
      kept.insert(gram)
      words.append(
        DiscoveredWord(
          word: work.corpus.alphabet.text(gram), count: counts.count(gram) ?? 0,
          score: min(left, right)))
    }
    words.sortByCount()
    var result = DiscoveryResult(
      words: words, scoreMeaning: "smaller of the two neighbor entropies, nats")
    result.figures = DiscoveryFigures(
      distinct: counts.distinct, total: total, cohesive: supported.count, candidates: words.count)
    let places = Dictionary(uniqueKeysWithValues: supported.enumerated().map { ($1, $0) })
    result.explanations = try work.explanations(total: total) { numbers in
      guard numbers.count <= 4 else { return (false, 0, "longer than the 4 characters V0 judges") }
      let gram = PackedGram.pack(numbers)
      guard let count = counts.count(gram) else {
        return (false, 0, "it occurs at most \(minCount) times")
      }
      guard numbers.count > 1 else { return (false, count, "a single character is no candidate") }
      guard let place = places[gram] else {
        let ratio = String(format: "%.2f", support(gram))
        return (false, count, "its weakest split has ratio \(ratio), not above \(minSupport)")
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
    return result
  }
}

extension NGramCounts {
  /// The split of `gram` in two where the parts hold together least: total·c(s)/(c(left)·c(right)).
  func weakestSplit(_ gram: UInt64, total: Int) -> (ratio: Double, cut: Int) {
    CohesionTable(table: table, total: total).weakestSplit(gram)
  }
}

/// Counts with the total that cohesion divides by.
struct CohesionTable {
  let table: CountTable
  let total: Int

  func weakestSplit(_ gram: UInt64) -> (ratio: Double, cut: Int) {
    let length = PackedGram.length(gram)
    let count = Double(table[gram] ?? 0)
    var weakest = (ratio: Double.infinity, cut: 0)
    for cut in 1..<max(1, length) {
      // A part that is missing counts as the total, which makes the ratio small.
      let left = Double(table[PackedGram.prefix(gram, cut, of: length)] ?? total)
      let right = Double(table[PackedGram.suffix(gram, length - cut)] ?? total)
      let ratio = Double(total) * count / (left * right)
      if ratio < weakest.ratio { weakest = (ratio, cut) }
    }
    return weakest
  }
}

extension [DiscoveredWord] {
  /// By count, falling; equal counts by code point.
  mutating func sortByCount() {
    sort { left, right in
      left.count != right.count
        ? left.count > right.count
        : left.word.unicodeScalars.lexicographicallyPrecedes(right.word.unicodeScalars)
    }
  }
}

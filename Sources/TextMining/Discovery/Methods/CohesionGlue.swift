import Foundation

/// V3 and V5: n-grams that hold together at every split are glued into pieces; pieces that no longer
/// consist of cohesive n-grams are dropped.
///
/// cohesion(s) = min over the splits of total·c(s)/(c(left)·c(right)).
/// Sources: 【中文分词系列】8. 更好的新词发现算法 (2017); 更快更好的新词发现 (2019).
struct CohesionGlue {
  private let work: WordDiscovery.Work
  private let order: Int
  private let minCount: Int
  private let backtracking: Backtracking
  /// Least ratio by length; strict for V3, attained for V5.
  private let isCohesive: @Sendable (_ ratio: Double, _ length: Int) -> Bool
  private let thresholdText: (_ length: Int) -> String

  init(_ work: WordDiscovery.Work) {
    self.work = work
    order = work.options.order ?? 4
    minCount = work.options.minCount ?? 32
    let isRepository = work.options.method == .v5
    backtracking = work.options.backtracking ?? (isRepository ? .repository : .code)
    let given = work.options.minPMI
    func nats(_ length: Int) -> Double? {
      given.map { $0.count == 1 ? $0[0] : $0[length - 2] }
    }
    if isRepository {
      let least = (2...4).map { length in
        length <= (work.options.order ?? 4) ? nats(length) ?? Double(2 * (length - 1)) : 0
      }
      isCohesive = { log($0) >= least[$1 - 2] }
      thresholdText = { "below \(least[$0 - 2])" }
    } else {
      let ratios = (2...4).map { length in
        length <= (work.options.order ?? 4)
          ? nats(length).map { exp($0) } ?? [5, 25, 125][length - 2] : 0
      }
      isCohesive = { $0 > ratios[$1 - 2] }
      thresholdText = { String(format: "not above %.3f", log(ratios[$0 - 2])) }
    }
  }

  func run() throws -> DiscoveryResult {
    let isRepository = work.options.method == .v5
    let cohesion: CohesionTable
    var figures = DiscoveryFigures()
    if (work.options.counting ?? (isRepository ? .kenlm : .exact)) == .kenlm {
      let counts = try KenLMWindowCounts(
        corpus: work.corpus, minCount: minCount,
        countsSpaceOnlyLines: work.options.repositoryWhitespace, progress: work.progress,
        cancellation: work.cancellation)
      cohesion = CohesionTable(table: counts.table, total: counts.total)
      figures.distinct = counts.distinct
    } else {
      let counts = try work.grams(order: order, minCount: minCount)
      cohesion = CohesionTable(table: counts.table, total: counts.characterTotal)
      figures.distinct = counts.distinct
    }
    let keys = cohesion.table.sorted().map(\.key).filter { key in
      let length = PackedGram.length(key)
      return length >= 2 && length <= order
        && isCohesive(cohesion.weakestSplit(key).ratio, length)
    }
    let cohesive = GramSet(keys)
    let (pieces, _) = try work.pieces(minCount: minCount) { numbers, piece in
      cohesive.forEachPiece(numbers, piece)
    }
    var words: [DiscoveredWord] = []
    var kept: [[UInt16]: Int] = [:]
    for piece in pieces where holds(piece.numbers, cohesive) == nil {
      words.append(work.word(piece, score: score(piece.numbers, cohesion)))
      kept[piece.numbers] = piece.count
    }
    figures.total = cohesion.total
    figures.cohesive = cohesive.count
    figures.candidates = pieces.count
    if work.options.repositoryWhitespace { addLineEnds(to: &words) }
    var result = DiscoveryResult(
      words: words, scoreMeaning: "cohesion at the weakest split, nats")
    result.figures = figures
    let candidates = Dictionary(uniqueKeysWithValues: pieces.map { ($0.numbers, $0.count) })
    result.explanations = try work.explanations(total: cohesion.total) { numbers in
      explain(numbers, kept, candidates, cohesive, cohesion)
    }
    return result
  }

  /// The program's output has the line end as a word, as often as segments end.
  private func addLineEnds(to words: inout [DiscoveredWord]) {
    let ends = work.corpus.count - work.corpus.characterCounts.reduce(0, +)
    guard ends >= minCount else { return }
    words.append(DiscoveredWord(word: "\n", count: ends, score: 0))
    words.sortByCount()
  }

  /// The first window that keeps `numbers` from being a word; `nil` if all is well.
  private func holds(_ numbers: [UInt16], _ cohesive: GramSet) -> ArraySlice<UInt16>? {
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

  private func explain(
    _ numbers: [UInt16], _ kept: [[UInt16]: Int], _ candidates: [[UInt16]: Int],
    _ cohesive: GramSet, _ cohesion: CohesionTable
  ) -> (kept: Bool, pieces: Int, reason: String) {
    let alphabet = work.corpus.alphabet
    func text(_ part: ArraySlice<UInt16>) -> String { alphabet.text(part) }
    func judge(_ part: ArraySlice<UInt16>) -> String {
      let gram = PackedGram.pack(part)
      guard cohesion.table[gram] != nil else {
        return "\(text(part)) is counted less than \(minCount) times"
      }
      let (ratio, cut) = cohesion.weakestSplit(gram)
      let split = "\(text(part.prefix(cut)))|\(text(part.dropFirst(cut)))"
      return String(format: "%@ has cohesion %.3f at %@, ", text(part), log(ratio), split)
        + thresholdText(part.count)
    }
    if let count = kept[numbers] {
      return (true, count, "glued together \(count) times, and every window of it is cohesive")
    }
    if let count = candidates[numbers] {
      let window = holds(numbers, cohesive) ?? numbers[...]
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

import Foundation
import Messages
import Parallel
import Synchronization

/// V4: cut at weak pairs, then remove every word that its parts describe nearly as cheaply.
///
/// A pair is strong if ln p(ab) > ln `minProbability` and ln p(ab) − ln p(a) − ln p(b) > `minPMI`. A
/// word w goes if ln p(w) − Σ ln p(parts) < |w| − 1, longest words first, where the parts come from the
/// unigram tokenizer over the other words; its count then goes to its parts. Within one length the order
/// is by count, rising, then by code point. Source: 最小熵原理（二） (2018) and the nlp-zero library.
public struct MinimumEntropy: DiscoveryMethod {
  /// Least share of all pairs, and of all pieces.
  public var minProbability: Double
  /// In nats.
  public var minPMI: Double

  public init(minProbability: Double = 1e-7, minPMI: Double = 1) {
    self.minProbability = minProbability
    self.minPMI = minPMI
  }

  public func check() throws(OptionError) {
    if !(minProbability > 0 && minProbability < 1) {
      throw OptionError(
        "minProbability", expected: "a share between 0 and 1", received: minProbability)
    }
    try MethodOptions.check(minPMI: minPMI)
  }

  public func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult {
    try requireFit(corpus)
    // Pairs are a different total from characters: the article's own choice.
    let pairTotal = corpus.statistics.characters - corpus.segmentCount
    let counts = try NGramCounts(
      corpus: corpus, order: 2, minCount: Int(minProbability * Double(pairTotal)) + 1, work: work)
    let characters = Double(counts.characters)
    func pmi(_ gram: UInt64) -> Double {
      let left = Double(counts.count(gram >> PackedGram.bits) ?? 0) / characters
      let right = Double(counts.count(gram & PackedGram.mask) ?? 0) / characters
      return log(Double(counts.count(gram) ?? 0) / Double(pairTotal)) - log(left) - log(right)
    }
    let strong = counts.grams().map(\.key).filter { pmi($0) > minPMI }
    let cut = GramSet(strong)
    let total = try countPieces(corpus, cut, work)
    let (pieces, _) = try PieceCounts.count(
      corpus, minCount: Int(minProbability * Double(total)) + 1, work: work
    ) { cut.forEachPiece($0, $1) }
    var redundancy = RedundancyRemoval(pieces)
    let dropped = try redundancy.run(work)
    let kept = redundancy.remaining()
    let keptTotal = log(Double(max(1, redundancy.total)))
    var words = kept.map { corpus.word($0, score: log(Double($0.count)) - keptTotal) }
    words.sortByCount()
    let keptCounts = Dictionary(uniqueKeysWithValues: kept.map { ($0.numbers, $0.count) })
    let alphabet = corpus.alphabet
    let explanations = try WordExplanation.explain(
      explained, in: corpus, total: counts.characters, work: work
    ) { numbers in
      if let count = keptCounts[numbers] {
        return (true, count, "no description by shorter words comes close enough to its own cost")
      }
      if let parts = dropped[numbers] {
        let margin = String(format: "%.3f", parts.saving)
        let shown = parts.parts.map { alphabet.text($0) }.joined(separator: " ")
        return (
          false, 0,
          "redundant: as \(shown) it costs only \(margin) nats more, below \(numbers.count - 1)"
        )
      }
      for pair in PackedGram.pairs(numbers) where !cut.contains(pair) {
        let text = alphabet.text(pair)
        guard counts.count(pair) != nil else { return (false, 0, "its pair \(text) is too rare") }
        let value = String(format: "%.3f", pmi(pair))
        return (false, 0, "its pair \(text) has PMI \(value), not above \(minPMI)")
      }
      return (
        false, 0, "its pairs are strong, but it is no more than \(minProbability) of the pieces"
      )
    }
    return DiscoveryResult(
      words: words, scoreMeaning: "ln p of the word",
      figures: DiscoveryFigures(
        distinct: counts.distinct, total: total, cohesive: strong.count, candidates: pieces.count),
      explanations: explanations, statistics: corpus.statistics)
  }

  private func countPieces(_ corpus: TextCorpus, _ cut: GramSet, _ work: Work) throws -> Int {
    let total = Atomic<Int>(0)
    try work.phase("cutting", of: corpus.count, unit: "characters") { phase in
      try corpus.forEachSegmentGroup(phase) { _, _, numbers in
        var found = 0
        cut.forEachPiece(numbers) { _, _ in found &+= 1 }
        total.add(found, ordering: .relaxed)
      }
    }
    return try corpus.ranks.sum([total.load(ordering: .relaxed)])[0]
  }
}

/// Removes words that shorter words describe nearly as well, longest first.
struct RedundancyRemoval {
  private var words: [[UInt16]]
  private var counts: [Int]
  private var alive: [Bool]
  private var places: [[UInt16]: Int] = [:]
  /// Sum of all counts at the start; it stays, although counts move.
  let total: Int
  /// Those that words have, rising: few, also where one word is as long as its text.
  private let lengths: [Int]

  init(_ pieces: [PieceCount]) {
    words = pieces.map(\.numbers)
    counts = pieces.map(\.count)
    alive = [Bool](repeating: true, count: pieces.count)
    places = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
    total = counts.reduce(0, +)
    lengths = Set(words.map(\.count)).sorted()
  }

  func remaining() -> [PieceCount] {
    words.indices.filter { alive[$0] }.map { PieceCount(numbers: words[$0], count: counts[$0]) }
  }

  /// Returns what was dropped: its parts, and how many nats more they cost.
  mutating func run(_ work: Work) throws -> [[UInt16]: (parts: [[UInt16]], saving: Double)] {
    var dropped: [[UInt16]: (parts: [[UInt16]], saving: Double)] = [:]
    let order = words.indices.filter { words[$0].count >= 2 }.sorted { left, right in
      if words[left].count != words[right].count { return words[left].count > words[right].count }
      if counts[left] != counts[right] { return counts[left] < counts[right] }
      return words[left].lexicographicallyPrecedes(words[right])
    }
    let logTotal = log(Double(total))
    for place in order {
      try work.check()
      let word = words[place]
      alive[place] = false
      let (parts, cost) = try tokenize(word, logTotal: logTotal, work)
      let saving = log(Double(counts[place])) - logTotal - cost
      if saving < Double(word.count - 1) {
        for part in parts {
          if let target = places[part], alive[target] { counts[target] += counts[place] }
        }
        dropped[word] = (parts, saving)
      } else {
        alive[place] = true
      }
    }
    return dropped
  }

  /// The unigram tokenizer (`UnigramTokenizer`) over the words that are alive.
  private func tokenize(_ word: [UInt16], logTotal: Double, _ work: Work) throws
    -> (parts: [[UInt16]], cost: Double)
  {
    let length = word.count
    var best = [Double](repeating: -.infinity, count: length + 1)
    var from = [Int](repeating: 0, count: length + 1)
    best[0] = 0
    for start in 0..<length where best[start] > -.infinity {
      if start.isMultiple(of: 1 << 14) { try work.check() }
      for size in lengths.prefix(while: { $0 <= length - start }) {
        let end = start + size
        if let place = places[Array(word[start..<end])], alive[place] {
          let score = best[start] + log(Double(counts[place])) - logTotal
          if score > best[end] {
            best[end] = score
            from[end] = start
          }
        }
      }
      if best[start + 1] == -.infinity {
        best[start + 1] = best[start] - 100
        from[start + 1] = start
      }
    }
    var parts: [[UInt16]] = []
    var end = length
    while end > 0 {
      parts.append(Array(word[from[end]..<end]))
      end = from[end]
    }
    return (parts.reversed(), best[length])
  }
}

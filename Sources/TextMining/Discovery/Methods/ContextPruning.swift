import Foundation
import Memory
import Parallel
import Synchronization

/// Drops words that a bigram model of words would rather see in two.
///
/// A word w = ab is worth having where what stands around it is not what stands around its parts: after a
/// function word and a word (也很, 人在, 性的) the text goes on as after the second alone. With the predictive
/// probability p of a bigram model with absolute discounting, one occurrence of w between x and y is worth
/// `ln p(w|x) + ln p(y|w) − ln p(a|x) − ln p(b|a) − ln p(y|b)`, each pair counted without this occurrence, and
/// the model without w counted as if all of them were ab. Words whose sum is negative are dropped: the
/// text is described in fewer bits without them. Counting an occurrence among its own evidence would hide just
/// that: every word then predicts its neighbors perfectly.
struct ContextPruning {
  /// Absolute discount (Ney, Essen and Kneser, 1994).
  private static let discount = 0.75
  /// More text than this is not read: the chunks that are taken lie all over the corpus.
  private static let mostCharacters = 1 << 24

  private let corpus: TextCorpus
  private let order: Int
  private let keys: [UInt64]
  /// The number of each word from 1 on, by packed key.
  private var numbers: CountTable
  private(set) var counts: [Double]
  private(set) var isKept: [Bool]
  private let takesAll: Bool

  /// The words of a first cut with how often each was cut out.
  init(_ words: [(key: UInt64, count: Int)], of corpus: TextCorpus, order: Int) {
    self.corpus = corpus
    self.order = order
    let words = words.sorted { $0.key < $1.key }
    keys = words.map(\.key)
    counts = words.map { Double($0.count) }
    isKept = Array(repeating: true, count: words.count)
    numbers = CountTable(minimumCapacity: words.count)
    for (place, word) in words.enumerated() { numbers.add(word.key, place + 1) }
    takesAll = corpus.blocks.wholeCount <= Self.mostCharacters
  }

  /// Scores ln(count/total) of the words that are left, and that of a character without one.
  func scores() -> (table: ScoreTable, missing: Float) {
    let kept = keys.indices.filter { isKept[$0] }
    let total = log(kept.reduce(0) { $0 + counts[$1] })
    var table = ScoreTable(capacity: kept.count)
    for place in kept { table.insert(keys[place], Float(log(max(0.5, counts[place])) - total)) }
    return (table, Float(log(0.5) - total))
  }

  /// One round: cuts the text by the words that are left and drops those that do not pay.
  mutating func round(work: Work) throws {
    let tokens = try cut(work)
    if takesAll {
      counts = Array(repeating: 0, count: keys.count)
      for token in tokens where token > 0 { counts[Int(token) - 1] += 1 }
    }
    let model = BigramModel(tokens, wordCount: keys.count, discount: Self.discount)
    let parts = parts()
    let gains = gains(of: tokens, parts, model)
    for place in keys.indices {
      guard let (first, second) = parts[place], gains[place] < 0 else { continue }
      isKept[place] = false
      counts[first] += counts[place]
      counts[second] += counts[place]
      counts[place] = 0
    }
  }

  /// The words of the text by number, a zero behind each segment; in the order of the text, whichever rank has a
  /// part of it.
  private func cut(_ work: Work) throws -> [Int32] {
    let (table, missing) = scores()
    let cutter = ScoreCutter(table: table, order: order, missing: missing)
    let whole = corpus.blocks.wholeCount
    let stride = max(1, (whole + Self.mostCharacters - 1) / Self.mostCharacters)
    guard corpus.ranks.isAlone else { return try cutTogether(cutter, stride: stride, work) }
    let pieces = Mutex([[Int32]](repeating: [], count: corpus.chunkCount))
    let numbers = numbers
    try work.phase("judging words by their neighbors", of: corpus.count, unit: "characters") {
      phase in
      try corpus.forEachSegmentGroup(phase) { chunk, _, text in
        guard chunk % stride == 0 else { return }
        var words: [Int32] = []
        // The last word of a segment comes first, so the pieces are turned around.
        cutter.cut(text, endingSegments: true) { key in
          words.append(key == 0 ? 0 : Int32(truncatingIfNeeded: numbers[key] ?? 0))
        }
        words.reverse()
        pieces.withLock { [words] in $0[chunk] = words }
      }
    }
    return pieces.withLock { Array($0.joined()) }
  }

  /// The same, of a text that ranks have parts of: segments are taken by where they begin in the whole.
  private func cutTogether(
    _ cutter: ScoreCutter, stride: Int, _ work: Work
  ) throws -> [Int32] {
    let pieces = Mutex([[RankedBlocks.Words]](repeating: [], count: corpus.chunkCount))
    let (numbers, blocks) = (numbers, corpus.blocks)
    try work.phase("judging words by their neighbors", of: corpus.count, unit: "characters") {
      phase in
      try corpus.forEachSegmentGroup(phase) { chunk, offset, text in
        var found: [RankedBlocks.Words] = []
        for segment in text.indices.split(whereSeparator: { text[$0] == Alphabet.boundary }) {
          guard let first = segment.first, let last = segment.last else { continue }
          let (block, start) = blocks.place(of: offset + first)
          guard start / TextCorpus.chunkSize % stride == 0 else { continue }
          var words: [Int32] = []
          cutter.cut(UnsafeBufferPointer(rebasing: text[first...last]), endingSegments: true) {
            key in
            words.append(key == 0 ? 0 : Int32(truncatingIfNeeded: numbers[key] ?? 0))
          }
          words.reverse()
          // What comes after a segment's words comes first here.
          if found.last?.block != block { found.append(.init(block: block, words: [])) }
          found[found.count - 1].words += words
        }
        pieces.withLock { [found] in $0[chunk] = found }
      }
    }
    return try RankedBlocks.joined(pieces.withLock { Array($0.joined()) }, corpus.ranks)
  }

  /// The two words that each word is best made of; `nil` where it is not made of two.
  private func parts() -> [(Int, Int)?] {
    keys.indices.map { place in
      let length = PackedGram.length(keys[place])
      guard isKept[place], length > 1, counts[place] > 0 else { return nil }
      var best = -Double.infinity
      var parts: (Int, Int)?
      for split in 1..<length {
        guard
          let first = numbers[PackedGram.prefix(keys[place], split, of: length)].map({ $0 - 1 }),
          let second = numbers[PackedGram.suffix(keys[place], length - split)].map({ $0 - 1 }),
          isKept[first], isKept[second]
        else { continue }
        let score = log(counts[first] + 0.5) + log(counts[second] + 0.5)
        if score > best { (best, parts) = (score, (first, second)) }
      }
      return parts
    }
  }

  /// What having each word is worth, in nats.
  private func gains(
    of tokens: [Int32], _ parts: [(Int, Int)?], _ model: BigramModel
  ) -> [Double] {
    var gains = [Double](repeating: 0, count: keys.count)
    // What stands inside is the same for all occurrences.
    for place in keys.indices {
      guard let (first, second) = parts[place] else { continue }
      let (a, b) = (Int32(first + 1), Int32(second + 1))
      let all = model.count(Int32(place + 1))
      gains[place] =
        -all
        * log(model.probability(a, b, all - 1, pair: model.count(a, b) + all - 1))
    }
    for place in tokens.indices where tokens[place] > 0 {
      let word = tokens[place]
      guard let (first, second) = parts[Int(word) - 1] else { continue }
      let (a, b) = (Int32(first + 1), Int32(second + 1))
      let before = place > 0 ? tokens[place - 1] : 0
      let after = place + 1 < tokens.count ? tokens[place + 1] : 0
      let all = model.count(word)
      let left = model.count(before, word) - 1
      let right = model.count(word, after) - 1
      let with =
        model.probability(before, word, -1, pair: left)
        * model.probability(word, after, -1, pair: right)
      let without =
        model.probability(before, a, -1, pair: model.count(before, a) + left)
        * model.probability(b, after, all - 1, pair: model.count(b, after) + right)
      gains[Int(word) - 1] += log(with / without)
    }
    return gains
  }
}

/// Counts of pairs of words, and probabilities with absolute discounting: what is taken from each pair goes to
/// words by how many different words they follow. Word 0 is the border of a segment.
private struct BigramModel {
  private var pairs: CountTable
  private var totals: [Double]
  /// How many different words follow each word; how many it follows.
  private var followers: [Double]
  private var predecessors: [Double]
  private let discount: Double

  init(_ tokens: [Int32], wordCount: Int, discount: Double) {
    self.discount = discount
    pairs = CountTable(minimumCapacity: tokens.count / 2)
    totals = Array(repeating: 0, count: wordCount + 1)
    followers = totals
    predecessors = totals
    var before: Int32 = 0
    for token in tokens {
      pairs.add(Self.key(before, token), 1)
      totals[Int(before)] += 1
      before = token
    }
    var (followers, predecessors) = (followers, predecessors)
    pairs.forEachPair { key, _ in
      followers[Int(key >> 32)] += 1
      predecessors[Int(key & 0xFFFF_FFFF) - 1] += 1
    }
    (self.followers, self.predecessors) = (followers, predecessors)
  }

  /// Never 0.
  @inline(__always)
  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second &+ 1))
  }

  func count(_ word: Int32) -> Double { totals[Int(word)] }

  @inline(__always)
  func count(_ first: Int32, _ second: Int32) -> Double {
    Double(pairs[Self.key(first, second)] ?? 0)
  }

  /// p(second | first) where `first` occurs so many times more, and `pair` is how often the two meet.
  @inline(__always)
  func probability(
    _ first: Int32, _ second: Int32, _ moreFirst: Double, pair: Double
  ) -> Double {
    let base =
      (predecessors[Int(second)] + 0.5) / (Double(pairs.count) + 0.5 * Double(totals.count))
    let total = totals[Int(first)] + moreFirst
    guard total > 0 else { return base }
    return (max(0, pair - discount) + discount * max(1, followers[Int(first)]) * base) / total
  }
}

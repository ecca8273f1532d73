import Messages
import Parallel

/// Learns a WordPiece vocabulary from words and how often they occur.
///
/// A word begins as its scalars, all but the first with `##` before them; the pair of neighbors that occurs
/// most often becomes one piece, again and again, until the vocabulary is full (byte-pair encoding, Sennrich
/// et al. 2016, as BERT's public trainers use it). Ties go to the pair whose pieces are older.
public struct WordPieceTraining: Sendable {
  /// Tokens in all, special ones included.
  public var size = 30_000
  /// Pairs that occur less often are not merged.
  public var minimumCount = 2
  /// The most different scalars that become tokens; the rarest are left out.
  public var alphabetLimit = 10_000
  /// These come first.
  public var specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  public init() {}

  /// The words of texts under `rules`, and how often each occurs.
  public static func words(
    of texts: some Sequence<String>, rules: BERTTextRules, threads: Int = defaultThreadCount
  ) throws -> [String: Int] {
    try WordCounts(of: texts, rules: rules, threads: threads).counts
  }

  private struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  /// A pair in the queue: the most frequent first, then the older.
  private struct Candidate: Comparable {
    var pair: Pair
    var count: Int

    static func < (one: Candidate, other: Candidate) -> Bool {
      one.count != other.count
        ? one.count > other.count
        : (one.pair.left, one.pair.right) < (other.pair.left, other.pair.right)
    }
  }

  private struct Word {
    var pieces: [Int32]
    var count: Int
  }

  /// The vocabulary. Throws `OptionError` if `size` has no room for the special tokens and the alphabet.
  public func train(_ words: [String: Int], work: Work = .silent) throws -> Vocabulary {
    guard !words.isEmpty else { throw InputError("there are no words to learn a vocabulary from") }
    // Dictionaries have no order: what is learnt must not depend on it.
    let sorted = words.map { (scalars: $0.key.unicodeScalars.map(\.value), count: $0.value) }
      .sorted { $0.scalars.lexicographicallyPrecedes($1.scalars) }
    var tokens = specialTokens
    var idOf: [String: Int32] = [:]
    for (id, token) in tokens.enumerated() { idOf[token] = Int32(id) }
    func id(_ token: String) -> Int32 {
      if let id = idOf[token] { return id }
      idOf[token] = Int32(tokens.count)
      tokens.append(token)
      return Int32(tokens.count - 1)
    }
    let alphabet = Self.alphabet(sorted, limit: alphabetLimit)
    for scalar in alphabet { _ = id(scalar) }
    let known = Set(alphabet)
    var list: [Word] = []
    for word in sorted {
      let letters = word.scalars.compactMap(Unicode.Scalar.init).map(String.init)
      // A word with a scalar outside the alphabet is unknown, whatever the rest of it is.
      guard letters.allSatisfy(known.contains) else { continue }
      let pieces = letters.enumerated().map { id($0.offset == 0 ? $0.element : "##" + $0.element) }
      list.append(Word(pieces: pieces, count: word.count))
    }
    guard tokens.count <= size else {
      throw OptionError(
        "size", expected: "at least \(tokens.count), the special tokens and the alphabet",
        received: size)
    }
    var counts: [Pair: Int] = [:]
    var places: [Pair: Set<Int>] = [:]
    for (index, word) in list.enumerated() {
      for (left, right) in zip(word.pieces, word.pieces.dropFirst()) {
        counts[Pair(left: left, right: right), default: 0] += word.count
        places[Pair(left: left, right: right), default: []].insert(index)
      }
    }
    var queue = Heap<Candidate>()
    for (pair, count) in counts where count >= minimumCount {
      queue.push(Candidate(pair: pair, count: count))
    }
    try work.phase("learning pieces", of: size - tokens.count, unit: "pieces") { phase in
      while tokens.count < size, let best = queue.pop() {
        let pair = best.pair
        // Counted anew since it was queued: what it counts now was queued then.
        guard counts[pair] == best.count else { continue }
        let suffix =
          tokens[Int(pair.right)].hasPrefix("##")
          ? String(tokens[Int(pair.right)].dropFirst(2)) : tokens[Int(pair.right)]
        let merged = id(tokens[Int(pair.left)] + suffix)
        var changed: Set<Pair> = []
        for index in places[pair, default: []].sorted() {
          Self.merge(pair, into: merged, in: &list[index]) { neighbors, change in
            counts[neighbors, default: 0] += change
            if change > 0 { places[neighbors, default: []].insert(index) }
            changed.insert(neighbors)
          }
        }
        counts[pair] = nil
        places[pair] = nil
        for neighbors in changed {
          if let count = counts[neighbors], count >= minimumCount {
            queue.push(Candidate(pair: neighbors, count: count))
          }
        }
        try phase.advance()
      }
    }
    return Vocabulary(tokens)
  }

  private static func alphabet(
    _ words: [(scalars: [UInt32], count: Int)], limit: Int
  ) -> [String] {
    var counts: [UInt32: Int] = [:]
    for word in words { for scalar in word.scalars { counts[scalar, default: 0] += word.count } }
    let frequent = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    return frequent.prefix(limit).map(\.key).sorted().compactMap(Unicode.Scalar.init).map(
      String.init)
  }

  private static func merge(
    _ pair: Pair, into merged: Int32, in word: inout Word, change: (Pair, Int) -> Void
  ) {
    var pieces: [Int32] = []
    var index = 0
    let old = word.pieces
    while index < old.count {
      if index + 1 < old.count, old[index] == pair.left, old[index + 1] == pair.right {
        pieces.append(merged)
        index += 2
      } else {
        pieces.append(old[index])
        index += 1
      }
    }
    if pieces.count == old.count { return }
    for (left, right) in zip(old, old.dropFirst()) {
      change(Pair(left: left, right: right), -word.count)
    }
    for (left, right) in zip(pieces, pieces.dropFirst()) {
      change(Pair(left: left, right: right), word.count)
    }
    word.pieces = pieces
  }
}

import Memory
import Messages

/// A corpus as one stream of word ids with the bounds of its documents: 4 bytes a token, in memory
/// or in a mapped file that is read in sequence.
public final class EncodedCorpus: @unchecked Sendable {
  // Unchecked: the memory is written before the object exists and never after.

  /// The ids of all documents, one after the other.
  public let tokens: UnsafeBufferPointer<UInt32>
  /// Document d is `tokens[offsets[d]..<offsets[d + 1]]`; the first offset is 0.
  public let offsets: [Int]
  private let release: @Sendable () -> Void

  public var documentCount: Int { offsets.count - 1 }
  public var tokenCount: Int { tokens.count }

  /// The ids of document `index`.
  public func document(_ index: Int) -> UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(rebasing: tokens[offsets[index]..<offsets[index + 1]])
  }

  /// Copies a stream of ids and the offsets of its documents (the first 0, the last `tokens.count`).
  public init(tokens: [UInt32], offsets: [Int]) {
    require(
      offsets.first == 0 && offsets.last == tokens.count
        && zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 },
      "EncodedCorpus expected ascending offsets from 0 to \(tokens.count), received \(offsets.count) "
        + "from \(offsets.first ?? -1) to \(offsets.last ?? -1)")
    let copy = Block(tokens)
    self.tokens = UnsafeBufferPointer(copy.buffer)
    self.offsets = offsets
    release = { withExtendedLifetime(copy) {} }
  }

  /// Copies documents of ids.
  public convenience init(documents: [[UInt32]]) {
    var offsets = [0]
    offsets.reserveCapacity(documents.count + 1)
    for document in documents { offsets.append(offsets[offsets.count - 1] + document.count) }
    self.init(tokens: Array(documents.joined()), offsets: offsets)
  }

  /// Takes over memory that `release` gives back.
  init(
    tokens: UnsafeBufferPointer<UInt32>, offsets: [Int], release: @escaping @Sendable () -> Void
  ) {
    self.tokens = tokens
    self.offsets = offsets
    self.release = release
  }

  deinit { release() }

  /// A number that two corpora share only if their ids and documents are (almost surely) the same.
  public var fingerprint: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for token in tokens { hash = (hash ^ UInt64(token)) &* 0x9E37_79B9_7F4A_7C15 }
    for offset in offsets { hash = (hash ^ UInt64(offset)) &* 0x9E37_79B9_7F4A_7C15 }
    return hash ^ (hash >> 29)
  }

  /// The corpus without the words that occur less often than `minimumCount`, numbered anew by
  /// descending count. Ids index `words`.
  ///
  /// Throws `InputError` if an id has no word.
  public func vocabulary(
    words: [String], minimumCount: Int = 1
  ) throws -> (vocabulary: VectorVocabulary, corpus: EncodedCorpus) {
    var counts = [Int](repeating: 0, count: words.count)
    for token in tokens {
      guard Int(token) < counts.count else {
        throw InputError("the corpus has the word id \(token), but there are \(words.count) words")
      }
      counts[Int(token)] += 1
    }
    let (vocabulary, newIds) = rankedVocabulary(
      counts: counts, minimumCount: minimumCount, word: { words[$0] })
    var kept: [UInt32] = []
    kept.reserveCapacity(tokens.count)
    var bounds = [0]
    for index in 0..<documentCount {
      for token in document(index) where newIds[Int(token)] != droppedWord {
        kept.append(newIds[Int(token)])
      }
      bounds.append(kept.count)
    }
    return (vocabulary, EncodedCorpus(tokens: kept, offsets: bounds))
  }
}

/// Stands for a word that is not in the vocabulary.
let droppedWord = UInt32.max

/// Ranks words by count, drops the rare ones, and says which new id each old one receives.
func rankedVocabulary(
  counts: [Int], minimumCount: Int, word: (Int) -> String
) -> (vocabulary: VectorVocabulary, newIds: [UInt32]) {
  let kept = counts.indices.filter { counts[$0] >= max(1, minimumCount) }
    .map { (id: $0, word: word($0)) }
    .sorted {
      counts[$0.id] != counts[$1.id]
        ? counts[$0.id] > counts[$1.id] : $0.word.utf8.lexicographicallyPrecedes($1.word.utf8)
    }
  var newIds = [UInt32](repeating: droppedWord, count: counts.count)
  for (rank, entry) in kept.enumerated() { newIds[entry.id] = UInt32(rank) }
  let vocabulary = VectorVocabulary(words: kept.map(\.word), counts: kept.map { counts[$0.id] })
  return (vocabulary, newIds)
}

import Parallel
import Synchronization

/// A piece of text and how often it occurs.
struct PieceCount: Sendable, Equatable {
  let numbers: [UInt16]
  let count: Int
}

/// Counts the pieces some way of cutting gives, whatever their length, exactly and in bounded memory.
enum PieceCounts {
  /// Cuts a stretch of whole segments and reports each piece as a range.
  typealias Cutter =
    @Sendable (
      _ numbers: UnsafeBufferPointer<UInt16>, _ piece: (_ start: Int, _ end: Int) -> Void
    ) -> Void

  /// Pieces that occur at least `minCount` times, by count (falling), then by character numbers; and
  /// how many pieces there were in all.
  ///
  /// Pieces of up to four characters are counted by packed key. Longer ones are first counted by a
  /// 63-bit hash; those whose hash is frequent enough are then compared character by character.
  static func count(
    corpus: TextCorpus, minCount: Int, phase: String, progress: any ProgressReporter,
    cancellation: Cancellation, cutter: @escaping Cutter
  ) throws -> (pieces: [PieceCount], total: Int) {
    let total = Atomic<Int>(0)
    let firstScan = Atomic<Bool>(true)
    var pieces: [PieceCount] = []
    var longHashes = CountTable()
    progress.begin(phase, total: corpus.count, unit: "characters")
    try KeyCount.each(
      corpus: corpus, minCount: minCount,
      scan: { stages in
        try corpus.forEachSegmentGroup(progress: progress, cancellation: cancellation) {
          _, _, numbers in
          var found = 0
          stages.use { stage in
            cutter(numbers) { start, end in
              found &+= 1
              stage.add(key(numbers, start, end))
            }
          }
          if firstScan.load(ordering: .relaxed) { total.add(found, ordering: .relaxed) }
        }
        firstScan.store(false, ordering: .relaxed)
      },
      { key, count in
        if key >> 63 == 0 {
          pieces.append(PieceCount(numbers: PackedGram.characters(key), count: count))
        } else {
          longHashes.add(key, count)
        }
      })
    progress.end()
    if longHashes.count > 0 {
      progress.begin("comparing long pieces", total: corpus.count, unit: "characters")
      pieces += try verify(
        longHashes, corpus: corpus, minCount: minCount, progress: progress,
        cancellation: cancellation, cutter: cutter)
      progress.end()
    }
    pieces.sort { left, right in
      left.count != right.count
        ? left.count > right.count : left.numbers.lexicographicallyPrecedes(right.numbers)
    }
    return (pieces, total.load(ordering: .relaxed))
  }

  private static func verify(
    _ hashes: CountTable, corpus: TextCorpus, minCount: Int, progress: any ProgressReporter,
    cancellation: Cancellation, cutter: @escaping Cutter
  ) throws -> [PieceCount] {
    let merged = Mutex<[[UInt16]: Int]>([:])
    try corpus.forEachSegmentGroup(progress: progress, cancellation: cancellation) {
      _, _, numbers in
      var found: [[UInt16]: Int] = [:]
      cutter(numbers) { start, end in
        if end - start > PackedGram.maxLength, hashes.contains(key(numbers, start, end)) {
          found[Array(numbers[start..<end]), default: 0] += 1
        }
      }
      merged.withLock { $0.merge(found, uniquingKeysWith: +) }
    }
    return merged.withLock { counts in
      counts.filter { $0.value >= minCount }.map { PieceCount(numbers: $0.key, count: $0.value) }
    }
  }

  @inline(__always)
  static func key(_ numbers: UnsafeBufferPointer<UInt16>, _ start: Int, _ end: Int) -> UInt64 {
    var key: UInt64 = 0
    if end &- start <= PackedGram.maxLength {
      for index in start..<end { key = key << PackedGram.bits | UInt64(numbers[index]) }
      return key
    }
    for index in start..<end {
      key = (key ^ UInt64(numbers[index])) &* 0x9E37_79B9_7F4A_7C15
      key ^= key >> 32
    }
    return key | 1 << 63
  }
}

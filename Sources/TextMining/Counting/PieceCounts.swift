import Distributed
import Memory
import Parallel
import Synchronization

/// A piece of text and how often it occurs.
struct PieceCount: Sendable, Equatable {
  let numbers: [UInt16]
  let count: Int
}

extension TextCorpus {
  func word(_ piece: PieceCount, score: Double) -> DiscoveredWord {
    DiscoveredWord(word: alphabet.text(piece.numbers), count: piece.count, score: score)
  }
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
    _ corpus: TextCorpus, minCount: Int, work: Work, cutter: @escaping Cutter
  ) throws -> (pieces: [PieceCount], total: Int) {
    let cuts = Cuts(corpus: corpus, cutter: cutter, ends: PieceEnds(corpus))
    let total = Atomic<Int>(0)
    var isFirst = true
    var pieces: [PieceCount] = []
    var longHashes = CountTable()
    try KeyCount.each(
      "cutting", in: corpus, minCount: minCount, reserved: cuts.ends?.bytes ?? 0, work: work,
      scan: { stages, phase in
        let isFirstScan = isFirst
        try corpus.forEachSegmentGroup(phase) { chunk, offset, numbers in
          var found = 0
          stages.use { stage in
            cuts.forEachPiece(chunk, offset, numbers, isFirst: isFirstScan) { start, end in
              found &+= 1
              if end &- start == 1 {
                stage.add(character: numbers[start])
              } else {
                stage.add(key(numbers, start, end))
              }
            }
          }
          if isFirstScan { total.add(found, ordering: .relaxed) }
        }
        isFirst = false
      },
      { key, count in
        if key >> 63 == 0 {
          pieces.append(PieceCount(numbers: PackedGram.characters(key), count: count))
        } else {
          longHashes.add(key, count)
        }
      })
    // All ranks have the same hashes.
    if longHashes.count > 0 {
      pieces += try longPieces(cuts, longHashes, minCount: minCount, work: work)
    }
    pieces.sort { left, right in
      left.count != right.count
        ? left.count > right.count : left.numbers.lexicographicallyPrecedes(right.numbers)
    }
    return (pieces, try corpus.ranks.sum([total.load(ordering: .relaxed)])[0])
  }

  /// The pieces of more than four characters whose hash is in `hashes`, counted by their characters.
  private static func longPieces(
    _ cuts: Cuts, _ hashes: CountTable, minCount: Int, work: Work
  ) throws -> [PieceCount] {
    let merged = Mutex<[[UInt16]: Int]>([:])
    let corpus = cuts.corpus
    try work.phase("comparing long pieces", of: corpus.count, unit: "characters") { phase in
      try corpus.forEachSegmentGroup(phase) { chunk, offset, numbers in
        var found: [[UInt16]: Int] = [:]
        cuts.forEachPiece(chunk, offset, numbers, isFirst: false) { start, end in
          if end &- start > PackedGram.maxLength, hashes.contains(key(numbers, start, end)) {
            found[Array(numbers[start..<end]), default: 0] += 1
          }
        }
        merged.withLock { $0.merge(found, uniquingKeysWith: +) }
      }
    }
    let counts = try summed(merged.withLock { $0 }, over: corpus.ranks)
    return counts.filter { $0.value >= minCount }
      .map { PieceCount(numbers: $0.key, count: $0.value) }
  }

  /// Sums over the ranks of what each has counted, on all of them.
  private static func summed(
    _ counts: [[UInt16]: Int], over ranks: Communicator
  ) throws -> [[UInt16]: Int] {
    guard !ranks.isAlone else { return counts }
    var bytes: [UInt8] = []
    for (piece, count) in counts {
      withUnsafeBytes(of: count) { bytes += $0 }
      withUnsafeBytes(of: piece.count) { bytes += $0 }
      piece.withUnsafeBytes { bytes += $0 }
    }
    var sums: [[UInt16]: Int] = [:]
    for part in try ranks.gather(bytes) {
      part.withUnsafeBytes { part in
        var offset = 0
        func number() -> Int {
          defer { offset += 8 }
          return part.loadUnaligned(fromByteOffset: offset, as: Int.self)
        }
        while offset < part.count {
          let count = number()
          let length = number()
          let piece = (0..<length).map {
            part.loadUnaligned(fromByteOffset: offset + 2 * $0, as: UInt16.self)
          }
          offset += 2 * length
          sums[piece, default: 0] += count
        }
      }
    }
    return sums
  }

  /// A corpus and how it is cut: by the cutter at first, from memory afterwards, where there is room.
  private struct Cuts: Sendable {
    let corpus: TextCorpus
    let cutter: Cutter
    let ends: PieceEnds?

    @inline(__always)
    func forEachPiece(
      _ chunk: Int, _ offset: Int, _ numbers: UnsafeBufferPointer<UInt16>, isFirst: Bool,
      _ body: (_ start: Int, _ end: Int) -> Void
    ) {
      guard let ends else { return cutter(numbers, body) }
      if !isFirst { return ends.forEachPiece(chunk, offset, numbers, body) }
      ends.clear(chunk, offset, numbers.count)
      cutter(numbers) { start, end in
        ends.insert(chunk, offset, end)
        body(start, end)
      }
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

/// Where the pieces of a corpus end, one bit a character, so that it is cut once however often it is
/// scanned.
struct PieceEnds: Sendable {
  /// Chunks share no word: each begins a word later than its place alone would ask.
  private let bits: Block<UInt64>
  var bytes: Int { bits.count * 8 }

  /// `nil` if the bits would take more than an eighth of the memory.
  init?(_ corpus: TextCorpus) {
    let words = corpus.count / 64 + corpus.chunkCount + 1
    guard words * 8 <= corpus.memory / 8 else { return nil }
    bits = Block(uninitializedCount: words)
  }

  func clear(_ chunk: Int, _ offset: Int, _ count: Int) {
    (bits.pointer + offset / 64 + chunk).update(repeating: 0, count: count / 64 + 1)
  }

  @inline(__always)
  func insert(_ chunk: Int, _ offset: Int, _ end: Int) {
    let last = end &- 1
    bits.pointer[offset / 64 &+ chunk &+ last / 64] |= 1 << UInt64(last & 63)
  }

  /// Between two pieces lie boundaries only.
  @inline(__always)
  func forEachPiece(
    _ chunk: Int, _ offset: Int, _ numbers: UnsafeBufferPointer<UInt16>,
    _ body: (_ start: Int, _ end: Int) -> Void
  ) {
    let words = bits.pointer + offset / 64 + chunk
    var start = 0
    for word in 0..<(numbers.count / 64 + 1) {
      var ends = words[word]
      while ends != 0 {
        let end = word &* 64 &+ ends.trailingZeroBitCount &+ 1
        ends &= ends &- 1
        while numbers[start] == Alphabet.boundary { start &+= 1 }
        body(start, end)
        start = end
      }
    }
  }
}

import Distributed
import Foundation
import Memory
import Messages
import Parallel
import Text

/// What of a text stands in its corpus beside the characters of the alphabet. Each method of discovery
/// asks for one (`DiscoveryMethod.reading`).
public enum CorpusReading: Sendable {
  /// Segments between separators.
  case segments
  /// Segments with the literal and ideographic spaces inside them, which counts pass over.
  case segmentsWithSpaces
  /// One row of characters: separators vanish, so that counts run across them.
  case joined
  /// Segments; numbers, dates and Latin words separate too.
  case withoutAtoms
}

/// How a corpus is read and what it may use.
public struct CorpusOptions: Sendable {
  public var alphabet = Alphabet()
  /// Bytes that counting may use in all.
  public var memory = 2 << 30
  /// Where the corpus goes when it does not fit.
  public var spillFolder = NSTemporaryDirectory()
  public var threads = defaultThreadCount
  /// Bytes read and encoded at a time by each thread; no result depends on it.
  public var blockSize = 4 << 20

  public init() {}

  /// The least that leaves room for one table per partition and the block buffers.
  public static let smallestMemory = 32 << 20

  public func check() throws(OptionError) {
    guard memory >= Self.smallestMemory else {
      throw OptionError(
        "memory", expected: "at least \(MemorySize.describe(Self.smallestMemory))",
        received: MemorySize.describe(memory))
    }
  }
}

/// What was read.
public struct CorpusStatistics: Sendable {
  public internal(set) var bytes = 0
  public internal(set) var lines = 0
  /// Characters of the alphabet.
  public internal(set) var characters = 0
  public internal(set) var invalidBytes = 0
  public internal(set) var nulBytes = 0
  /// JSON lines without a usable value.
  public internal(set) var badRecords = 0
  public internal(set) var skipped: [SkippedFile] = []
  /// Whether the encoded corpus went to disk.
  public internal(set) var spilled = false
}

/// A whole corpus as character numbers, two bytes each, in memory or, above the memory limit, in a
/// file without a name that vanishes with the process.
public final class TextCorpus: Sendable {
  /// Numbers a thread works on at a time.
  static let chunkSize = 1 << 18
  /// A segment is cut after so many characters, so that one line without any separator stays bounded.
  static let longestSegment = 1 << 20

  public let alphabet: Alphabet
  public let statistics: CorpusStatistics
  /// Numbers stored, boundaries included.
  let count: Int
  /// How often each number occurs; of a corpus that several ranks have parts of, in all of it.
  let characterCounts: [Int]
  /// The ranks that have the other parts; what is stored is this rank's.
  let ranks: Communicator
  /// Where what is stored stands in the whole.
  let blocks: RankedBlocks
  /// How many segments there are; a joined corpus has one without an end.
  let segmentCount: Int
  let memory: Int
  public let threads: Int
  public let reading: CorpusReading
  private let storage: CorpusStorage

  init(
    _ reading: CorpusReading, statistics: CorpusStatistics, characterCounts: [Int],
    segmentCount: Int, storage: CorpusStorage, ranks: Communicator,
    blocks: RankedBlocks, options: CorpusOptions
  ) {
    self.reading = reading
    alphabet = options.alphabet
    self.statistics = statistics
    self.characterCounts = characterCounts
    self.segmentCount = segmentCount
    self.ranks = ranks
    self.blocks = blocks
    self.storage = storage
    count = storage.count
    // What the corpus itself occupies is not there for the tables.
    memory = max(options.memory / 2, options.memory - storage.residentBytes - (8 << 20))
    threads = max(1, options.threads)
  }

  /// Bytes that tables may use.
  var tableMemory: Int { memory * 3 / 4 }

  var chunkCount: Int { (count + Self.chunkSize - 1) / Self.chunkSize }

  /// Calls `body` with the numbers of `range`.
  func withNumbers<Result>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt16>) throws -> Result
  ) throws -> Result {
    try storage.withNumbers(range, body)
  }

  /// Runs `body` on each chunk: whole segments where there are boundaries; in a joined corpus, the
  /// chunk's numbers and up to `lookahead` of those that follow, and `starts` says how many are its own.
  func forEachChunk(
    lookahead: Int, _ phase: Work.Phase,
    _ body:
      @escaping @Sendable (
        _ chunk: Int, _ numbers: UnsafeBufferPointer<UInt16>, _ starts: Int
      ) throws -> Void
  ) throws {
    if reading != .joined {
      return try forEachSegmentGroup(phase) { chunk, _, numbers in
        try body(chunk, numbers, numbers.count)
      }
    }
    try parallelFor(count: chunkCount, threads: threads) { [self] chunk in
      try phase.check()
      let start = chunk * Self.chunkSize
      let end = min(count, start + Self.chunkSize)
      try withNumbers(start..<min(count, end + lookahead)) { try body(chunk, $0, end - start) }
      phase.report(end - start)
    }
  }

  /// Runs `body` on pieces of the corpus that begin and end at segment borders; each number belongs
  /// to one piece. `offset` is where the piece begins in the corpus.
  func forEachSegmentGroup(
    _ phase: Work.Phase,
    _ body:
      @escaping @Sendable (
        _ chunk: Int, _ offset: Int, _ numbers: UnsafeBufferPointer<UInt16>
      ) throws -> Void
  ) throws {
    try parallelFor(count: chunkCount, threads: threads) { [self] chunk in
      try phase.check()
      let start = chunk * Self.chunkSize
      let end = min(count, start + Self.chunkSize)
      guard let first = try border(from: start), first < end else { return }
      let last = try border(from: end) ?? count
      try withNumbers(first..<last) { try body(chunk, first, $0) }
      phase.report(end - start)
    }
  }

  /// The first position at or after `position` where a segment begins: the corpus begins there or a
  /// boundary stands just before it.
  private func border(from position: Int) throws -> Int? {
    if position == 0 { return 0 }
    var start = position - 1
    var window = 4096
    while start < count {
      let end = min(count, start + window)
      let found = try withNumbers(start..<end) { numbers in
        numbers.firstIndex(of: Alphabet.boundary)
      }
      if let found { return start + found + 1 }
      start = end
      window = min(window * 4, 1 << 20)
    }
    return nil
  }
}

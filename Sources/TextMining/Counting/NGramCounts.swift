import Memory
import Messages
import Parallel

/// Exact counts of all character n-grams, n ≤ 4, that occur at least `minCount` times inside segments.
///
/// One pass per order. An n-gram can reach `minCount` only if its first and its last n−1 characters
/// do, so each pass emits only grams whose two parts passed the one before. That loses nothing.
struct NGramCounts: Sendable {
  /// Counts of the grams of all orders by packed key; a single character's key is its number.
  private(set) var table: CountTable
  /// Characters of the corpus, rare ones included.
  let characters: Int
  /// Pairs of neighbors inside segments.
  let pairs: Int
  /// How many different grams each order has among the survivors; index 0 is unused.
  private(set) var distinct = [0, 0, 0, 0, 0]

  init(
    corpus: TextCorpus, order: Int, minCount: Int, progress: any ProgressReporter,
    cancellation: Cancellation
  ) throws {
    require((1...4).contains(order), "n-grams of order 1 to 4 can be counted, not \(order)")
    let minCount = max(1, minCount)
    characters = corpus.statistics.characters
    // Boundaries close segments; a corpus of joined segments has none.
    let segments = corpus.count - corpus.characterCounts.reduce(0, +)
    pairs = max(0, characters - max(1, segments))
    table = CountTable()
    for id in Int(Alphabet.firstCharacter)..<Alphabet.limit {
      let count = corpus.characterCounts[id]
      if count >= minCount {
        table.add(UInt64(id), count)
        distinct[1] += 1
      }
    }
    var filter = KeyFilter(count: 0)
    for length in 2..<(order + 1) {
      progress.begin("counting \(length)-grams", total: corpus.count, unit: "characters")
      let survivors =
        length == 2
        ? try PairCounts.collect(
          corpus: corpus, minCount: minCount, progress: progress, cancellation: cancellation)
        : try Self.pass(
          corpus: corpus, length: length, minCount: minCount, filter: minCount > 1 ? filter : nil,
          progress: progress, cancellation: cancellation)
      progress.end()
      distinct[length] = survivors.count
      let total = distinct.reduce(0, +)
      guard total * 40 <= corpus.memory else {
        throw TextMiningError(
          .memory,
          "\(total) different n-grams occur at least \(minCount) times, more than "
            + "\(MemorySize.describe(corpus.memory)) hold: raise --min-count or --memory")
      }
      filter = KeyFilter(count: survivors.count)
      for (key, count) in survivors {
        table.add(key, count)
        filter.insert(key)
      }
    }
  }

  /// Positions whose parts are looked up together, so that the filter's cache misses overlap.
  private static let window = 256

  private static func pass(
    corpus: TextCorpus, length: Int, minCount: Int, filter: KeyFilter?,
    progress: any ProgressReporter, cancellation: Cancellation
  ) throws -> [(key: UInt64, count: Int)] {
    let mask = PackedGram.mask(length: length)
    let partMask = PackedGram.mask(length: length - 1)
    return try KeyCount.collect(
      corpus: corpus, lookahead: length - 1, minCount: minCount, progress: progress,
      cancellation: cancellation
    ) { numbers, _, stage in
      guard numbers.count >= length, let base = numbers.baseAddress else { return }
      let isWhole = 1 << 63 as UInt64
      let grams = Block<UInt64>(uninitializedCount: window)
      var key: UInt64 = 0
      var run = 0
      var previousPart: UInt64 = 0
      var start = 0
      while start < numbers.count {
        var seen = 0
        for index in start..<min(numbers.count, start &+ window) {
          let id = base[index]
          if id == Alphabet.space { continue }
          key = (key << PackedGram.bits | UInt64(id)) & mask
          run = id == Alphabet.boundary ? 0 : run &+ 1
          grams[seen] = key | (run >= length ? isWhole : 0)
          filter?.prefetch(key & partMask)
          seen &+= 1
        }
        start &+= window
        var found = 0
        for index in 0..<seen {
          let gram = grams[index]
          let part = filter?.mayContainBit(gram & partMask) ?? 1
          grams[found] = gram & mask
          found &+= Int(truncatingIfNeeded: part & previousPart & gram >> 63)
          previousPart = part
        }
        for index in 0..<found { stage.add(grams[index]) }
      }
    }
  }

  /// Occurrences of a gram; `nil` if it is rarer than `minCount`.
  @inline(__always)
  func count(_ gram: UInt64) -> Int? { table[gram] }

  /// All grams of two or more characters, in key order.
  func grams() -> [(key: UInt64, count: Int)] {
    table.sorted().filter { $0.key > PackedGram.mask }
  }

  /// The sum of the counts of the single characters that survive.
  var characterTotal: Int {
    var total = 0
    table.forEachPair { key, count in
      if key <= PackedGram.mask { total += count }
    }
    return total
  }
}

/// Counting keys that a scan of the corpus emits, over as many scans as the memory asks for.
enum KeyCount {
  /// `body` gets the numbers of a chunk with what follows, and how many of them start in the chunk.
  static func collect(
    corpus: TextCorpus, lookahead: Int, minCount: Int, progress: any ProgressReporter,
    cancellation: Cancellation,
    _ body:
      @escaping @Sendable (
        _ numbers: UnsafeBufferPointer<UInt16>, _ starts: Int, _ stage: PartitionedCounter.Stage
      ) -> Void
  ) throws -> [(key: UInt64, count: Int)] {
    var survivors: [(key: UInt64, count: Int)] = []
    try each(
      corpus: corpus, minCount: minCount,
      scan: { stages in
        try corpus.forEachChunk(
          lookahead: lookahead, progress: progress, cancellation: cancellation
        ) { _, numbers, starts in
          stages.use { body(numbers, starts, $0) }
        }
      }, { survivors.append(($0, $1)) })
    return survivors
  }

  /// Scans until every key was counted; `receive` gets the keys that reach `minCount`, in no
  /// particular order. `reserved` bytes of the tables' memory are in use elsewhere.
  static func each(
    corpus: TextCorpus, minCount: Int, reserved: Int = 0,
    scan: (WorkspacePool<PartitionedCounter.Stage>) throws -> Void,
    _ receive: (_ key: UInt64, _ count: Int) throws -> Void
  ) throws {
    let counter = PartitionedCounter(
      memory: corpus.tableMemory - reserved, minCount: minCount, expectedKeys: corpus.count)
    var again = true
    while again {
      let stages = WorkspacePool { counter.stage() }
      try scan(stages)
      for stage in stages.idle() { stage.flush() }
      again = try counter.harvest(receive)
    }
  }
}

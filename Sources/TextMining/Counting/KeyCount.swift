import Distributed
import Memory
import Parallel

/// Counting keys that a scan of the corpus emits, over as many scans as the memory asks for.
enum KeyCount {
  /// The keys that reach `minCount`, in no particular order. `body` gets the numbers of a chunk with
  /// what follows, and how many of them start in the chunk.
  static func collect(
    _ phase: String, in corpus: TextCorpus, lookahead: Int, minCount: Int, work: Work,
    _ body:
      @escaping @Sendable (
        _ numbers: UnsafeBufferPointer<UInt16>, _ starts: Int, _ stage: PartitionedCounter.Stage
      ) -> Void
  ) throws -> [(key: UInt64, count: Int)] {
    var survivors: [(key: UInt64, count: Int)] = []
    try each(
      phase, in: corpus, minCount: minCount, work: work,
      scan: { stages, phase in
        try corpus.forEachChunk(lookahead: lookahead, phase) { _, numbers, starts in
          stages.use { body(numbers, starts, $0) }
        }
      }, { survivors.append(($0, $1)) })
    return survivors
  }

  /// Scans, as a phase of `work`, until every key was counted; `receive` gets the keys that reach
  /// `minCount`, in no particular order. `reserved` bytes of the tables' memory are in use elsewhere, and `others`
  /// gives the keys that the scan has counted by itself.
  ///
  /// Of a corpus that several ranks have parts of, each scans its own, and all receive the sums.
  static func each(
    _ phase: String, in corpus: TextCorpus, minCount: Int, reserved: Int = 0, work: Work,
    scan: (WorkspacePool<PartitionedCounter.Stage>, Work.Phase) throws -> Void,
    others: (_ minCount: Int) -> [(key: UInt64, count: Int)] = { _ in [] },
    _ receive: (_ key: UInt64, _ count: Int) throws -> Void
  ) throws {
    guard corpus.ranks.isAlone else {
      // What is rare here may be frequent elsewhere: everything is counted, in half of the memory.
      var sums = RankedCounts(corpus.ranks, minCount: minCount, memory: corpus.tableMemory / 2)
      try scanned(
        phase, in: corpus, minCount: 1, memory: corpus.tableMemory / 2 - reserved, work: work,
        scan: scan, { try sums.add($0, $1) })
      for (key, count) in others(1) { try sums.add(key, count) }
      return try sums.finish(receive)
    }
    try scanned(
      phase, in: corpus, minCount: minCount, memory: corpus.tableMemory - reserved, work: work,
      scan: scan, receive)
    for (key, count) in others(max(1, minCount)) { try receive(key, count) }
  }

  private static func scanned(
    _ phase: String, in corpus: TextCorpus, minCount: Int, memory: Int, work: Work,
    scan: (WorkspacePool<PartitionedCounter.Stage>, Work.Phase) throws -> Void,
    _ receive: (_ key: UInt64, _ count: Int) throws -> Void
  ) throws {
    let counter = PartitionedCounter(
      memory: memory, minCount: minCount, expectedKeys: corpus.count)
    try work.phase(phase, of: corpus.count, unit: "characters") { phase in
      var again = true
      while again {
        let stages = WorkspacePool { counter.stage() }
        try scan(stages, phase)
        for stage in stages.idle() { stage.flush() }
        again = try counter.harvest(receive)
      }
    }
  }
}

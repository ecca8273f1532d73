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

  /// The least count from which on ranks sketch before they count: what is rare everywhere is then never sent.
  private static let sketchedCount = 4

  /// Scans, as a phase of `work`, until every key was counted; `receive` gets the keys that reach
  /// `minCount`, in no particular order. `reserved` bytes of the tables' memory are in use elsewhere, and `others`
  /// gives the keys that the scan has counted by itself, of all ranks together.
  ///
  /// Of a corpus that several ranks have parts of, each scans its own, and all receive the sums.
  static func each(
    _ phase: String, in corpus: TextCorpus, minCount: Int, reserved: Int = 0, work: Work,
    scan: (WorkspacePool<PartitionedCounter.Stage>, Work.Phase) throws -> Void,
    others: (_ minCount: Int) throws -> [(key: UInt64, count: Int)] = { _ in [] },
    _ receive: (_ key: UInt64, _ count: Int) throws -> Void
  ) throws {
    if corpus.ranks.isAlone {
      try scanned(
        phase, in: corpus, minCount: minCount, memory: corpus.tableMemory - reserved, work: work,
        scan: scan, receive)
    } else {
      // What is rare here may be frequent elsewhere. Half of the memory is for the sums.
      var sums = RankedCounts(corpus.ranks, minCount: minCount, memory: corpus.tableMemory / 2)
      let sketches = minCount >= sketchedCount
      try scanned(
        phase, in: corpus, minCount: sketches ? minCount : 1,
        memory: corpus.tableMemory / 2 - reserved, ranks: sketches ? corpus.ranks : nil, work: work,
        scan: scan, { try sums.add($0, $1) })
      try sums.finish(receive)
    }
    for (key, count) in try others(max(1, minCount)) { try receive(key, count) }
  }

  /// - Parameter ranks: Those whose sketches are added up before anything is counted; then every count is passed on.
  private static func scanned(
    _ phase: String, in corpus: TextCorpus, minCount: Int, memory: Int,
    ranks: Communicator? = nil, work: Work,
    scan: (WorkspacePool<PartitionedCounter.Stage>, Work.Phase) throws -> Void,
    _ receive: (_ key: UInt64, _ count: Int) throws -> Void
  ) throws {
    let counter = PartitionedCounter(
      memory: memory, minCount: minCount,
      expectedKeys: ranks == nil ? corpus.count : corpus.blocks.wholeCount,
      sketchesFirst: ranks != nil)
    try work.phase(phase, of: corpus.count, unit: "characters") { phase in
      var again = true
      var isFirst = true
      while again {
        let stages = WorkspacePool { counter.stage() }
        try scan(stages, phase)
        for stage in stages.idle() { stage.flush() }
        if isFirst, let ranks { try counter.addSketches(of: ranks) }
        isFirst = false
        again = try counter.harvest(receive)
      }
    }
  }
}

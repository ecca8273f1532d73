import Synchronization

/// Hands a staging space to whoever scans a chunk, and takes it back; as many exist as threads ran.
final class StagePool: Sendable {
  private let counter: PartitionedCounter
  private let stages = Mutex<Stages>(Stages())

  private struct Stages: @unchecked Sendable {
    // A stage is used by one thread at a time: it is taken out of the list while in use.
    var idle: [PartitionedCounter.Stage] = []
  }

  init(_ counter: PartitionedCounter) { self.counter = counter }

  func use(_ body: (PartitionedCounter.Stage) throws -> Void) rethrows {
    let stage = take()
    defer { give(stage) }
    try body(stage)
  }

  /// Hands over what is still staged. Call when all threads are done.
  func flush() {
    stages.withLock { stages in
      for stage in stages.idle { stage.flush() }
    }
  }

  private func take() -> PartitionedCounter.Stage {
    let found = stages.withLock { stages in
      Transfer(stage: stages.idle.popLast())
    }
    return found.stage ?? counter.stage()
  }

  private func give(_ stage: PartitionedCounter.Stage) {
    let transfer = Transfer(stage: stage)
    stages.withLock { stages in
      if let stage = transfer.stage { stages.idle.append(stage) }
    }
  }

  private struct Transfer: @unchecked Sendable {
    // Moves a stage into or out of the lock; see `Stages`.
    let stage: PartitionedCounter.Stage?
  }
}

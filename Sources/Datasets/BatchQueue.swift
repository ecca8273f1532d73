import Foundation
import Synchronization
import Torch

/// A bounded queue that background threads keep full, in order.
final class BatchQueue: @unchecked Sendable {
  // Sendable: every stored property that changes is read and written under `condition`, and a batch's
  // tensors are handed over, never shared.
  private let condition = NSCondition()
  private let maker: any BatchMaker
  private let capacity: Int
  private let threads: Int
  /// What was made, by number; numbers are handed out and taken in order.
  private var ready: [Int: Result<Batch, any Error>] = [:]
  private var nextNumber = 0
  private var taken = 0
  /// The batch that `nextNumber` will be; `nil` while only the one before it can tell, or after an error.
  private var upcoming: BatchLoader.State? = BatchLoader.State()
  private var part = BatchPart.whole
  private var generation = 0
  private var isStarted = false
  private var isStopped = false
  private var threadsAtWork = 0

  init(maker: any BatchMaker, capacity: Int, threads: Int) {
    self.maker = maker
    self.capacity = capacity
    self.threads = threads
  }

  private func fill() {
    condition.lock()
    defer {
      threadsAtWork -= 1
      if threadsAtWork == 0 { QueuesAtWork.shared.remove(self) }
      condition.broadcast()
      condition.unlock()
    }
    while !isStopped {
      guard let state = upcoming, nextNumber - taken < capacity else {
        condition.wait()
        continue
      }
      let (number, generation, part) = (nextNumber, self.generation, self.part)
      nextNumber += 1
      upcoming = maker.successor(of: state)
      condition.unlock()
      let result = Result { try maker.batch(at: state, part) }
      condition.lock()
      // After a restart in the meantime this batch is not one that comes next any more.
      guard generation == self.generation else { continue }
      ready[number] = result
      switch result {
      case .success(let batch): if maker.isInOrder { upcoming = batch.successor }
      case .failure: upcoming = nil
      }
      condition.broadcast()
    }
  }

  /// The next batch. An error stays until a restart.
  func take() throws -> Batch {
    condition.lock()
    defer { condition.unlock() }
    if !isStarted {
      isStarted = true
      threadsAtWork = threads
      QueuesAtWork.shared.add(self)
      for _ in 0..<threads {
        let thread = Thread { [self] in fill() }
        thread.name = "batches"
        thread.start()
      }
    }
    while true {
      guard let result = ready[taken] else {
        condition.wait()
        continue
      }
      let batch = try result.get()
      ready[taken] = nil
      taken += 1
      condition.broadcast()
      return batch
    }
  }

  func restart(at state: BatchLoader.State, _ part: BatchPart) {
    condition.withLock {
      self.part = part
      generation += 1
      ready = [:]
      nextNumber = 0
      taken = 0
      upcoming = state
      condition.broadcast()
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      ready = [:]
      condition.broadcast()
    }
  }

  /// Waits until the threads have ended after `stop`, for a second at most: what a source waits for may
  /// never come.
  func waitForThreads() {
    let deadline = Date(timeIntervalSinceNow: 1)
    condition.withLock {
      while threadsAtWork > 0, condition.wait(until: deadline) {}
    }
  }
}

/// The queues whose threads run. They are ended before the process is: libtorch frees at exit what the
/// threads work with.
private final class QueuesAtWork: Sendable {
  static let shared: QueuesAtWork = {
    // What the first operator sets up is freed after what is registered later.
    _ = Tensor.zeros([1]) + 1
    atexit { QueuesAtWork.shared.end() }
    return QueuesAtWork()
  }()

  private let queues = Mutex<[ObjectIdentifier: BatchQueue]>([:])

  func add(_ queue: BatchQueue) { queues.withLock { $0[ObjectIdentifier(queue)] = queue } }

  func remove(_ queue: BatchQueue) { queues.withLock { $0[ObjectIdentifier(queue)] = nil } }

  private func end() {
    let all = queues.withLock { Array($0.values) }
    for queue in all { queue.stop() }
    for queue in all { queue.waitForThreads() }
  }
}

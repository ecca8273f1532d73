import Foundation
import Messages

/// The thread that sums numbers over ranks while its communicator's owner computes.
///
/// Sums are taken in the order in which they came, which must be the same on all ranks.
final class Courier: @unchecked Sendable {
  // Sendable: everything that changes is guarded by `condition`; what a sum works on belongs to the courier until `wait` returns.

  private let communicator: Communicator
  private let condition = NSCondition()
  private var waiting: [() throws -> Void] = []
  private var underWay = 0
  private var failure: (any Error)?
  private var isStopped = false
  private var thread: Thread?
  private var busy = Duration.zero
  private var exposed = Duration.zero

  init(_ communicator: Communicator) { self.communicator = communicator }

  var isCurrentThread: Bool { condition.withLock { thread === Thread.current } }

  /// Seconds that sums took, and those of them in which the owner had nothing else to do.
  var seconds: (busy: Double, exposed: Double) {
    condition.withLock { (busy / .seconds(1), exposed / .seconds(1)) }
  }

  func take(_ sum: @escaping () throws -> Void) {
    condition.withLock {
      if thread == nil {
        let thread = Thread { [self] in run() }
        thread.name = "gradients"
        self.thread = thread
        thread.start()
      }
      waiting.append(sum)
      condition.broadcast()
    }
  }

  /// Returns once everything that came is summed; throws what went wrong.
  func wait() throws {
    let began = ContinuousClock.now
    condition.lock()
    defer { condition.unlock() }
    while failure == nil, !waiting.isEmpty || underWay > 0 { condition.wait() }
    exposed += ContinuousClock.now - began
    if let failure { throw failure }
  }

  /// Ends the thread's waiting, so that another may call MPI.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    while underWay > 0, failure == nil { condition.wait() }
    condition.unlock()
  }

  private func run() {
    while true {
      condition.lock()
      while waiting.isEmpty, !isStopped { condition.wait() }
      guard !isStopped, failure == nil else { return condition.unlock() }
      let sum = waiting.removeFirst()
      underWay = 1
      condition.unlock()
      let began = ContinuousClock.now
      let result = Result { try sum() }
      condition.lock()
      busy += ContinuousClock.now - began
      underWay = 0
      if case .failure(let error) = result { failure = error }
      condition.broadcast()
      condition.unlock()
    }
  }

  /// Throws where the thread is to end.
  func checkIsNotStopped() throws {
    if condition.withLock({ isStopped }) { throw RankFailure("the sum of gradients was given up") }
  }
}

extension Communicator {
  /// Sums gradients over all ranks on a thread of the communicator's own, as `training` says they travel. All other
  /// operations wait for it, as does `finishAside`.
  ///
  /// - Parameter values: Stay where they are, untouched, until then.
  public func sumAside<Number: ReducibleNumber>(_ values: UnsafeMutableBufferPointer<Number>) {
    guard !isAlone, !values.isEmpty else { return }
    hasCourier = true
    courier.take { [self] in try sumGradients(values) }
  }

  /// Sums gradients over all ranks, in the form in which `training` says they travel.
  public func sumGradients<Number: ReducibleNumber>(
    _ values: UnsafeMutableBufferPointer<Number>
  ) throws {
    if training.wire == .brainFloat, let floats = values as? UnsafeMutableBufferPointer<Float> {
      try sumInBrainFloat(floats)
    } else {
      try sum(values)
    }
  }

  /// Waits for what `sumAside` was given.
  public func finishAside() throws {
    if hasCourier { try courier.wait() }
  }

  /// Seconds that sums took which went on beside computing, and those of them that were waited for.
  public var secondsAside: (total: Double, exposed: Double) {
    guard hasCourier else { return (0, 0) }
    let seconds = courier.seconds
    return (seconds.busy, seconds.exposed)
  }
}

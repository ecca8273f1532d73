import Foundation
import Messages
import Parallel
import Synchronization

/// Threads for work that takes a while, apart from those that answer requests: so many pieces at once, so many
/// that wait, none longer than its time.
final class WorkPool: Sendable {
  private struct State {
    var running = 0
    var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    var next = 0
  }

  private let width: Int
  private let queueLimit: Int
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "danlu.work", attributes: .concurrent)

  init(width: Int = max(2, defaultThreadCount), queueLimit: Int = 64) {
    self.width = width
    self.queueLimit = queueLimit
  }

  var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

  /// Does `body` on a thread of its own as soon as there is room.
  ///
  /// It is told to stop once `time` has passed, or once the client of `request` is gone. Throws `Problem` (503)
  /// where too many wait already or the time was not enough.
  func run<Result: Sendable>(
    for request: SiteRequest, within time: Duration = .seconds(2),
    _ body: @escaping @Sendable (Work) throws -> Result
  ) async throws -> Result {
    try await enter()
    defer { leave() }
    let cancellation = Cancellation()
    let work = Work(cancellation: cancellation)
    let clock = Task {
      try await Task.sleep(for: time)
      cancellation.cancel()
    }
    defer { clock.cancel() }
    do {
      return try await request.whileConnected {
        try await withTaskCancellationHandler {
          try await withCheckedThrowingContinuation { continuation in
            queue.async {
              continuation.resume(with: Swift.Result { try body(work) })
            }
          }
        } onCancel: {
          cancellation.cancel()
        }
      } onGone: {
        cancellation.cancel()
      }
    } catch is Cancelled {
      throw Problem(
        .serviceUnavailable,
        "this took longer than \(Int(time / .seconds(1))) s; a smaller input would work")
    }
  }

  private func enter() async throws {
    let isFull = state.withLock { state -> Bool? in
      if state.running < width {
        state.running += 1
        return nil
      }
      return state.waiting.count >= queueLimit
    }
    guard let isFull else { return }
    guard !isFull else {
      throw Problem(
        .serviceUnavailable, "\(queueLimit) others wait already", fields: [.retryAfter: "1"])
    }
    _ = await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.running < width {
          state.running += 1
          return true
        }
        state.next += 1
        state.waiting.append((state.next, continuation))
        return false
      }
      if isFree { continuation.resume(returning: true) }
    }
  }

  /// The place goes to the one that has waited longest.
  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}

extension SiteRequest {
  /// Runs `body`; `onGone` is called if the client leaves meanwhile.
  func whileConnected<Result>(
    _ body: () async throws -> Result, onGone: @escaping @Sendable () -> Void
  ) async rethrows -> Result {
    guard let connection else { return try await body() }
    return try await connection.whileConnected(body, onGone: onGone)
  }
}

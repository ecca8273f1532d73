import Foundation
import Messages
import Parallel

/// Threads for work that takes a while, apart from those that answer requests: so many pieces at once, so many
/// that wait, none longer than its time.
final class WorkPool: Sendable {
  private let line: WaitingLine
  private let queue = DispatchQueue(label: "danlu.work", attributes: .concurrent)

  init(width: Int = max(2, defaultThreadCount), queueLimit: Int = 64) {
    line = WaitingLine(places: width, limit: queueLimit)
  }

  var load: (running: Int, waiting: Int) {
    let load = line.load
    return (load.taken, load.waiting)
  }

  /// Does `body` on a thread of its own as soon as there is room.
  ///
  /// It is told to stop once `time` has passed, or once the client of `request` is gone. Throws `Problem` (503)
  /// where too many wait already or the time was not enough.
  func run<Result: Sendable>(
    for request: SiteRequest, within time: Duration = .seconds(2),
    _ body: @escaping @Sendable (Work) throws -> Result
  ) async throws -> Result {
    try await line.run(for: request.connection, waitingAtMost: .seconds(30)) {
      try await compute(request, time, body)
    }
  }

  private func compute<Result: Sendable>(
    _ request: SiteRequest, _ time: Duration, _ body: @escaping @Sendable (Work) throws -> Result
  ) async throws -> Result {
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
            queue.async { continuation.resume(with: Swift.Result { try body(work) }) }
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
}

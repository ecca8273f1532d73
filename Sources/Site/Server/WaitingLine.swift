import Synchronization

/// Places for work that takes a while: so many at once, so many requests that wait for one, in the order in which they
/// came, none longer than its time, and none whose client has gone.
final class WaitingLine: Sendable {
  private struct State {
    var taken = 0
    var next = 0
    /// Those that are about to wait, until they do or leave.
    var coming: Set<Int> = []
    var waiting: [(number: Int, continuation: CheckedContinuation<Void, any Error>)] = []
  }

  private let places: Int
  private let limit: Int
  private let state = Mutex(State())

  init(places: Int, limit: Int) {
    self.places = places
    self.limit = limit
  }

  var load: (taken: Int, waiting: Int) { state.withLock { ($0.taken, $0.waiting.count) } }

  /// Runs `body` as soon as there is a place.
  ///
  /// Throws `Problem` (503) where too many wait already or `time` has passed, `CancellationError` where the client has left.
  func run<Result>(
    for client: Connection?, waitingAtMost time: Duration, _ body: () async throws -> Result
  ) async throws -> Result {
    try await enter(client, time)
    defer { leave() }
    return try await body()
  }

  private func enter(_ client: Connection?, _ time: Duration) async throws {
    let number = state.withLock { state -> Int? in
      if state.taken < places {
        state.taken += 1
        return nil
      }
      state.next += 1
      state.coming.insert(state.next)
      return state.next
    }
    guard let number else { return }
    let clock = Task {
      try await Task.sleep(for: time)
      give(
        up: number,
        Problem(
          .serviceUnavailable, "no place became free within \(Int(time / .seconds(1))) s",
          fields: [.retryAfter: "5"]))
    }
    defer { clock.cancel() }
    let wait = {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { self.add(number, $0) }
      } onCancel: {
        self.give(up: number, CancellationError())
      }
    }
    guard let client else { return try await wait() }
    try await client.whileConnected(wait) { self.give(up: number, CancellationError()) }
  }

  private func add(_ number: Int, _ continuation: CheckedContinuation<Void, any Error>) {
    let outcome = state.withLock { state -> Result<Void, any Error>? in
      guard state.coming.remove(number) != nil else { return .failure(CancellationError()) }
      if state.taken < places {
        state.taken += 1
        return .success(())
      }
      guard state.waiting.count < limit else {
        return .failure(
          Problem(
            .serviceUnavailable, "\(limit) others wait already", fields: [.retryAfter: "1"]))
      }
      state.waiting.append((number, continuation))
      return nil
    }
    if let outcome { continuation.resume(with: outcome) }
  }

  private func give(up number: Int, _ error: any Error) {
    let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      state.coming.remove(number)
      guard let place = state.waiting.firstIndex(where: { $0.number == number }) else { return nil }
      return state.waiting.remove(at: place).continuation
    }
    continuation?.resume(throwing: error)
  }

  /// The place goes to the one that has waited longest.
  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard !state.waiting.isEmpty else {
        state.taken -= 1
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume()
  }
}

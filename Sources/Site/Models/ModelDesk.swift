import Foundation
import Messages
import Synchronization
import Transformers

/// Where what is asked of models waits: no more than so much, none longer than its time, and nothing for a client
/// that has gone.
///
/// Texts to encode that wait together go through the model together (dynamic batching): nobody waits for others to
/// come, but those that came while the model computed are its next batch.
final class ModelDesk: Sendable {
  static let queueLimit = 256
  /// Texts of one batch.
  static let batchLimit = 64

  private struct Waiting {
    let number: Int
    let texts: [String]
    let until: ContinuousClock.Instant
    let continuation: CheckedContinuation<[[Float]], any Error>
  }

  private struct Line {
    var waiting: [Waiting] = []
    var isServed = false
  }

  private struct Way: Hashable {
    let model: ModelShelf.Model
    let pooling: SentenceEncoder.Pooling
  }

  private struct State {
    var lines: [Way: Line] = [:]
    var next = 0
    var others = 0
    var batches = 0
    var texts = 0
  }

  let room: ModelRoom
  private let state = Mutex(State())

  init(_ room: ModelRoom) { self.room = room }

  /// How much waits, and how many texts the batches so far held on the mean.
  var figures: (waiting: Int, batches: Int, texts: Int) {
    state.withLock { state in
      (
        state.lines.values.reduce(state.others) { $0 + $1.waiting.count }, state.batches,
        state.texts
      )
    }
  }

  private static func full() -> Problem {
    Problem(
      .serviceUnavailable, "\(queueLimit) others wait already", fields: [.retryAfter: "1"])
  }

  /// Runs `body` with the models once it is this request's turn.
  func ask<Result: Sendable>(
    for request: SiteRequest, within time: Duration = .seconds(30),
    _ body: @escaping @Sendable (ModelRoom) async throws -> Result
  ) async throws -> Result {
    let isFull = state.withLock { state in
      if state.others >= Self.queueLimit { return true }
      state.others += 1
      return false
    }
    guard !isFull else { throw Self.full() }
    defer { state.withLock { $0.others -= 1 } }
    let room = room
    let until = ContinuousClock.now + time
    let task = Task {
      try await Self.turn(room, until: until)
      return try await body(room)
    }
    return try await request.whileConnected {
      try await task.value
    } onGone: {
      task.cancel()
    }
  }

  /// Returns once the models are free. Throws where the client has gone or the time has passed.
  private static func turn(_ room: ModelRoom, until: ContinuousClock.Instant) async throws {
    _ = await room.count
    try Task.checkCancellation()
    guard ContinuousClock.now < until else {
      throw Problem(
        .serviceUnavailable, "the models were busy for too long", fields: [.retryAfter: "5"])
    }
  }

  /// The vectors of `texts`, together with those of others.
  func encode(
    _ texts: [String], pooling: SentenceEncoder.Pooling, by model: ModelShelf.Model,
    for request: SiteRequest, within time: Duration = .seconds(30)
  ) async throws -> [[Float]] {
    let way = Way(model: model, pooling: pooling)
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    return try await request.whileConnected {
      try await withCheckedThrowingContinuation { continuation in
        let found = state.withLock { state -> (isFull: Bool, isServed: Bool) in
          var line = state.lines[way] ?? Line()
          guard line.waiting.count < Self.queueLimit else { return (true, true) }
          line.waiting.append(
            Waiting(
              number: number, texts: texts, until: .now + time, continuation: continuation))
          defer { state.lines[way] = line }
          if line.isServed { return (false, true) }
          line.isServed = true
          return (false, false)
        }
        if found.isFull { return continuation.resume(throwing: Self.full()) }
        if !found.isServed { Task { await self.serve(way) } }
      }
    } onGone: { [self] in
      let gone = state.withLock { state -> Waiting? in
        guard let place = state.lines[way]?.waiting.firstIndex(where: { $0.number == number })
        else { return nil }
        return state.lines[way]?.waiting.remove(at: place)
      }
      gone?.continuation.resume(throwing: CancellationError())
    }
  }

  private func serve(_ way: Way) async {
    while let batch = takeBatch(way) {
      let texts = batch.flatMap(\.texts)
      do {
        let vectors = try await room.encode(texts, pooling: way.pooling, by: way.model)
        state.withLock { state in
          state.batches += 1
          state.texts += texts.count
        }
        var start = 0
        for one in batch {
          one.continuation.resume(returning: Array(vectors[start..<start + one.texts.count]))
          start += one.texts.count
        }
      } catch {
        for one in batch { one.continuation.resume(throwing: error) }
      }
    }
  }

  /// Those that waited longest, as many as a batch takes; `nil`, and nobody serves any more, if none wait.
  private func takeBatch(_ way: Way) -> [Waiting]? {
    let (batch, late) = state.withLock { state -> ([Waiting]?, [Waiting]) in
      guard var line = state.lines[way] else { return (nil, []) }
      let now = ContinuousClock.now
      let late = line.waiting.filter { $0.until < now }
      line.waiting.removeAll { $0.until < now }
      var batch: [Waiting] = []
      var count = 0
      while let next = line.waiting.first,
        batch.isEmpty || count + next.texts.count <= Self.batchLimit
      {
        count += next.texts.count
        batch.append(next)
        line.waiting.removeFirst()
      }
      if batch.isEmpty {
        state.lines[way] = nil
        return (nil, late)
      }
      state.lines[way] = line
      return (batch, late)
    }
    for one in late {
      one.continuation.resume(
        throwing: Problem(.serviceUnavailable, "the model was busy for too long"))
    }
    return batch
  }
}

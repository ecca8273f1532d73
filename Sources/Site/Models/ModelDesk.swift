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
  static let patience = Duration.seconds(30)

  private struct Waiting {
    let number: Int
    let texts: [String]
    let continuation: CheckedContinuation<[[Float]], any Error>
  }

  private struct Way: Hashable {
    let model: ModelShelf.Model
    let pooling: SentenceEncoder.Pooling
  }

  private struct State {
    /// Those who wait for a way, which is served as long as it is here.
    var lines: [Way: [Waiting]] = [:]
    var next = 0
    var batches = 0
    var texts = 0
  }

  let room: ModelRoom
  /// One after the other: libtorch divides each piece of work over the processors itself.
  private let turns = WaitingLine(places: 1, limit: queueLimit)
  private let state = Mutex(State())

  init(_ room: ModelRoom) { self.room = room }

  /// How many requests wait, how many batches of texts there were so far, and how many texts they held.
  var figures: (waiting: Int, batches: Int, texts: Int) {
    let waiting = turns.load.waiting
    return state.withLock { state in
      (state.lines.values.reduce(waiting) { $0 + $1.count }, state.batches, state.texts)
    }
  }

  private static func full() -> Problem {
    Problem(
      .serviceUnavailable, "\(queueLimit) others wait already", fields: [.retryAfter: "1"])
  }

  /// Runs `body` with the models once it is this request's turn; its task is cancelled if the client leaves.
  func ask<Result: Sendable>(
    for request: SiteRequest,
    _ body: @escaping @Sendable (ModelRoom) async throws -> Result
  ) async throws -> Result {
    let room = room
    return try await turns.run(for: request.connection, waitingAtMost: Self.patience) {
      let task = Task { try await body(room) }
      return try await request.whileConnected {
        try await withTaskCancellationHandler {
          try await task.value
        } onCancel: {
          task.cancel()
        }
      } onGone: {
        task.cancel()
      }
    }
  }

  /// The vectors of `texts`, together with those of others.
  func encode(
    _ texts: [String], pooling: SentenceEncoder.Pooling, by model: ModelShelf.Model,
    for request: SiteRequest
  ) async throws -> [[Float]] {
    let way = Way(model: model, pooling: pooling)
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    let clock = Task { [self] in
      try await Task.sleep(for: Self.patience)
      give(
        up: number, of: way,
        Problem(
          .serviceUnavailable, "the model was busy for too long", fields: [.retryAfter: "5"]))
    }
    defer { clock.cancel() }
    return try await request.whileConnected {
      try await withCheckedThrowingContinuation { continuation in
        let found = state.withLock { state -> (isFull: Bool, isServed: Bool) in
          let isServed = state.lines[way] != nil
          if let line = state.lines[way], line.count >= Self.queueLimit { return (true, true) }
          state.lines[way, default: []].append(
            Waiting(number: number, texts: texts, continuation: continuation))
          return (false, isServed)
        }
        if found.isFull { return continuation.resume(throwing: Self.full()) }
        if !found.isServed { Task { await self.serve(way) } }
      }
    } onGone: { [self] in
      give(up: number, of: way, CancellationError())
    }
  }

  private func give(up number: Int, of way: Way, _ error: any Error) {
    let gone = state.withLock { state -> Waiting? in
      guard let place = state.lines[way]?.firstIndex(where: { $0.number == number })
      else { return nil }
      return state.lines[way]?.remove(at: place)
    }
    gone?.continuation.resume(throwing: error)
  }

  /// Serves those who wait for a way until none are left.
  private func serve(_ way: Way) async {
    var isServing = true
    while isServing {
      do {
        isServing = try await turns.run(for: nil, waitingAtMost: Self.patience) {
          guard let batch = takeBatch(way) else { return false }
          await answer(batch, way)
          return true
        }
      } catch {
        // No turn: nobody has to wait for one that does not come.
        let all = state.withLock { $0.lines.removeValue(forKey: way) ?? [] }
        for one in all { one.continuation.resume(throwing: error) }
        return
      }
    }
  }

  private func answer(_ batch: [Waiting], _ way: Way) async {
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

  /// Those that waited longest, as many as a batch takes; `nil`, and nobody serves any more, if none wait.
  private func takeBatch(_ way: Way) -> [Waiting]? {
    state.withLock { state -> [Waiting]? in
      guard let line = state.lines[way], !line.isEmpty else {
        state.lines[way] = nil
        return nil
      }
      var count = 0
      let batch = line.prefix { next in
        count += next.texts.count
        return count == next.texts.count || count <= Self.batchLimit
      }
      state.lines[way] = Array(line.dropFirst(batch.count))
      return Array(batch)
    }
  }
}

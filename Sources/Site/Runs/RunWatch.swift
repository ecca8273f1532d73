import Formats
import Foundation
import Synchronization
import Tracking

/// What the readers of a run's events share: the run is looked at a few times a second, however many there are.
final class RunWatch: Sendable {
  /// What stands in the run's folder, as it was found last.
  struct Sight: Sendable {
    /// Bytes of `metrics.jsonl`.
    var length = 0
    /// The run's state with the number of its samples; `nil` where there is no such run any more.
    var state: JSONValue?
  }

  private struct State {
    var sight = Sight()
    var looked: ContinuousClock.Instant?
    /// What was read last: most readers stand at the same place.
    var part: (start: Int, tail: MetricsTail, records: [(end: Int, line: String)])?
  }

  private static let interval = Duration.milliseconds(150)

  private let name: String
  private let folder: RunFolder
  private let look: @Sendable () -> JSONValue?
  private let state = Mutex(State())

  init(_ name: String, _ folder: RunFolder, look: @escaping @Sendable () -> JSONValue?) {
    self.name = name
    self.folder = folder
    self.look = look
  }

  var sight: Sight {
    state.withLock { state in
      let now = ContinuousClock.now
      if let looked = state.looked, now - looked < Self.interval { return state.sight }
      var status = stat()
      let length = stat(folder.metricsPath, &status) == 0 ? Int(status.st_size) : 0
      // While records come, they are what is told; the state follows them.
      if length == state.sight.length || state.looked == nil { state.sight.state = look() }
      state.sight.length = length
      state.looked = .now
      return state.sight
    }
  }

  /// The records that follow `tail`, some hundred at most; moves it behind them.
  func records(after tail: inout MetricsTail) -> [(end: Int, line: String)] {
    let (moved, records) = state.withLock { state in
      if let part = state.part, part.start == tail.offset, !part.records.isEmpty {
        return (part.tail, part.records)
      }
      var moved = tail
      let records = moved.next()
      state.part = (tail.offset, moved, records)
      return (moved, records)
    }
    tail = moved
    return records
  }
}

/// The watches of the runs that are being read.
final class RunWatches: Sendable {
  private struct Held {
    weak var watch: RunWatch?
  }

  private let held = Mutex<[String: Held]>([:])

  /// The watch of a run, the same for all who ask while one of them holds it.
  func watch(
    _ name: String, _ folder: RunFolder, look: @escaping @Sendable () -> JSONValue?
  ) -> RunWatch {
    held.withLock { held in
      if let watch = held[name]?.watch { return watch }
      held = held.filter { $0.value.watch != nil }
      let watch = RunWatch(name, folder, look: look)
      held[name] = Held(watch: watch)
      return watch
    }
  }
}

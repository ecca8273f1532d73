import Formats
import Tracking

/// What one reader of a run's events has seen.
actor RunFeed {
  /// Files are read on it, for all readers.
  private static let thread = OwnThread("danlu.feeds")
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    Self.thread.asUnownedSerialExecutor()
  }

  private let watch: RunWatch
  private var tail: MetricsTail
  private var state: JSONValue = .null
  private var isOver = false

  init(_ watch: RunWatch, _ folder: RunFolder, after offset: Int) {
    self.watch = watch
    tail = MetricsTail(folder, after: offset)
  }

  /// What is new; `nil` once the run is over and all is told.
  func next() -> [ServerEvent]? {
    let sight = watch.sight
    if sight.length < tail.offset {
      // A run that was resumed has dropped what its checkpoint does not know.
      tail = MetricsTail(tail)
      return [ServerEvent(name: "restart", data: "{}")]
    }
    if sight.length > tail.offset {
      let records = watch.records(after: &tail)
      if !records.isEmpty {
        return records.map { ServerEvent(id: "\($0.end)", name: "metrics", data: $0.line) }
      }
    }
    if isOver { return nil }
    // All records are told: the state after them.
    guard let now = sight.state else { return nil }
    let status = now["status"]?.stringValue
    if status != "running", status != "queued" { isOver = true }
    guard now != state else { return [] }
    state = now
    return [ServerEvent(name: "state", data: now.text())]
  }
}

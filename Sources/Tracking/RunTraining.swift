import Formats
import Messages

/// One training's part of a run: its metrics, under its name, and its checkpoints, in a folder of their
/// own. A run may hold several trainings, one after the other; the one without a name logs its metrics
/// as they are called and keeps its checkpoints in `checkpoints/` itself.
public struct RunTraining {
  public let run: Run
  public let name: String?

  public var checkpoints: CheckpointStore { run.folder.checkpoints(of: name) }

  /// The name under which a metric of this training stands in the run's records.
  public func qualified(_ metric: String) -> String { name.map { "\($0)/\(metric)" } ?? metric }

  /// Appends one record of metrics.
  public func log(_ values: [String: Double], step: Int) throws {
    guard name != nil else { return try run.log(values, step: step) }
    try run.log(
      Dictionary(uniqueKeysWithValues: values.map { (qualified($0.key), $0.value) }), step: step)
  }

  /// Makes the records so far durable, then the checkpoint of `step`, filled by `body` as
  /// `CheckpointStore` says. A resumed run begins with the records that were there then.
  @discardableResult
  public func commit(
    step: Int, note: JSONValue = [:], _ body: (_ folder: String) throws -> Void
  ) throws -> CheckpointStore.Checkpoint {
    try checkpoints.commit(step: step, note: note, records: run.synchronize(), body)
  }
}

extension Run {
  /// The training called `name`. Traps on a name that cannot be a folder's.
  public func training(named name: String? = nil) -> RunTraining {
    let isPlain = name.map { RunFolder.isTrainingName($0) } ?? true
    require(isPlain, "a training's name is letters, digits and - . _, received '\(name ?? "")'")
    return RunTraining(run: self, name: name)
  }
}

/// How many records a run had at some moment.
struct RecordCounts: Equatable {
  /// Lines of `metrics.jsonl`.
  var metrics = 0
  /// Events after the file's first, its version.
  var events = 0

  var json: JSONValue { ["metrics": .integer(metrics), "events": .integer(events)] }
}

extension RecordCounts {
  /// What a manifest says; nothing was written where it says nothing.
  init(_ manifest: JSONValue?) {
    self.init(
      metrics: manifest?["metrics"]?.integerValue ?? 0,
      events: manifest?["events"]?.integerValue ?? 0)
  }
}

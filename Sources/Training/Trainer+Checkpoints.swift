import Formats
import Layers
import Torch
import Tracking

/// What a checkpoint knows of the training itself, beside the parts: kept in its manifest.
struct TrainingRecord: Codable {
  struct Best: Codable {
    var value: Double
    var step: Int
  }

  var step = 0
  var best: Best?
  var validationsWithoutImprovement = 0
  var validatedStep: Int?
  /// Whether training is over before its last step.
  var isStopped = false
  /// The last logged figures. As JSON values, since validation may give NaN.
  private var metrics: [String: JSONValue] = [:]
  private var validation: [String: JSONValue] = [:]

  var metricValues: [String: Double] {
    get { metrics.compactMapValues(\.doubleValue) }
    set { metrics = newValue.mapValues { .number($0) } }
  }

  var validationValues: [String: Double] {
    get { validation.compactMapValues(\.doubleValue) }
    set { validation = newValue.mapValues { .number($0) } }
  }
}

/// The process-wide random generators that training on `device` draws from.
func randomGenerators(for device: Device) -> [(name: String, part: any Checkpointable)] {
  var generators: [(name: String, part: any Checkpointable)] = [
    ("random-cpu", RandomGenerator.shared(for: .cpu))
  ]
  if device.kind == .cuda {
    generators.append(("random-cuda", RandomGenerator.shared(for: device)))
  }
  return generators
}

extension Trainer {
  /// Puts the state of the best validated step back, weights and all.
  ///
  /// Throws `TrainingError` if there is none: without a run, or where nothing was monitored.
  public func restoreBest(_ task: some TrainingTask, _ outcome: Outcome) throws {
    guard let run, let best = outcome.best else {
      throw TrainingError(
        "there is no best checkpoint to go back to: \(run == nil ? "no run" : "no figure") was kept"
      )
    }
    let kept = run.folder.checkpoints.complete().first { $0.step == best.step }
    guard let kept else {
      throw TrainingError("\(run.folder.checkpointsPath) lacks the best step, \(best.step)")
    }
    try restore(task.checkpointed, from: kept)
  }

  func save(_ task: some TrainingTask, _ session: inout Session) throws {
    // Weights that are no numbers any more must not push good ones out.
    if !session.unread.isEmpty { _ = try read(&session) }
    guard let run, session.savedStep != session.record.step else { return }
    try run.synchronize()
    let store = run.folder.checkpoints
    let note = try JSONValue(encoding: session.record)
    try store.commit(step: session.record.step, note: note) { folder in
      for (name, part) in parts(task) {
        try part.checkpoint().write(to: "\(folder)/\(name).safetensors")
      }
    }
    session.savedStep = session.record.step
    let best = session.record.best?.step
    let disposable = store.complete().filter { $0.step != best }
    for checkpoint in disposable.dropLast(options.keptCheckpoints) { try store.remove(checkpoint) }
  }

  /// Goes to the run's latest checkpoint; `nil` if it has none.
  func resume(_ task: some TrainingTask) throws -> TrainingRecord? {
    guard let run, let checkpoint = run.folder.checkpoints.latest() else { return nil }
    guard let record = try? checkpoint.note.decoded(as: TrainingRecord.self) else {
      throw TrainingError("\(checkpoint.path)/manifest.json does not say how far training was")
    }
    try restore(parts(task), from: checkpoint)
    return record
  }

  private func restore(
    _ parts: [(name: String, part: any Checkpointable)], from checkpoint: CheckpointStore.Checkpoint
  ) throws {
    // All are read before the first is changed.
    let states = try parts.map {
      try NamedState(path: "\(checkpoint.path)/\($0.name).safetensors")
    }
    for ((name, part), state) in zip(parts, states) {
      do {
        try part.restore(state)
      } catch {
        throw TrainingError("cannot continue from \(checkpoint.path): \(name): \(error)")
      }
    }
  }

  private func parts(_ task: some TrainingTask) -> [(name: String, part: any Checkpointable)] {
    let ofCallbacks = callbacks.enumerated().compactMap { index, callback in
      (callback as? any Checkpointable).map { (name: "callback-\(index)", part: $0) }
    }
    return task.checkpointed + ofCallbacks + randomGenerators(for: options.device)
  }
}

import Formats
import Layers
import Messages
import Torch
import Tracking

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
  /// Throws `InputError` if there is none: without a run, or where nothing was monitored.
  public func restoreBest(_ task: some TrainingTask, _ outcome: Outcome) throws {
    guard let training, let best = outcome.best else {
      throw InputError(
        "there is no best checkpoint to go back to: no \(training == nil ? "run" : "figure") was kept"
      )
    }
    guard let kept = training.checkpoints.complete().first(where: { $0.step == best.step }) else {
      throw InputError("\(training.checkpoints.path) lacks the best step, \(best.step)")
    }
    try restore(task.checkpointed, from: kept)
  }

  func save(_ task: some TrainingTask, _ state: TrainingState) throws {
    // Weights that are no numbers any more must not push good ones out.
    if !state.unread.isEmpty { _ = try read(state) }
    guard let training, state.savedStep != state.step else { return }
    let record = try JSONValue(encoding: state.record)
    try training.commit(step: state.step, note: record) { folder in
      for (name, part) in parts(task) {
        try part.checkpoint().write(to: "\(folder)/\(name).safetensors")
      }
    }
    state.savedStep = state.step
    let store = training.checkpoints
    let disposable = store.complete().filter { $0.step != state.best?.step }
    for checkpoint in disposable.dropLast(options.keptCheckpoints) { try store.remove(checkpoint) }
  }

  /// Goes to the training's latest checkpoint; `nil` if it has none.
  func resume(_ task: some TrainingTask) throws -> TrainingState.Record? {
    guard let checkpoint = training?.checkpoints.latest() else { return nil }
    guard let record = try? checkpoint.note.decoded(as: TrainingState.Record.self) else {
      throw InputError("\(checkpoint.path)/manifest.json does not say how far training was")
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
        throw InputError("cannot continue from \(checkpoint.path): \(name): \(error)")
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

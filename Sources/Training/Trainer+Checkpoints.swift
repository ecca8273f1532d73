import Distributed
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
  /// Puts the state of the best validated step back, weights and all: from the run's checkpoints or,
  /// without a run, from memory.
  ///
  /// Throws `InputError` if there is none, since nothing was monitored.
  public func restoreBest(_ task: some TrainingTask, _ outcome: Outcome) throws {
    guard let best = outcome.best else {
      throw InputError("there is no best checkpoint to go back to: no figure was monitored")
    }
    guard let training else {
      guard let kept = bestInMemory, kept.step == best.step else {
        throw InputError(
          "there is no best checkpoint to go back to: this trainer keeps none of step \(best.step)")
      }
      return try restore(task.checkpointed, from: kept.states, "the best step, \(best.step)")
    }
    let ranks = RankedTraining(task, options)
    if ranks.isRoot {
      guard let kept = training.checkpoints.complete().first(where: { $0.step == best.step }) else {
        throw InputError("\(training.checkpoints.path) lacks the best step, \(best.step)")
      }
      try restore(task.checkpointed, from: kept)
    }
    try ranks.share(task.checkpointed)
  }

  func save(
    _ task: some TrainingTask, _ state: TrainingState, _ ranks: RankedTraining
  ) throws {
    // Weights that are no numbers any more must not push good ones out.
    if !state.unread.isEmpty { _ = try read(state) }
    guard state.savedStep != state.step else { return }
    let parts = try parts(task).map { (name: $0.name, state: try ranks.checkpoint(of: $0.part)) }
    for (name, part) in parts {
      guard let bad = part.firstTensorThatIsNotFinite else { continue }
      throw diverged("'\(bad)' of the \(name) is not finite", state)
    }
    guard let training else { return }
    state.savedStep = state.step
    guard ranks.isRoot else { return }
    let record = try JSONValue(encoding: state.record)
    try training.commit(step: state.step, note: record) { folder in
      for (name, part) in parts { try part.write(to: "\(folder)/\(name).safetensors") }
    }
    let store = training.checkpoints
    let disposable = store.complete().filter { $0.step != state.best?.step }
    for checkpoint in disposable.dropLast(options.keptCheckpoints) { try store.remove(checkpoint) }
  }

  /// Goes to the training's latest checkpoint; `nil` if it has none. Changes nothing where it throws.
  func resume(_ task: some TrainingTask) throws -> TrainingState.Record? {
    guard let checkpoint = training?.checkpoints.latest() else { return nil }
    let refusal = "cannot continue from \(checkpoint.path): "
    if checkpoint.note["format"]?.integerValue != TrainingState.Record.currentFormat {
      throw InputError(
        refusal + "it was written by another version of Danlu, in format "
          + "\(checkpoint.note["format"]?.integerValue ?? 1); this one reads format "
          + "\(TrainingState.Record.currentFormat)")
    }
    guard let record = try? checkpoint.note.decoded(as: TrainingState.Record.self) else {
      throw InputError("\(checkpoint.path)/manifest.json does not say how far training was")
    }
    let identity = identity(of: task)
    let changed = Set(record.identity.keys).union(identity.keys).sorted().filter {
      record.identity[$0] != identity[$0]
    }
    guard changed.isEmpty else {
      let list = changed.map {
        "\($0) was \(record.identity[$0] ?? "unknown"), is now \(identity[$0] ?? "unknown")"
      }
      throw InputError(refusal + list.joined(separator: "; "))
    }
    let parts = parts(task)
    let kept = try Folder.names(in: checkpoint.path).filter { $0.hasSuffix(".safetensors") }
      .map { String($0.dropLast(12)) }
    let names = parts.map(\.name)
    // A resumed training may be on another device, whose generator begins anew.
    let lacking = names.filter { !kept.contains($0) && !$0.hasPrefix("random-") }
    let extra = kept.filter { !names.contains($0) && !$0.hasPrefix("random-") }
    guard lacking.isEmpty, extra.isEmpty else {
      let problems =
        lacking.map { "it holds no state of the \(Self.spelled($0))" }
        + extra.map { "it holds a state of the \(Self.spelled($0)), which this training lacks" }
      throw InputError(refusal + problems.joined(separator: "; "))
    }
    try restore(parts.filter { kept.contains($0.name) }, from: checkpoint)
    return record
  }

  /// What must be the same when a training is resumed, beside what its parts see to.
  func identity(of task: some TrainingTask) -> [String: String] {
    ["batches per update": "\(task.batchesPerUpdate)"]
  }

  private static func spelled(_ part: String) -> String {
    part.hasPrefix(callbackPrefix)
      ? "callback '\(part.dropFirst(callbackPrefix.count))'" : part
  }

  private func restore(
    _ parts: [(name: String, part: any Checkpointable)], from checkpoint: CheckpointStore.Checkpoint
  ) throws {
    // All are read before the first is changed.
    let states = try parts.map {
      (name: $0.name, state: try NamedState(path: "\(checkpoint.path)/\($0.name).safetensors"))
    }
    try restore(parts, from: states, checkpoint.path)
  }

  /// All parts or none: where one refuses its state, those before it get back what they had.
  private func restore(
    _ parts: [(name: String, part: any Checkpointable)],
    from states: [(name: String, state: NamedState)], _ origin: String
  ) throws {
    var changed: [(part: any Checkpointable, before: NamedState)] = []
    for ((name, part), (_, state)) in zip(parts, states) {
      do {
        changed.append((part, part.checkpoint().copied()))
        try part.restore(state)
      } catch {
        // The one that refused has changed nothing; it may refuse once more.
        for (part, before) in changed.reversed() { try? part.restore(before) }
        throw InputError("cannot continue from \(origin): \(Self.spelled(name)): \(error)")
      }
    }
  }

  private static let callbackPrefix = "callback-"

  func parts(_ task: some TrainingTask) -> [(name: String, part: any Checkpointable)] {
    let ofCallbacks = callbacks.compactMap { callback in
      (callback as? any Checkpointable).map {
        (name: Self.callbackPrefix + callback.name, part: $0)
      }
    }
    return task.checkpointed + ofCallbacks + randomGenerators(for: options.device)
  }

  /// Refuses names that two callbacks with a state share, and such as cannot be a file's.
  func checkCallbackNames() throws {
    var seen: Set<String> = []
    for callback in callbacks where callback is any Checkpointable {
      let name = callback.name
      guard name.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil else {
        throw InputError(
          "a callback's name is letters, digits and - . _, received '\(name)'; a `name` of its own would "
            + "work")
      }
      guard seen.insert(name).inserted else {
        throw InputError(
          "two callbacks with a state are called '\(name)'; names of their own tell them apart in a "
            + "checkpoint")
      }
    }
  }
}

extension NamedState {
  /// The name of a tensor that holds NaN or an infinity.
  fileprivate var firstTensorThatIsNotFinite: String? {
    withoutGradients {
      tensors.sorted { $0.key < $1.key }.first { _, tensor in
        tensor.dtype.isFloatingPoint && tensor.count > 0
          && tensor.isFinite().all().item() == 0
      }?.key
    }
  }
}

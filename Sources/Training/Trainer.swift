import Formats
import Foundation
import Parallel
import Torch
import Tracking

/// Runs a `TrainingTask`: steps, figures, validation, checkpoints, early stopping, interruption and
/// exact resumption.
///
/// With a `Run` it writes that run's folder, and begins at the run's latest checkpoint if there is
/// one; without, it only trains. On the CPU with the same number of threads an interrupted and resumed
/// run has the same weights, bit for bit, as an uninterrupted one.
public final class Trainer {
  public let options: TrainingOptions
  private let run: Run?
  private let callbacks: [any Callback]
  private let progress: any ProgressReporter
  private let cancellation: Cancellation

  public init(
    _ options: TrainingOptions, run: Run? = nil, callbacks: [any Callback] = [],
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation = Cancellation()
  ) {
    self.options = options
    // The debugging switches and all ranks but the first leave no traces.
    self.run = options.dryRun || options.overfitsOneBatch || options.rank != 0 ? nil : run
    self.callbacks = callbacks
    self.progress = progress
    self.cancellation = cancellation
  }

  /// What training came to.
  public struct Outcome: Sendable {
    /// Updates done in all.
    public var steps: Int
    /// The step that this call began at: above 0 after a resume.
    public var firstStep: Int
    /// The figures of the last logged step.
    public var metrics: [String: Double]
    /// The figures of the last validation.
    public var validation: [String: Double]
    /// The monitored figure's best value and its step.
    public var best: (value: Double, step: Int)?
    public var stoppedEarly: Bool
    /// Seconds spent in this call.
    public var seconds: Double
    /// What the forward pass computed in, and why.
    public var precision: String
  }

  /// Trains to `options.steps` updates.
  ///
  /// Throws `Cancelled` when interrupted (after a checkpoint, if there is a run), `TrainingError` when
  /// a figure stops being finite or when the run's checkpoint is of another model, `FileError` when the
  /// run's folder cannot be written.
  public func fit(_ task: some TrainingTask) throws -> Outcome {
    let (autocastType, reason) = options.precision.choice(for: options.device)
    let scope = StepScope(device: options.device, autocastType: autocastType)
    var session = Session(
      outcome: Outcome(
        steps: 0, firstStep: 0, metrics: [:], validation: [:], best: nil, stoppedEarly: false,
        seconds: 0, precision: reason))
    try resume(task, &session)
    let state = TrainingState(step: session.outcome.steps, steps: lastStep)
    let started = ContinuousClock.now
    progress.begin("training", total: max(0, lastStep - state.step), unit: "steps")
    defer { progress.end() }
    for callback in callbacks { try callback.trainingWillBegin(state) }

    let onlyBatch = options.overfitsOneBatch ? try task.nextBatch() : nil
    while state.step < lastStep, !state.shouldStop {
      for callback in callbacks { try callback.updateWillBegin(state) }
      let batch = try onlyBatch ?? task.nextBatch()
      let figures = try task.update(batch, step: state.step, scope)
      state.step += 1
      session.outcome.steps = state.step
      try account(figures, state, &session)

      if let interval = options.validationInterval, state.step % interval == 0 || options.dryRun {
        try validate(task, scope, state, &session)
      }
      let seconds = (ContinuousClock.now - started) / .seconds(1)
      if let limit = options.maximumSeconds, seconds >= limit { state.shouldStop = true }
      if cancellation.isCancelled {
        try save(task, state.step, &session)
        throw Cancelled()
      }
      if let interval = options.checkpointInterval, state.step % interval == 0 {
        try save(task, state.step, &session)
      }
    }
    if options.validationInterval != nil, session.validatedStep != state.step, state.step > 0 {
      try validate(task, scope, state, &session)
    }
    if session.outcome.firstStep < state.step { try save(task, state.step, &session) }
    for callback in callbacks { try callback.trainingDidEnd(state) }
    session.outcome.stoppedEarly = state.step < lastStep
    session.outcome.seconds = (ContinuousClock.now - started) / .seconds(1)
    return session.outcome
  }

  /// Puts the weights of the best validated step back; does nothing if nothing was monitored.
  public func restoreBest(_ task: some TrainingTask, _ outcome: Outcome) throws {
    guard let run, let best = outcome.best,
      let checkpoint = run.folder.checkpoints.complete().first(where: { $0.step == best.step })
    else { return }
    for (name, part) in task.checkpointed {
      try part.restore(CheckpointFolder.read(part: name, from: checkpoint.path))
    }
  }

  private var lastStep: Int { options.dryRun ? min(1, options.steps) : options.steps }

  /// What `fit` keeps from step to step.
  private struct Session {
    var outcome: Outcome
    var validatedStep: Int?
    var validationsWithoutImprovement = 0
    var savedStep: Int?
  }

  // MARK: - Figures

  private func account(
    _ figures: [String: Tensor], _ state: TrainingState, _ session: inout Session
  ) throws {
    // Reading a figure waits for a GPU, so there only logged steps are looked at.
    let isLogged = state.step % options.logInterval == 0 || state.step == lastStep
    guard isLogged || options.device.kind == .cpu else {
      progress.advance(by: 1)
      for callback in callbacks { try callback.updateDidEnd(state, metrics: [:]) }
      return
    }
    let values = figures.mapValues { $0.item() }
    if let bad = values.filter({ !$0.value.isFinite }).min(by: { $0.key < $1.key }) {
      let last = session.savedStep.map { "; the checkpoint of step \($0) is still good" } ?? ""
      throw TrainingError(
        "\(bad.key) became \(bad.value) at step \(state.step)\(last); a lower learning rate, "
          + "gradient clipping or --precision fp32 may help")
    }
    if isLogged {
      session.outcome.metrics = values
      try run?.log(values, step: state.step)
    }
    let note = values.sorted { $0.key < $1.key }.prefix(3)
      .map { "\($0.key) \(String(format: "%.4g", $0.value))" }
    progress.advance(by: 1, note: note.joined(separator: "  "))
    for callback in callbacks {
      try callback.updateDidEnd(state, metrics: isLogged ? values : [:])
    }
  }

  private func validate(
    _ task: some TrainingTask, _ scope: StepScope, _ state: TrainingState,
    _ session: inout Session
  ) throws {
    let values = try task.validate(scope)
    session.validatedStep = state.step
    session.outcome.validation = values
    guard !values.isEmpty else { return }
    try run?.log(values, step: state.step)
    for callback in callbacks { try callback.validationDidEnd(state, metrics: values) }
    guard let monitor = options.monitor else { return }
    guard let value = values[monitor.metric] else {
      throw TrainingError(
        "the monitored figure '\(monitor.metric)' is not among those of validation: "
          + values.keys.sorted().joined(separator: ", "))
    }
    if monitor.isBetter(value, than: session.outcome.best?.value) {
      session.outcome.best = (value, state.step)
      session.validationsWithoutImprovement = 0
      try save(task, state.step, &session)
    } else {
      session.validationsWithoutImprovement += 1
      if let patience = monitor.patience, session.validationsWithoutImprovement > patience {
        state.shouldStop = true
      }
    }
  }

  // MARK: - Checkpoints

  private func parts(_ task: some TrainingTask) -> [(name: String, part: any Checkpointable)] {
    let ofCallbacks = callbacks.enumerated().compactMap { index, callback in
      (callback as? any Checkpointable).map { (name: "callback-\(index)", part: $0) }
    }
    var random: [(name: String, part: any Checkpointable)] = [
      ("random-cpu", Generator.shared(for: .cpu))
    ]
    if options.device.kind == .cuda {
      random.append(("random-cuda", Generator.shared(for: options.device)))
    }
    return task.checkpointed + ofCallbacks + random
  }

  private func save(_ task: some TrainingTask, _ step: Int, _ session: inout Session) throws {
    guard let run, session.savedStep != step else { return }
    try run.synchronize()
    let best: JSONValue =
      session.outcome.best.map {
        ["value": .number($0.value), "step": .integer($0.step)]
      } ?? .null
    let note: JSONValue = [
      "best": best,
      "validationsWithoutImprovement": .integer(session.validationsWithoutImprovement),
    ]
    let store = run.folder.checkpoints
    try store.commit(step: step, note: note) { folder in
      for (name, part) in parts(task) {
        try CheckpointFolder.write(part.checkpoint(), part: name, to: folder)
      }
    }
    session.savedStep = step
    let disposable = store.complete().filter { $0.step != session.outcome.best?.step }
    for checkpoint in disposable.dropLast(options.keptCheckpoints) { try store.remove(checkpoint) }
  }

  private func resume(_ task: some TrainingTask, _ session: inout Session) throws {
    guard let run, let checkpoint = run.folder.checkpoints.latest() else { return }
    for (name, part) in parts(task) {
      try part.restore(CheckpointFolder.read(part: name, from: checkpoint.path))
    }
    session.outcome.steps = checkpoint.step
    session.outcome.firstStep = checkpoint.step
    session.savedStep = checkpoint.step
    if let best = checkpoint.note["best"], let value = best["value"]?.doubleValue,
      let step = best["step"]?.integerValue
    {
      session.outcome.best = (value, step)
    }
    session.validationsWithoutImprovement =
      checkpoint.note["validationsWithoutImprovement"]?.integerValue ?? 0
  }
}

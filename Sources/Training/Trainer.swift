import Foundation
import Messages
import Parallel
import Torch
import Tracking

/// Runs a task's updates: figures, callbacks, validation, checkpoints, early stopping, interruption and
/// exact resumption.
///
/// With a `Run` it writes that run's folder, and begins at the latest checkpoint that the run has of
/// this training; without, it only trains. A run holds as many trainings as have names of their own,
/// and a finished one is loaded instead of repeated. On the CPU with the same number of threads an
/// interrupted and resumed training has the same weights, bit for bit, as an uninterrupted one.
public final class Trainer {
  public let options: TrainingOptions
  let training: RunTraining?
  let callbacks: [any Callback]
  private let work: Work

  /// - Parameter name: Tells this training from others of the same run: its metrics are logged as
  ///   `name/…`, its checkpoints stand in `checkpoints/name/`.
  public init(
    _ options: TrainingOptions, run: Run? = nil, named name: String? = nil,
    callbacks: [any Callback] = [], work: Work = .silent
  ) {
    self.options = options
    // The debugging switches leave no traces.
    training = options.dryRun || options.overfitsOneBatch ? nil : run?.training(named: name)
    self.callbacks = callbacks
    self.work = work
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
  /// Throws `Cancelled` when interrupted (after a checkpoint, if there is a run), `InputError` when
  /// a figure stops being finite or when the run's checkpoint is of another model, `FileError` when the
  /// run's folder cannot be written.
  public func fit(_ task: some TrainingTask) throws -> Outcome {
    let (autocastType, reason) = options.precision.choice(for: options.device)
    let scope = StepScope(device: options.device, autocastType: autocastType)
    let state = TrainingState(
      try resume(task) ?? .init(), steps: lastStep, stepsPerEpoch: task.stepsPerEpoch)
    work.note("precision: \(reason)")
    if state.firstStep > 0 { work.note("continuing after step \(state.firstStep)") }
    for callback in callbacks { try callback.trainingWillBegin(state) }
    let remaining = max(0, lastStep - state.firstStep)
    let phase = training?.name.map { "training \($0)" } ?? "training"
    try work.phase(phase, of: remaining, unit: "steps") { phase in
      try train(task, state, scope, phase)
    }
    if options.validationInterval != nil, state.record.validatedStep != state.step, state.step > 0 {
      try validate(task, scope, state)
    }
    if state.step > state.firstStep { try save(task, state) }
    for callback in callbacks { try callback.trainingDidEnd(state) }
    return Outcome(
      steps: state.step, firstStep: state.firstStep, metrics: state.metrics,
      validation: state.validation, best: state.best, stoppedEarly: state.step < lastStep,
      seconds: state.seconds, precision: reason)
  }

  private var lastStep: Int { options.dryRun ? min(1, options.steps) : options.steps }

  private func train(
    _ task: some TrainingTask, _ state: TrainingState, _ scope: StepScope, _ phase: Work.Phase
  ) throws {
    let onlyBatch = options.overfitsOneBatch ? try task.nextBatch() : nil
    while state.step < lastStep, !state.shouldStop {
      if phase.isCancelled {
        try save(task, state)
        throw Cancelled()
      }
      if let limit = options.maximumSeconds, state.seconds >= limit { return }
      for callback in callbacks { try callback.updateWillBegin(state) }
      let batch = try onlyBatch ?? task.nextBatch()
      let figures = try task.update(batch, step: state.step, scope)
      state.record.step += 1
      try account(figures, state, phase)
      if let interval = options.validationInterval, state.step % interval == 0 || options.dryRun {
        try validate(task, scope, state)
      }
      if let interval = options.checkpointInterval, state.step % interval == 0 {
        try save(task, state)
      }
    }
  }

  // MARK: - Figures

  private func account(
    _ figures: [String: Tensor], _ state: TrainingState, _ phase: Work.Phase
  ) throws {
    state.unread = figures
    let isLogged = state.step % options.logInterval == 0 || state.step == lastStep
    var values: [String: Double] = [:]
    var note: String?
    // Reading a figure waits for a GPU, so there only logged steps are looked at.
    if isLogged || options.device.kind == .cpu {
      values = try read(state)
      if state.isNoteDue() || state.step == lastStep {
        note = values.sorted { $0.key < $1.key }.prefix(3)
          .map { "\($0.key) \(String(format: "%.4g", $0.value))" }.joined(separator: "  ")
      }
    }
    if isLogged {
      state.record.metrics = values.mapValues { .number($0) }
      try training?.log(values, step: state.step)
    }
    // An interruption is heard between updates, where a checkpoint can be made.
    phase.report(note: note)
    for callback in callbacks {
      try callback.updateDidEnd(state, metrics: isLogged ? values : [:])
    }
  }

  /// The figures of the last update. Throws if one is not a finite number.
  func read(_ state: TrainingState) throws -> [String: Double] {
    let values = state.unread.mapValues { $0.item() }
    state.unread = [:]
    guard let bad = values.filter({ !$0.value.isFinite }).min(by: { $0.key < $1.key }) else {
      return values
    }
    let last = state.savedStep.map { "; the checkpoint of step \($0) is still good" } ?? ""
    throw InputError(
      "\(bad.key) became \(bad.value) at step \(state.step)\(last); a lower learning rate, "
        + "gradient clipping or precision fp32 may help")
  }

  private func validate(
    _ task: some TrainingTask, _ scope: StepScope, _ state: TrainingState
  ) throws {
    let values = try task.validate(scope)
    state.record.validatedStep = state.step
    state.record.validation = values.mapValues { .number($0) }
    guard !values.isEmpty else { return }
    try training?.log(values, step: state.step)
    for callback in callbacks { try callback.validationDidEnd(state, metrics: values) }
    guard let monitor = options.monitor else { return }
    guard let value = values[monitor.metric] else {
      throw InputError(
        "the monitored figure '\(monitor.metric)' is not among those of validation: "
          + values.keys.sorted().joined(separator: ", "))
    }
    if monitor.isBetter(value, than: state.best?.value) {
      state.record.best = .init(value: value, step: state.step)
      state.record.validationsWithoutImprovement = 0
      try save(task, state)
    } else {
      state.record.validationsWithoutImprovement += 1
      if let patience = monitor.patience, state.record.validationsWithoutImprovement >= patience {
        state.shouldStop = true
      }
    }
  }
}

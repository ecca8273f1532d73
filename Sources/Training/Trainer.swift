import Foundation
import Messages
import Parallel
import Torch
import Tracking

/// Runs a task's updates: figures, callbacks, validation, checkpoints, early stopping, interruption and
/// exact resumption.
///
/// With a `Run` it writes that run's folder, and begins at the run's latest checkpoint if there is
/// one; without, it only trains. On the CPU with the same number of threads an interrupted and resumed
/// run has the same weights, bit for bit, as an uninterrupted one.
///
/// One run holds the checkpoints of one training: whoever trains several models gives the run to one
/// of their trainers.
public final class Trainer {
  public let options: TrainingOptions
  let run: Run?
  let callbacks: [any Callback]
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
    var session = Session(record: try resume(task) ?? TrainingRecord())
    let firstStep = session.record.step
    let state = TrainingState(step: firstStep, steps: lastStep, stepsPerEpoch: task.stepsPerEpoch)
    state.shouldStop = session.record.isStopped
    progress.note("precision: \(reason)")
    if firstStep > 0 { progress.note("continuing after step \(firstStep)") }
    progress.begin("training", total: max(0, lastStep - firstStep), unit: "steps")
    defer { progress.end() }
    for callback in callbacks { try callback.trainingWillBegin(state) }

    let onlyBatch = options.overfitsOneBatch ? try task.nextBatch() : nil
    while state.step < lastStep, !state.shouldStop {
      if cancellation.isCancelled {
        try save(task, &session)
        throw Cancelled()
      }
      if let limit = options.maximumSeconds, session.seconds >= limit { break }
      for callback in callbacks { try callback.updateWillBegin(state) }
      let batch = try onlyBatch ?? task.nextBatch()
      let figures = try task.update(batch, step: state.step, scope)
      state.step += 1
      session.record.step = state.step
      try account(figures, state, &session)
      if let interval = options.validationInterval, state.step % interval == 0 || options.dryRun {
        try validate(task, scope, state, &session)
      }
      session.record.isStopped = state.shouldStop
      if let interval = options.checkpointInterval, state.step % interval == 0 {
        try save(task, &session)
      }
    }
    let isValidated = session.record.validatedStep == state.step
    if options.validationInterval != nil, !isValidated, state.step > 0 {
      try validate(task, scope, state, &session)
    }
    if state.step > firstStep { try save(task, &session) }
    for callback in callbacks { try callback.trainingDidEnd(state) }
    return Outcome(
      steps: state.step, firstStep: firstStep, metrics: session.record.metricValues,
      validation: session.record.validationValues,
      best: session.record.best.map { ($0.value, $0.step) },
      stoppedEarly: state.step < lastStep, seconds: session.seconds, precision: reason)
  }

  private var lastStep: Int { options.dryRun ? min(1, options.steps) : options.steps }

  /// What `fit` keeps from step to step.
  struct Session {
    var record: TrainingRecord
    /// The step of the checkpoint that is on disk.
    var savedStep: Int?
    /// The latest figures, where they have not been looked at.
    var unread: [String: Tensor] = [:]
    private let started = ContinuousClock.now
    private var noted = ContinuousClock.now

    init(record: TrainingRecord) {
      self.record = record
      savedStep = record.step > 0 ? record.step : nil
    }

    var seconds: Double { (ContinuousClock.now - started) / .seconds(1) }

    /// Whether it is time to word the figures for people again: doing it at every step would cost
    /// more than small updates.
    mutating func isNoteDue() -> Bool {
      let now = ContinuousClock.now
      guard now - noted >= .milliseconds(100) else { return false }
      noted = now
      return true
    }
  }

  // MARK: - Figures

  private func account(
    _ figures: [String: Tensor], _ state: TrainingState, _ session: inout Session
  ) throws {
    session.unread = figures
    let isLogged = state.step % options.logInterval == 0 || state.step == lastStep
    var values: [String: Double] = [:]
    var note: String?
    // Reading a figure waits for a GPU, so there only logged steps are looked at.
    if isLogged || options.device.kind == .cpu {
      values = try read(&session)
      if session.isNoteDue() || state.step == lastStep {
        note = values.sorted { $0.key < $1.key }.prefix(3)
          .map { "\($0.key) \(String(format: "%.4g", $0.value))" }.joined(separator: "  ")
      }
    }
    if isLogged {
      session.record.metricValues = values
      try run?.log(values, step: state.step)
    }
    progress.advance(by: 1, note: note)
    for callback in callbacks {
      try callback.updateDidEnd(state, metrics: isLogged ? values : [:])
    }
  }

  /// The figures of the last update. Throws if one is not a finite number.
  func read(_ session: inout Session) throws -> [String: Double] {
    let values = session.unread.mapValues { $0.item() }
    session.unread = [:]
    guard let bad = values.filter({ !$0.value.isFinite }).min(by: { $0.key < $1.key }) else {
      return values
    }
    let last = session.savedStep.map { "; the checkpoint of step \($0) is still good" } ?? ""
    throw TrainingError(
      "\(bad.key) became \(bad.value) at step \(session.record.step)\(last); a lower learning rate, "
        + "gradient clipping or precision fp32 may help")
  }

  private func validate(
    _ task: some TrainingTask, _ scope: StepScope, _ state: TrainingState,
    _ session: inout Session
  ) throws {
    let values = try task.validate(scope)
    session.record.validatedStep = state.step
    session.record.validationValues = values
    guard !values.isEmpty else { return }
    try run?.log(values, step: state.step)
    for callback in callbacks { try callback.validationDidEnd(state, metrics: values) }
    guard let monitor = options.monitor else { return }
    guard let value = values[monitor.metric] else {
      throw TrainingError(
        "the monitored figure '\(monitor.metric)' is not among those of validation: "
          + values.keys.sorted().joined(separator: ", "))
    }
    if monitor.isBetter(value, than: session.record.best?.value) {
      session.record.best = .init(value: value, step: state.step)
      session.record.validationsWithoutImprovement = 0
      session.record.isStopped = state.shouldStop
      try save(task, &session)
    } else {
      session.record.validationsWithoutImprovement += 1
      if let patience = monitor.patience, session.record.validationsWithoutImprovement >= patience {
        state.shouldStop = true
      }
    }
  }
}

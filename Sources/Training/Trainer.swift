import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Torch
import Tracking

/// Runs a task's updates: figures, callbacks, validation, checkpoints, early stopping, interruption and
/// exact resumption.
///
/// Where several ranks were started together (`Communicator.world`), each computes its part of every batch; the result
/// is that of one process with the same batches, but for rounding and for what passes draw at random. Rank 0 keeps the
/// checkpoints.
///
/// With a `Run` it writes that run's folder, and begins at the latest checkpoint that the run has of
/// this training; without, it only trains. A run holds as many trainings as have names of their own,
/// and a finished one is loaded instead of repeated. On the CPU with the same number of threads an
/// interrupted and resumed training has the same weights, bit for bit, as an uninterrupted one.
/// Keras: `fit`; Lightning: `Trainer`.
public final class Trainer {
  public let options: TrainingOptions
  let training: RunTraining?
  /// The debugging switches leave no traces.
  private let keepsNothing: Bool
  let callbacks: [any Callback]
  /// The best state, where no run keeps it on disk.
  var bestInMemory: (step: Int, states: [(name: String, state: NamedState)])?
  private let work: Work

  /// - Parameter name: Tells this training from others of the same run: its metrics are logged as
  ///   `name/…`, its checkpoints stand in `checkpoints/name/`.
  public init(
    _ options: TrainingOptions, run: Run? = nil, named name: String? = nil,
    callbacks: [any Callback] = [], work: Work = .silent
  ) {
    self.options = options
    keepsNothing = options.dryRun || options.overfitsOneBatch
    training = keepsNothing ? nil : run?.training(named: name)
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

  /// Trains to `options.length`, then puts the models' modes back to what they were.
  ///
  /// A model in inference mode is put into training mode; of one in training mode, parts that were put
  /// into inference mode stay in it.
  ///
  /// Throws `Cancelled` when interrupted (after a checkpoint, if there is a run); `InputError` before
  /// anything is changed if the options, the callbacks or the run's checkpoint do not fit the task, or
  /// when a figure or a state stops being finite; `FileError` when the run's folder cannot be written.
  public func fit(_ task: some TrainingTask) throws -> Outcome {
    let (autocastType, reason) = options.precision.choice(for: options.device)
    let scope = StepScope(device: options.device, autocastType: autocastType)
    try check(task)
    var plan = try Plan(options, task)
    let ranks = RankedTraining(task, options)
    try ranks.agree(options)
    let record = try ranks.fromRoot { try resume(task) ?? .init() }
    try ranks.share(parts(task))
    ranks.begin()
    defer { ranks.end() }
    plan.go(on: record, batchesPerUpdate: task.batchesPerUpdate)
    let state = TrainingState(
      record, steps: plan.steps, batchesPerEpoch: task.batchesPerEpoch)
    state.record.identity = identity(of: task)
    let models = task.checkpointed.compactMap { $0.part as? Module }
    let before = ModuleModes(models)
    defer { before.restore() }
    for model in models where !model.isTraining { model.train() }
    work.note("precision: \(reason)")
    if state.firstStep > 0 { work.note("continuing after step \(state.firstStep)") }
    for callback in callbacks { try callback.trainingWillBegin(state) }
    let remaining = max(0, plan.steps - state.firstStep)
    let phase = training?.name.map { "training \($0)" } ?? "training"
    try work.phase(phase, of: remaining, unit: "steps") { phase in
      try train(task, state, plan, scope, ModuleModes(models), phase, ranks)
    }
    if options.validationInterval != nil, state.record.validatedStep != state.step, state.step > 0 {
      try validate(task, scope, state, ranks)
    }
    try ranks.shareStatistics(of: models)
    if state.step > state.firstStep { try save(task, state, ranks) }
    try ranks.collect()
    for callback in callbacks { try callback.trainingDidEnd(state) }
    return Outcome(
      steps: state.step, firstStep: state.firstStep, metrics: state.metrics,
      validation: state.validation, best: state.best, stoppedEarly: state.step < plan.steps,
      seconds: state.seconds, precision: reason)
  }

  /// The options in updates.
  private struct Plan {
    private(set) var steps: Int
    /// Batches in all, where the length is in epochs: the last update ends with them.
    let batches: Int?
    let validation: Int?
    let checkpoint: Int?
    private let isDry: Bool

    /// Throws `InputError` where epochs are asked for and the task has none.
    init(_ options: TrainingOptions, _ task: some TrainingTask) throws {
      func batches(_ epochs: Int) throws -> Int {
        guard let perEpoch = task.batchesPerEpoch else {
          throw InputError(
            "\(epochs) epochs were asked for, but how many batches an epoch has is not known; "
              + "a number of steps would work")
        }
        return epochs * perEpoch
      }
      func steps(_ length: TrainingLength?) throws -> Int? {
        switch length {
        case .steps(let count): return count
        case .epochs(let count):
          return try (batches(count) + task.batchesPerUpdate - 1) / task.batchesPerUpdate
        case nil: return nil
        }
      }
      let whole = try steps(options.length) ?? 0
      self.steps = options.dryRun ? min(1, whole) : whole
      if case .epochs(let count) = options.length {
        self.batches = try batches(count)
      } else {
        self.batches = nil
      }
      validation = try steps(options.validationInterval)
      checkpoint = try steps(options.checkpointInterval)
      isDry = options.dryRun
    }

    /// Counts the updates that the batches left will make: a window closed at the end of a shorter
    /// training had fewer than others.
    mutating func go(on record: TrainingState.Record, batchesPerUpdate: Int) {
      guard let batches, !isDry else { return }
      let left = max(0, batches - record.batches)
      steps = record.step + (left + batchesPerUpdate - 1) / batchesPerUpdate
    }
  }

  /// Refuses what could not come out right.
  private func check(_ task: some TrainingTask) throws {
    for (name, part) in task.checkpointed {
      guard let optimizer = part as? Optimizer else { continue }
      guard optimizer.parameters.contains(where: \.isTrainable) else {
        throw InputError("all \(optimizer.parameters.count) parameters of the \(name) are frozen")
      }
    }
    try checkCallbackNames()
    if options.checkpointInterval != nil, !keepsNothing, training == nil {
      throw InputError(
        "a `checkpointInterval` was given, but there is no run to keep checkpoints; a run, or no interval, "
          + "would work")
    }
    guard let monitor = options.monitor else {
      guard options.validationInterval != nil, task.validationFigures?.isEmpty == true else {
        return
      }
      throw InputError(
        "a `validationInterval` was given, but the task has no validation data; validation data, or no "
          + "interval, would work")
    }
    guard options.validationInterval != nil else {
      throw InputError(
        "the monitored figure '\(monitor.metric)' comes from validation, which is off; a "
          + "`validationInterval` would work")
    }
    guard let known = task.validationFigures, !known.contains(monitor.metric) else { return }
    throw InputError(
      known.isEmpty
        ? "the monitored figure '\(monitor.metric)' comes from validation, but the task has no "
          + "validation data"
        : "the monitored figure '\(monitor.metric)' is not among those of validation: "
          + known.joined(separator: ", "))
  }

  private func train(
    _ task: some TrainingTask, _ state: TrainingState, _ plan: Plan, _ scope: StepScope,
    _ modes: ModuleModes, _ phase: Work.Phase, _ ranks: RankedTraining
  ) throws {
    let onlyBatch = options.overfitsOneBatch ? try task.nextBatch() : nil
    let averaged = task.averagedFigures
    var scope = scope
    while state.step < plan.steps, !state.shouldStop {
      if ranks.isAlone ? phase.isCancelled : ranks.isCancelled {
        try save(task, state, ranks)
        throw Cancelled()
      }
      let isTimeUp = options.maximumSeconds.map { state.seconds >= $0 } ?? false
      if ranks.isAlone ? isTimeUp : ranks.isTimeUp { return }
      for callback in callbacks { try callback.updateWillBegin(state) }
      modes.keep()
      let isLast = state.step + 1 == state.steps
      let isLogged = (state.step + 1) % options.logInterval == 0 || isLast
      // Reading a figure waits for a GPU.
      let isNoted =
        phase.isWatched && ranks.isAlone
        && (isLast || (isLogged || options.device.kind == .cpu) && state.isNoteDue())
      scope.wantsAllFigures = isLogged || isNoted
      let own = try task.wholeUpdate(
        step: state.step, scope, batches: &state.record.batches, limit: plan.batches, ranks
      ) { try onlyBatch ?? task.nextBatch() }
      let (figures, shouldStop) = try ranks.together(
        own, isCancelled: phase.isCancelled, isTimeUp: isTimeUp, shouldStop: state.shouldStop)
      state.shouldStop = shouldStop
      state.record.step += 1
      let values = try account(figures, averaged, task, state, isLogged: isLogged, isNoted: isNoted)
      // An interruption is heard between updates, where a checkpoint can be made.
      phase.report(note: isNoted || isLogged && !ranks.isAlone ? Self.note(values) : nil)
      for callback in callbacks {
        try callback.updateDidEnd(state, metrics: isLogged ? values : [:])
      }
      if let interval = plan.validation, state.step % interval == 0 || options.dryRun {
        try validate(task, scope, state, ranks)
      }
      if let interval = plan.checkpoint, state.step % interval == 0 {
        try save(task, state, ranks)
      }
    }
  }

  // MARK: - Figures

  /// Sums up, looks at and logs the figures of an update; returns what was looked at.
  private func account(
    _ figures: [String: Tensor], _ averaged: Set<String>, _ task: some TrainingTask,
    _ state: TrainingState, isLogged: Bool, isNoted: Bool
  ) throws -> [String: Double] {
    state.unread = figures
    state.record.summed += 1
    let isOnCPU = options.device.kind == .cpu
    if !isOnCPU {
      for name in averaged {
        guard let value = figures[name] else { continue }
        state.unreadSums[name] = state.unreadSums[name].map { $0 + value } ?? value
      }
    }
    guard isOnCPU || isLogged || isNoted else { return [:] }
    var values = try read(state)
    if isOnCPU {
      for name in averaged { values[name].map { state.record.sums[name, default: 0] += $0 } }
    }
    guard isLogged else { return values }
    for name in averaged {
      guard let sum = state.record.sums[name] else { continue }
      // On a GPU a value in between may have gone unseen.
      guard sum.isFinite else { throw diverged("\(name) became \(sum)", state) }
      values[name] = sum / Double(state.record.summed)
    }
    state.record.sums = [:]
    state.record.summed = 0
    values.merge(task.settings) { figure, _ in figure }
    state.record.metrics = values.mapValues { .number($0) }
    try training?.log(values, step: state.step)
    return values
  }

  private static func note(_ values: [String: Double]) -> String {
    values.sorted { $0.key < $1.key }.prefix(3)
      .map { "\($0.key) \(String(format: "%.4g", $0.value))" }.joined(separator: "  ")
  }

  /// The figures of the last update. Throws if one is not a finite number.
  func read(_ state: TrainingState) throws -> [String: Double] {
    let values = state.unread.mapValues { $0.item() }
    state.unread = [:]
    for (name, sum) in state.unreadSums { state.record.sums[name, default: 0] += sum.item() }
    state.unreadSums = [:]
    guard values.contains(where: { !$0.value.isFinite }),
      let bad = values.filter({ !$0.value.isFinite }).min(by: { $0.key < $1.key })
    else { return values }
    throw diverged("\(bad.key) became \(bad.value)", state)
  }

  func diverged(_ what: String, _ state: TrainingState) -> InputError {
    let last = state.savedStep.map { "; the checkpoint of step \($0) is still good" } ?? ""
    return InputError(
      "\(what) at step \(state.step)\(last); a lower learning rate, gradient clipping or precision "
        + "fp32 may help")
  }

  private func validate(
    _ task: some TrainingTask, _ scope: StepScope, _ state: TrainingState, _ ranks: RankedTraining
  ) throws {
    try ranks.shareStatistics(of: task.checkpointed.compactMap { $0.part as? Module })
    let values = try ranks.fromRoot(task.validate(scope))
    state.record.validatedStep = state.step
    state.record.validation = values.mapValues { .number($0) }
    if !values.isEmpty {
      try training?.log(values, step: state.step)
      for callback in callbacks { try callback.validationDidEnd(state, metrics: values) }
    }
    guard let monitor = options.monitor else { return }
    guard let value = values[monitor.metric] else {
      throw InputError(
        "the monitored figure '\(monitor.metric)' is not among those of validation: "
          + (values.isEmpty ? "there are none" : values.keys.sorted().joined(separator: ", ")))
    }
    if monitor.isBetter(value, than: state.best?.value) {
      state.record.best = .init(value: value, step: state.step)
      state.record.validationsWithoutImprovement = 0
      try save(task, state, ranks)
      if training == nil {
        bestInMemory = (
          state.step,
          try task.checkpointed.map { ($0.name, try ranks.checkpoint(of: $0.part).copied()) }
        )
      }
    } else {
      state.record.validationsWithoutImprovement += 1
      if let patience = monitor.patience, state.record.validationsWithoutImprovement >= patience {
        state.shouldStop = true
      }
    }
  }
}

import Layers
import Optimizers
import Torch

/// What a `Trainer` trains: where batches come from, what one step does, what a checkpoint must hold.
///
/// A task owns its models, optimizers and loaders. `SupervisedTask` covers a model with one loss;
/// adversarial and other schemes conform themselves. Everything but the first three requirements has a
/// default.
public protocol TrainingTask: AnyObject {
  associatedtype Batch

  /// The next batch of training data.
  func nextBatch() throws -> Batch

  /// Takes one batch: an update, or a part of one (`isWindowOpen`). `step` counts updates from 0. Returns
  /// the figures to log, unread, so that a GPU need not be waited for; costly ones only where the scope
  /// says that somebody looks at them.
  func update(_ batch: Batch, step: Int, _ scope: StepScope) throws -> [String: Tensor]

  /// What this rank's part of a batch counts in the mean over the whole batch, where several ranks train together;
  /// `nil` (the default): as much as its share of the examples. A task whose loss is a mean over something else than
  /// examples, such as tokens, says so here.
  func share(of batch: Batch) throws -> Double?

  /// Everything that changes during training, by name: models, optimizers, loaders, and generators
  /// that layers were given (the process-wide ones are the trainer's business). Restoring all of it
  /// continues the run exactly.
  var checkpointed: [(name: String, part: any Checkpointable)] { get }

  /// Figures on data that is not trained on; none by default.
  func validate(_ scope: StepScope) throws -> [String: Double]

  /// The names of what `validate` returns, to refuse a wrong one before training; `nil` (the default) if
  /// only validating tells, empty if there is no validation.
  var validationFigures: [String]? { get }

  /// Whether the update under way takes more batches: gradients are being accumulated.
  var isWindowOpen: Bool { get }

  /// Makes the update under way with the batches that came.
  func closeWindow()

  /// How many batches one update takes; 1 by default.
  var batchesPerUpdate: Int { get }

  /// How many batches one pass over the data takes; `nil` (the default) for a task without epochs.
  var batchesPerEpoch: Int? { get }

  /// Figures that are logged as their mean since the last log, in place of their last value; none by
  /// default.
  var averagedFigures: Set<String> { get }

  /// Figures that cost nothing to read, for logged steps; the learning rate, say.
  var settings: [String: Double] { get }
}

extension TrainingTask {
  public func share(of batch: Batch) throws -> Double? { nil }
  public func validate(_ scope: StepScope) throws -> [String: Double] { [:] }
  public var validationFigures: [String]? { nil }
  public var isWindowOpen: Bool { false }
  public func closeWindow() {}
  public var batchesPerUpdate: Int { 1 }
  public var batchesPerEpoch: Int? { nil }
  public var averagedFigures: Set<String> { [] }
  public var settings: [String: Double] { [:] }

  /// One whole update: a batch, or as many as its window takes; figures are those of the last batch,
  /// averaged ones the mean of all.
  ///
  /// - Parameters:
  ///   - batches: Counted up.
  ///   - limit: The window is closed early when so many batches have been taken in all.
  ///   - ranks: Those that have parts of the batches; `nil` where each computes them whole.
  func wholeUpdate(
    step: Int, _ scope: StepScope, batches: inout Int, limit: Int? = nil,
    _ ranks: RankedTraining? = nil,
    next: () throws -> Batch
  ) throws -> [String: Tensor] {
    func take(_ number: Int) throws -> [String: Tensor] {
      let batch = try next()
      guard let ranks else { return try update(batch, step: step, scope) }
      return try ranks.part(of: share(of: batch), step: step, number: number) {
        try update(batch, step: step, scope)
      }
    }
    var figures = try take(0)
    batches += 1
    guard isWindowOpen else { return figures }
    var sums = figures.filter { averagedFigures.contains($0.key) }
    var count = 1
    while isWindowOpen {
      if let limit, batches >= limit {
        closeWindow()
        break
      }
      figures = try take(count)
      batches += 1
      count += 1
      for (name, sum) in sums { sums[name] = figures[name].map { sum + $0 } }
    }
    for (name, sum) in sums { figures[name] = sum / Double(count) }
    return figures
  }
}

/// What a step is run under.
public struct StepScope: Sendable {
  public let device: Device
  /// The type to autocast to, or `nil`.
  public let autocastType: DType?
  /// Whether the figures of this step are logged or shown; those that are averaged over steps are wanted
  /// at every step.
  public var wantsAllFigures = true

  public init(device: Device = .cpu, autocastType: DType? = nil) {
    self.device = device
    self.autocastType = autocastType
  }

  /// Runs a forward pass in the run's precision. Losses and gradients belong outside.
  public func forward<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let autocastType else { return try body() }
    return try withAutocast(autocastType, on: device, body)
  }
}

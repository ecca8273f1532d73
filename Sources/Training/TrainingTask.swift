import Layers
import Torch

/// What a `Trainer` trains: where batches come from, what one step does, what a checkpoint must hold.
///
/// A task owns its models, optimizers and loaders. `SupervisedTask` covers a model with one loss;
/// adversarial and other schemes conform themselves.
public protocol TrainingTask: AnyObject {
  associatedtype Batch

  /// The next batch of training data.
  func nextBatch() throws -> Batch

  /// One update. `step` counts from 0. Returns the figures to log, unread, so that a GPU need not be
  /// waited for.
  func update(_ batch: Batch, step: Int, _ scope: StepScope) throws -> [String: Tensor]

  /// Figures on data that is not trained on; none by default.
  func validate(_ scope: StepScope) throws -> [String: Double]

  /// Everything that changes during training, by name: models, optimizers, loaders, and generators
  /// that layers were given (the process-wide ones are the trainer's business). Restoring all of it
  /// continues the run exactly.
  var checkpointed: [(name: String, part: any Checkpointable)] { get }

  /// How many updates one pass over the data takes; `nil` (the default) for a task without epochs.
  var stepsPerEpoch: Int? { get }
}

extension TrainingTask {
  public func validate(_ scope: StepScope) throws -> [String: Double] { [:] }
  public var stepsPerEpoch: Int? { nil }
}

/// What a step is run under.
public struct StepScope: Sendable {
  public let device: Device
  /// The type to autocast to, or `nil`.
  public let autocastType: DType?

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

import Messages
import Torch

/// A module that keeps statistics of what passes through it, or a state like them, and changes them
/// as a side effect of a training pass.
///
/// In a GAN several passes go through one network in one step; `withoutUpdatingStatistics` keeps all
/// but one of them from moving its state.
public protocol StatisticsKeeping: Module {
  var updatesStatistics: Bool { get set }
}

extension Module {
  /// Runs `body` while no module in this one moves its running statistics or power iterations.
  public final func withoutUpdatingStatistics<Result>(
    _ body: () throws -> Result
  ) rethrows -> Result {
    let keepers = namedModules().compactMap { $0.module as? any StatisticsKeeping }
    let earlier = keepers.map(\.updatesStatistics)
    for keeper in keepers { keeper.updatesStatistics = false }
    defer {
      for (keeper, value) in zip(keepers, earlier) { keeper.updatesStatistics = value }
    }
    return try body()
  }
}

/// Batch normalization: y = (x − μ) / √(σ² + ε) · weight + bias per channel of `(B, C)` or
/// `(B, C, …)`; Ioffe and Szegedy 2015.
///
/// In training μ and σ² are the batch's (over all axes but the channels, σ² over n) and the running
/// statistics move: r ← (1 − momentum) r + momentum · batch, the running variance over n − 1. In
/// inference μ and σ² are the running ones. `usesBatchStatistics` overrides the mode, and
/// `updatesStatistics` says whether a training pass moves the running ones.
///
/// Defaults are PyTorch's, ε 1e-5 and momentum 0.1; Keras has 1e-3 and 0.01 (written as 0.99 there),
/// which want some 500 steps before inference means anything. `weight` starts at ones, `bias` at
/// zeros, `runningMean` at zeros, `runningVariance` at ones; all `(C)`.
public final class BatchNorm: Layer, KernelLayer, StatisticsKeeping {
  public let channels: Int
  public let epsilon: Double
  public var momentum: Double
  /// Whether to normalize by the batch; `nil` does so in training.
  public var usesBatchStatistics: Bool?
  public var updatesStatistics = true
  public let weight: Parameter?
  public let bias: Parameter?
  public let runningMean: Parameter
  public let runningVariance: Parameter

  private let weightInitializer: Initializer

  /// - Parameter affine: Whether to scale and shift.
  public init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1, affine: Bool = true,
    weightInitializer: Initializer = .ones, generator: RandomGenerator? = nil
  ) {
    self.channels = channels
    self.epsilon = epsilon
    self.momentum = momentum
    weight = affine ? Parameter(weightInitializer([channels], generator: generator)) : nil
    bias = affine ? Parameter(.zeros([channels])) : nil
    runningMean = Parameter(.zeros([channels]), role: .state)
    runningVariance = Parameter(.ones([channels]), role: .state)
    self.weightInitializer = weightInitializer
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor { normalize(input, weight?.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor { normalize(input, weight) }

  private func normalize(_ input: Tensor, _ weight: Tensor?) -> Tensor {
    require(
      input.rank >= 2 && input.size(1) == channels,
      "BatchNorm expected (B, \(channels), …), received shape \(input.shape)")
    let byBatch = usesBatchStatistics ?? isTraining
    let updates = byBatch && isTraining && updatesStatistics
    return input.batchNorm(
      weight: weight, bias: bias?.value,
      runningMean: byBatch && !updates ? nil : runningMean.value,
      runningVariance: byBatch && !updates ? nil : runningVariance.value,
      training: byBatch, momentum: momentum, epsilon: epsilon)
  }

  public var kernel: Parameter {
    guard let weight else {
      fatalError("a BatchNorm without scale and shift has no weight to normalize")
    }
    return weight
  }

  /// One row: γ as a 1 × C map, so that spectral normalization gives it unit length.
  public func weightMatrix(_ weight: Tensor) -> Tensor { weight.expandingAxis(0) }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    let copy = BatchNorm(
      channels, epsilon: epsilon, momentum: momentum, affine: weight != nil,
      weightInitializer: weightInitializer, generator: cloning.generator)
    copy.usesBatchStatistics = usesBatchStatistics
    return copy
  }
}

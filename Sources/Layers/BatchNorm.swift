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

/// Sums over the parts of a batch that several processes have.
public protocol BatchSums: AnyObject {
  /// Whether this process's part counts; one that has no rows computes with others' and counts nothing.
  var counts: Bool { get }

  /// The sums of a tensor's elements over all parts. Gradients pass it, those of all parts summed, each as much as its
  /// part counts; a second derivative does not.
  func sum(_ tensor: Tensor) -> Tensor
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
public final class BatchNorm: Layer, KernelLayer, StatisticsKeeping, Configured {
  public struct Configuration: Sendable {
    /// C.
    public var channels: Int
    public var epsilon = 1e-5
    public var momentum = 0.1
    /// Whether to scale and shift.
    public var isAffine = true
    public var weightInitializer = Initializer.ones
    public var usesBatchStatistics: Bool?
    public var updatesStatistics = true
  }

  public private(set) var configuration: Configuration
  public let weight: Parameter?
  public let bias: Parameter?
  public let runningMean: Parameter
  public let runningVariance: Parameter
  /// Where several processes have parts of a batch: what makes its mean and variance those of the whole batch. Set by
  /// a trainer, which keeps it.
  public weak var batchSums: (any BatchSums)?

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    let shape = [configuration.channels]
    let isAffine = configuration.isAffine
    weight =
      isAffine ? Parameter(configuration.weightInitializer(shape, generator: generator)) : nil
    bias = isAffine ? Parameter(.zeros(shape)) : nil
    runningMean = Parameter(.zeros(shape), role: .state)
    runningVariance = Parameter(.ones(shape), role: .state)
    super.init()
  }

  /// - Parameter affine: Whether to scale and shift.
  public convenience init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1, affine: Bool = true,
    weightInitializer: Initializer = .ones, generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(
        channels: channels, epsilon: epsilon, momentum: momentum, isAffine: affine,
        weightInitializer: weightInitializer), generator: generator)
  }

  public var momentum: Double {
    get { configuration.momentum }
    set { configuration.momentum = newValue }
  }

  /// Whether to normalize by the batch; `nil` does so in training.
  public var usesBatchStatistics: Bool? {
    get { configuration.usesBatchStatistics }
    set { configuration.usesBatchStatistics = newValue }
  }

  public var updatesStatistics: Bool {
    get { configuration.updatesStatistics }
    set { configuration.updatesStatistics = newValue }
  }

  public override var mixesSamples: Bool { normalizesByBatch }

  private var normalizesByBatch: Bool { configuration.usesBatchStatistics ?? isTraining }

  public override func forward(_ input: Tensor) -> Tensor { normalize(input, weight?.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor { normalize(input, weight) }

  private func normalize(_ input: Tensor, _ weight: Tensor?) -> Tensor {
    require(
      input.rank >= 2 && input.size(1) == configuration.channels,
      "BatchNorm expected (B, \(configuration.channels), …), received shape \(input.shape)")
    let byBatch = normalizesByBatch
    let updates = byBatch && isTraining && updatesStatistics
    if byBatch, let batchSums { return normalize(input, weight, batchSums, updates: updates) }
    return input.batchNorm(
      weight: weight, bias: bias?.value,
      runningMean: byBatch && !updates ? nil : runningMean.value,
      runningVariance: byBatch && !updates ? nil : runningVariance.value,
      training: byBatch, momentum: configuration.momentum, epsilon: configuration.epsilon)
  }

  /// By the mean and variance of all parts of a batch, in float32 at least.
  private func normalize(
    _ input: Tensor, _ weight: Tensor?, _ sums: any BatchSums, updates: Bool
  ) -> Tensor {
    let channels = configuration.channels
    let share = sums.counts ? 1.0 : 0
    let values = input.dtype == .float64 ? input : input.to(.float32)
    func total(_ tensor: Tensor) -> Tensor {
      tensor.reshaped([tensor.size(0), channels, -1]).sum(axis: 0, 2) * share
    }
    let shape = [1, channels] + Array(repeating: 1, count: input.rank - 2)
    let own = Tensor.full(
      [1], share * Double(input.count / channels), dtype: values.dtype, device: input.device)
    let totals = sums.sum(.concatenate([total(values), own]))
    let count = totals.narrowed(0, start: channels, length: 1).detach()
    let mean = totals.narrowed(0, start: 0, length: channels) / count
    let centered = values - mean.reshaped(shape)
    let variance = sums.sum(total(centered.square())) / count
    if updates {
      withoutGradients {
        let momentum = configuration.momentum
        runningMean.value.lerpInPlace(
          to: mean.detach().to(runningMean.dtype), weight: momentum)
        runningVariance.value.lerpInPlace(
          to: (variance * (count / (count - 1))).detach().to(runningVariance.dtype),
          weight: momentum)
      }
    }
    var output = centered * (variance + configuration.epsilon).rsqrt().reshaped(shape)
    if let weight { output = output * weight.to(values.dtype).reshaped(shape) }
    if let bias { output = output + bias.value.to(values.dtype).reshaped(shape) }
    return output.to(input.dtype)
  }

  public var kernel: Parameter {
    guard let weight else {
      fatalError("a BatchNorm without scale and shift has no weight to normalize")
    }
    return weight
  }

  /// One row: γ as a 1 × C map, so that spectral normalization gives it unit length.
  public func weightMatrix(_ weight: Tensor) -> Tensor { weight.expandingAxis(0) }
}

extension BatchNorm.Configuration {
  public init(_ channels: Int) { self.init(channels: channels) }
}

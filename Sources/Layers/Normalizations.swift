import Messages
import Torch

/// Layer normalization over the last axes: y = (x − mean) / √(variance + ε) · weight + bias, variance
/// over n; Ba et al. 2016.
///
/// `weight` starts at ones, `bias` at zeros, both of the normalized shape. ε is inside the root, 1e-5
/// by default; BERT has 1e-12.
public final class LayerNorm: Layer, Configured {
  public struct Configuration: Sendable {
    public var shape: [Int]
    public var epsilon: Double
    /// Whether to scale and shift.
    public var isAffine: Bool

    public init(shape: [Int], epsilon: Double = 1e-5, affine: Bool = true) {
      self.shape = shape
      self.epsilon = epsilon
      isAffine = affine
    }
  }

  public let configuration: Configuration
  public let weight: Parameter?
  public let bias: Parameter?

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    weight = configuration.isAffine ? Parameter(.ones(configuration.shape)) : nil
    bias = configuration.isAffine ? Parameter(.zeros(configuration.shape)) : nil
    super.init()
  }

  public convenience init(_ size: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    self.init(Configuration(shape: [size], epsilon: epsilon, affine: affine))
  }

  public convenience init(shape: [Int], epsilon: Double = 1e-5, affine: Bool = true) {
    self.init(Configuration(shape: shape, epsilon: epsilon, affine: affine))
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    let shape = configuration.shape
    require(
      input.shape.suffix(shape.count).elementsEqual(shape),
      "LayerNorm expected last axes \(shape), received shape \(input.shape)")
    return input.layerNorm(
      shape, weight: weight?.value, bias: bias?.value, epsilon: configuration.epsilon)
  }
}

/// x / √(mean x² + ε) · weight over the last axis: Zhang and Sennrich 2019. `weight` starts at ones.
public final class RMSNorm: Layer, Configured {
  public struct Configuration: Sendable {
    public var size: Int
    public var epsilon: Double
    /// Whether to scale.
    public var isAffine: Bool

    public init(_ size: Int, epsilon: Double = 1e-6, affine: Bool = true) {
      self.size = size
      self.epsilon = epsilon
      isAffine = affine
    }
  }

  public let configuration: Configuration
  public let weight: Parameter?

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    weight = configuration.isAffine ? Parameter(.ones([configuration.size])) : nil
    super.init()
  }

  public convenience init(_ size: Int, epsilon: Double = 1e-6, affine: Bool = true) {
    self.init(Configuration(size, epsilon: epsilon, affine: affine))
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank > 0 && input.size(-1) == configuration.size,
      "RMSNorm expected last axis \(configuration.size), received shape \(input.shape)")
    let meanSquare = input.square().mean(axis: -1, keepAxes: true)
    let normalized = input * (meanSquare + configuration.epsilon).rsqrt()
    return weight.map { normalized * $0.value } ?? normalized
  }
}

/// Group normalization: each sample of `(B, C, …)` over the channels of a group and all positions; Wu
/// and He 2018. `weight` starts at ones, `bias` at zeros, both `(C)`.
public class GroupNorm: Layer, Configured {
  public struct Configuration: Sendable {
    public var groups: Int
    /// C.
    public var channels: Int
    public var epsilon: Double
    /// Whether to scale and shift.
    public var isAffine: Bool

    public init(groups: Int, channels: Int, epsilon: Double = 1e-5, affine: Bool = true) {
      self.groups = groups
      self.channels = channels
      self.epsilon = epsilon
      isAffine = affine
    }
  }

  public let configuration: Configuration
  public let weight: Parameter?
  public let bias: Parameter?

  public required init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    let (groups, channels) = (configuration.groups, configuration.channels)
    require(channels % groups == 0, "\(groups) groups do not divide \(channels) channels")
    self.configuration = configuration
    weight = configuration.isAffine ? Parameter(.ones([channels])) : nil
    bias = configuration.isAffine ? Parameter(.zeros([channels])) : nil
    super.init()
  }

  public convenience init(
    groups: Int, channels: Int, epsilon: Double = 1e-5, affine: Bool = true
  ) {
    self.init(
      Configuration(groups: groups, channels: channels, epsilon: epsilon, affine: affine))
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank >= 2 && input.size(1) == configuration.channels,
      "\(type(of: self)) expected (B, \(configuration.channels), …), received shape "
        + "\(input.shape)")
    return input.groupNorm(
      configuration.groups, weight: weight?.value, bias: bias?.value,
      epsilon: configuration.epsilon)
  }
}

/// Instance normalization: each channel of each sample by itself, in training and inference alike;
/// Ulyanov et al. 2016. Group normalization with as many groups as channels.
public final class InstanceNorm: GroupNorm {
  public convenience init(_ channels: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    self.init(groups: channels, channels: channels, epsilon: epsilon, affine: affine)
  }
}

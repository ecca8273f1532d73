import Messages
import Torch

/// Layer normalization over the last axes: y = (x − mean) / √(variance + ε) · weight + bias, variance
/// over n; Ba et al. 2016.
///
/// `weight` starts at ones, `bias` at zeros, both of the normalized shape. ε is inside the root, 1e-5
/// by default; BERT has 1e-12.
public final class LayerNorm: Layer {
  public let shape: [Int]
  public let epsilon: Double
  public let weight: Parameter?
  public let bias: Parameter?

  public convenience init(_ size: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    self.init(shape: [size], epsilon: epsilon, affine: affine)
  }

  public init(shape: [Int], epsilon: Double = 1e-5, affine: Bool = true) {
    self.shape = shape
    self.epsilon = epsilon
    weight = affine ? Parameter(.ones(shape)) : nil
    bias = affine ? Parameter(.zeros(shape)) : nil
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.shape.suffix(shape.count).elementsEqual(shape),
      "LayerNorm expected last axes \(shape), received shape \(input.shape)")
    return input.layerNorm(shape, weight: weight?.value, bias: bias?.value, epsilon: epsilon)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    LayerNorm(shape: shape, epsilon: epsilon, affine: weight != nil)
  }
}

/// x / √(mean x² + ε) · weight over the last axis: Zhang and Sennrich 2019. `weight` starts at ones.
public final class RMSNorm: Layer {
  public let size: Int
  public let epsilon: Double
  public let weight: Parameter?

  public init(_ size: Int, epsilon: Double = 1e-6, affine: Bool = true) {
    self.size = size
    self.epsilon = epsilon
    weight = affine ? Parameter(.ones([size])) : nil
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank > 0 && input.size(-1) == size,
      "RMSNorm expected last axis \(size), received shape \(input.shape)")
    let normalized = input * (input.square().mean(-1, keepAxes: true) + epsilon).rsqrt()
    return weight.map { normalized * $0.value } ?? normalized
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    RMSNorm(size, epsilon: epsilon, affine: weight != nil)
  }
}

/// Group normalization: each sample of `(B, C, …)` over the channels of a group and all positions; Wu
/// and He 2018. `weight` starts at ones, `bias` at zeros, both `(C)`.
public class GroupNorm: Layer {
  public let groups: Int
  public let channels: Int
  public let epsilon: Double
  public let weight: Parameter?
  public let bias: Parameter?

  public init(groups: Int, channels: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    require(channels % groups == 0, "\(groups) groups do not divide \(channels) channels")
    self.groups = groups
    self.channels = channels
    self.epsilon = epsilon
    weight = affine ? Parameter(.ones([channels])) : nil
    bias = affine ? Parameter(.zeros([channels])) : nil
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank >= 2 && input.size(1) == channels,
      "\(type(of: self)) expected (B, \(channels), …), received shape \(input.shape)")
    return input.groupNorm(groups, weight: weight?.value, bias: bias?.value, epsilon: epsilon)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    GroupNorm(groups: groups, channels: channels, epsilon: epsilon, affine: weight != nil)
  }
}

/// Instance normalization: each channel of each sample by itself, in training and inference alike;
/// Ulyanov et al. 2016. Group normalization with as many groups as channels.
public final class InstanceNorm: GroupNorm {
  public init(_ channels: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    super.init(groups: channels, channels: channels, epsilon: epsilon, affine: affine)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    InstanceNorm(channels, epsilon: epsilon, affine: weight != nil)
  }
}

import Layers
import Messages
import Torch

/// Convolutional generators and discriminators in the manner of DCGAN (Radford et al. 2015).
public enum DCGAN {
  /// What a network of the family is made of.
  public struct Configuration: Sendable {
    /// The side of the square images: 28, or a power of two ≥ 16.
    public var size: Int
    public var channels: Int
    public var noise: Int
    /// Channels of the coarsest map; `nil`: 8 · size (4 · size from 512 on), and 128 for 28.
    public var width: Int?
    public var normalizesDiscriminator: Bool
    /// Spectral normalization in every layer of the discriminator, in place of batch norm.
    public var hasSpectralNorm: Bool
    /// Average the last map over space instead of flattening it.
    public var poolsHead: Bool
    public var discriminatorBias: Bool
    /// Numbers that the discriminator gives for an image: 1 for a score, n for a code.
    public var outputs = 1
    /// Scores of a `CascadingRejection` head in place of the dense one; `nil` for none.
    public var rejections: Int?
    public var initializer: Initializer
    public var momentum: Double
    public var epsilon: Double

    public init(
      size: Int, channels: Int = 3, noise: Int = 128, width: Int? = nil,
      normalizesDiscriminator: Bool = true, hasSpectralNorm: Bool = false, poolsHead: Bool = false,
      discriminatorBias: Bool = false, initializer: Initializer = .normal(standardDeviation: 0.02),
      momentum: Double = 0.01, epsilon: Double = 1e-3
    ) {
      require(
        size == 28 || size >= 16 && size & (size - 1) == 0,
        "DCGAN expected images of side 28 or a power of two ≥ 16, received \(size)")
      self.size = size
      self.channels = channels
      self.noise = noise
      self.width = width
      self.normalizesDiscriminator = normalizesDiscriminator
      self.hasSpectralNorm = hasSpectralNorm
      self.poolsHead = poolsHead
      self.discriminatorBias = discriminatorBias
      self.initializer = initializer
      self.momentum = momentum
      self.epsilon = epsilon
    }

    /// Images of 28×28: two strided layers on either side, k4, batch norm in the generator.
    public static func small(
      channels: Int = 1, noise: Int = 100, normalizesDiscriminator: Bool = false
    ) -> Configuration {
      Configuration(
        size: 28, channels: channels, noise: noise,
        normalizesDiscriminator: normalizesDiscriminator,
        discriminatorBias: !normalizesDiscriminator, momentum: 0.1, epsilon: 1e-5)
    }

    var coarseWidth: Int { width ?? (size == 28 ? 128 : (size >= 512 ? 4 : 8) * size) }
    var coarseSize: Int { size == 28 ? 7 : 4 }
    var kernelSize: Int { size == 28 ? 4 : 5 }
    /// Channels after each of the discriminator's strided layers, from the image on: the author's
    /// family halves the map down to 4×4 and doubles the channels each time.
    var widths: [Int] {
      var layers = 0
      var side = coarseSize
      while side < size {
        side *= 2
        layers += 1
      }
      return (0..<layers).map { coarseWidth >> (layers - 1 - $0) }
    }
  }

  /// Images `(B, C, S, S)` to outputs `(B, k)`, scores `(B, 1)` by default: strided convolutions with LeakyReLU(0.2), batch norm
  /// from the second on, then a dense head.
  public static func discriminator(
    _ configuration: Configuration, random: RandomGenerator? = nil
  ) -> Sequential {
    let c = configuration
    func constrained(_ layer: some KernelLayer) -> Layer {
      c.hasSpectralNorm ? SpectralNorm(layer, generator: random) : layer
    }
    let features = c.poolsHead ? c.coarseWidth : c.coarseWidth * c.coarseSize * c.coarseSize
    return Sequential {
      ChannelsLast().named("layout")
      for (index, width) in c.widths.enumerated() {
        constrained(
          Conv2d(
            index == 0 ? c.channels : c.widths[index - 1], width, kernelSize: c.kernelSize,
            stride: 2, padding: .same, bias: c.discriminatorBias, weightInitializer: c.initializer,
            generator: random)
        ).named("convolution\(index)")
        if index > 0, c.normalizesDiscriminator, !c.hasSpectralNorm {
          BatchNorm(width, epsilon: c.epsilon, momentum: c.momentum).named("norm\(index)")
        }
        Activation(.leakyReLU(0.2)).named("activation\(index)")
      }
      if c.poolsHead {
        GlobalAveragePool().named("flatten")
      } else {
        Flatten().named("flatten")
      }
      if let rejections = c.rejections {
        CascadingRejection(
          features, count: rejections, weightInitializer: c.initializer, generator: random
        ).named("head")
      } else {
        constrained(
          Dense(
            features, c.outputs, bias: c.discriminatorBias,
            weightInitializer: c.poolsHead ? .glorotUniform : c.initializer, generator: random)
        ).named("head")
      }
    }
  }

  /// Noise `(B, n)` to images `(B, C, S, S)` in [−1, 1]: a dense layer to the coarsest map, then
  /// transposed convolutions with batch norm and ReLU, tanh at the end.
  public static func generator(
    _ configuration: Configuration, random: RandomGenerator? = nil
  ) -> Sequential {
    let c = configuration
    let coarse = c.coarseSize
    let widths = c.widths.reversed() + [c.channels]
    return Sequential {
      Dense(
        c.noise, c.coarseWidth * coarse * coarse, bias: false, weightInitializer: c.initializer,
        generator: random
      ).named("dense")
      Reshape(c.coarseWidth, coarse, coarse).named("reshape")
      ChannelsLast().named("layout")
      BatchNorm(c.coarseWidth, epsilon: c.epsilon, momentum: c.momentum).named("norm")
      Activation(.relu).named("activation")
      for index in c.widths.indices {
        let isLast = index == c.widths.count - 1
        ConvTranspose2d(
          widths[index], widths[index + 1], kernelSize: c.kernelSize, stride: 2, padding: .same,
          bias: isLast, weightInitializer: c.initializer, generator: random
        ).named("deconvolution\(index)")
        if !isLast {
          BatchNorm(widths[index + 1], epsilon: c.epsilon, momentum: c.momentum)
            .named("norm\(index)")
        }
        Activation(isLast ? .tanh : .relu).named("activation\(index)")
      }
    }
  }
}

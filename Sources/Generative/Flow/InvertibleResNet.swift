import Foundation
import Layers
import Messages
import Torch

/// Invertible blocks one after the other: a density of points `(B, d)` or images, with a normal prior.
public final class InvertibleResNet: Layer {
  public let blocks: [InvertibleBlock]

  public init(_ blocks: [InvertibleBlock]) {
    self.blocks = blocks
    super.init()
  }

  /// Blocks d → width → width → d of dense layers with norms of at most `bound` and ELU between them.
  public static func dense(
    _ dimension: Int, width: Int = 64, blocks: Int = 8, bound: Double = 0.95, iterations: Int = 5,
    generator: RandomGenerator? = nil
  ) -> InvertibleResNet {
    func layer(_ inputs: Int, _ outputs: Int) -> Layer {
      SpectralNorm(
        Dense(inputs, outputs, generator: generator),
        method: .warmStarted(iterations: iterations), bound: .atMost(bound), generator: generator)
    }
    return InvertibleResNet(
      (0..<blocks).map { _ in
        InvertibleBlock(
          Sequential(
            layer(dimension, width), Activation(.elu(1)), layer(width, width),
            Activation(.elu(1)), layer(width, dimension)))
      })
  }

  /// Blocks of convolutions 3 × 3, 1 × 1, 3 × 3 with norms of at most `bound` and ELU between them, for maps
  /// `(B, channels, side, side)`; see `spaceToDepth` for images of one channel.
  public static func convolutional(
    channels: Int, side: Int, width: Int = 32, blocks: Int = 4, bound: Double = 0.9,
    generator: RandomGenerator? = nil
  ) -> InvertibleResNet {
    func layer(_ inputs: Int, _ outputs: Int, _ size: Int) -> Layer {
      LipschitzConv2d(
        inputs, outputs, kernelSize: size, size: (side, side), bound: bound, generator: generator)
    }
    return InvertibleResNet(
      (0..<blocks).map { _ in
        InvertibleBlock(
          Sequential(
            layer(channels, width, 3), Activation(.elu(1)), layer(width, width, 1),
            Activation(.elu(1)), layer(width, channels, 3)))
      })
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { blocks.reduce(input) { $1($0) } }

  /// −ln p(x), `(B)`, by estimates of the blocks' log-determinants; see `InvertibleBlock`.
  public func negativeLogLikelihood(
    _ input: Tensor, terms: Int, roulette: Double? = nil, generator: RandomGenerator? = nil
  ) -> Tensor {
    var x = input
    var logDeterminant: Tensor?
    for block in blocks {
      let found = block.forwardWithLogDeterminant(
        x, terms: terms, roulette: roulette, generator: generator)
      x = found.output
      logDeterminant = logDeterminant.map { $0 + found.logDeterminant } ?? found.logDeterminant
    }
    return Self.normalCost(x) - (logDeterminant ?? .zeros([input.size(0)]))
  }

  /// −ln p(x) by the exact Jacobians, `(B)` of `(B, d)`. In inference mode.
  public func exactNegativeLogLikelihood(_ input: Tensor) -> Tensor {
    evaluating {
      var x = input.detach()
      var logDeterminant = Tensor.zeros([input.size(0)], dtype: input.dtype)
      for block in blocks {
        logDeterminant += block.exactLogDeterminant(x)
        x = withoutGradients { block(x) }
      }
      return Self.normalCost(x) - logDeterminant
    }
  }

  /// −ln of the standard normal density, `(B)`.
  private static func normalCost(_ z: Tensor) -> Tensor {
    let flat = z.flattened(from: 1)
    return 0.5 * flat.square().sum(axis: 1) + 0.5 * Double(flat.size(1)) * log(2 * Double.pi)
  }

  /// x of outputs z, block by block from the last; and the iterations that the slowest block took.
  public func inverse(
    _ output: Tensor, iterations: Int = 100, tolerance: Double = 1e-6
  ) -> (input: Tensor, iterations: Int) {
    var slowest = 0
    let input = blocks.reversed().reduce(output) { y, block in
      let found = block.inverse(y, iterations: iterations, tolerance: tolerance)
      slowest = max(slowest, found.iterations)
      return found.input
    }
    return (input, slowest)
  }
}

/// Each 2 × 2 square of pixels as four channels of one: `(B, C, H, W)` to `(B, 4C, H/2, W/2)`, of even H and W.
/// Its log-determinant is 0.
public func spaceToDepth(_ images: Tensor) -> Tensor {
  let (count, channels) = (images.size(0), images.size(1))
  let (height, width) = (images.size(2), images.size(3))
  require(
    height % 2 == 0 && width % 2 == 0,
    "spaceToDepth expected even sides, received \(images.shape)")
  return images.reshaped(count, channels, height / 2, 2, width / 2, 2)
    .permuted(0, 1, 3, 5, 2, 4).reshaped(count, 4 * channels, height / 2, width / 2)
}

/// Bits a dimension of a density of images whose bytes became [0, 1) or as wide an interval by adding noise
/// and dividing by 256: −ln p / (d ln 2) + 8.
public func bitsPerDimension(negativeLogLikelihood: Double, dimension: Int) -> Double {
  negativeLogLikelihood / (Double(dimension) * log(2)) + 8
}

import Messages
import Torch

/// What the pooling layers over windows have in common. The stride is the size unless given.
public class WindowPool: Layer, Configured {
  public struct Configuration: Sendable {
    public var size: Int
    public var stride: Int
    /// How many positions there are beyond each edge: zeros for means, ignored by maxima.
    public var padding: Int

    public init(_ size: Int, stride: Int? = nil, padding: Int = 0) {
      self.size = size
      self.stride = stride ?? size
      self.padding = padding
    }
  }

  public let configuration: Configuration

  public required init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    super.init()
  }

  public convenience init(_ size: Int, stride: Int? = nil, padding: Int = 0) {
    self.init(Configuration(size, stride: stride, padding: padding))
  }

  public override var mixesSamples: Bool { false }

  fileprivate var size: Int { configuration.size }
  fileprivate var stride: Int { configuration.stride }
  fileprivate var padding: Int { configuration.padding }

  /// A number of the window for both axes of an image.
  fileprivate func both(_ number: Int) -> [Int] { [number, number] }
}

/// The largest element of each window of `(B, C, L)`.
public final class MaxPool1d: WindowPool {
  public override func forward(_ input: Tensor) -> Tensor {
    checkRank(input, 3)
    return input.maxPool1d(size, stride: stride, padding: padding)
  }
}

/// The largest element of each square window of `(B, C, H, W)`.
/// PyTorch: `MaxPool2d`; Keras: `MaxPooling2D`.
public final class MaxPool2d: WindowPool {
  public override func forward(_ input: Tensor) -> Tensor {
    checkRank(input, 4)
    return input.maxPool2d(both(size), stride: both(stride), padding: both(padding))
  }
}

/// The mean of each window of `(B, C, L)`, zeros of the padding included.
public final class AveragePool1d: WindowPool {
  public override func forward(_ input: Tensor) -> Tensor {
    checkRank(input, 3)
    return input.averagePool1d(size, stride: stride, padding: padding)
  }
}

/// The mean of each square window of `(B, C, H, W)`, zeros of the padding included.
/// PyTorch: `AvgPool2d`; Keras: `AveragePooling2D`.
public final class AveragePool2d: WindowPool {
  public override func forward(_ input: Tensor) -> Tensor {
    checkRank(input, 4)
    return input.averagePool2d(both(size), stride: both(stride), padding: both(padding))
  }
}

/// The mean over all positions: `(B, C, …)` to `(B, C)`.
/// PyTorch: `AdaptiveAvgPool2d(1)`; Keras: `GlobalAveragePooling2D`.
public final class GlobalAveragePool: PlainLayer {
  public override func forward(_ input: Tensor) -> Tensor { positions(input).mean(axis: 2) }
}

/// The largest element over all positions: `(B, C, …)` to `(B, C)`.
/// PyTorch: `AdaptiveMaxPool2d(1)`; Keras: `GlobalMaxPooling2D`.
public final class GlobalMaxPool: PlainLayer {
  public override func forward(_ input: Tensor) -> Tensor { positions(input).max(axis: 2) }
}

/// Enlarges `(B, C, H, W)` by a whole factor, repeating the nearest element or by bilinear
/// interpolation. PyTorch: `Upsample`; Keras: `UpSampling2D`.
public final class Upsample2d: Layer, Configured {
  public enum Interpolation: Sendable { case nearest, bilinear }

  public struct Configuration: Sendable {
    public var factor: Int
    public var interpolation: Interpolation

    public init(_ factor: Int, _ interpolation: Interpolation = .nearest) {
      self.factor = factor
      self.interpolation = interpolation
    }
  }

  public let configuration: Configuration

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    super.init()
  }

  public convenience init(_ factor: Int, _ interpolation: Interpolation = .nearest) {
    self.init(Configuration(factor, interpolation))
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    checkRank(input, 4)
    let size = [2, 3].map { input.size($0) * configuration.factor }
    return configuration.interpolation == .nearest
      ? input.upsampledNearest2d(size) : input.upsampledBilinear2d(size)
  }
}

extension Layer {
  fileprivate func checkRank(_ input: Tensor, _ rank: Int) {
    require(
      input.rank == rank,
      "\(type(of: self)) expected \(rank == 3 ? "(B, C, L)" : "(B, C, H, W)"), "
        + "received shape \(input.shape)")
  }

  /// `(B, C, …)` as `(B, C, n)`.
  fileprivate func positions(_ input: Tensor) -> Tensor {
    require(
      input.rank >= 3, "\(type(of: self)) expected (B, C, …), received shape \(input.shape)")
    return input.flattened(from: 2)
  }
}

import Messages
import Torch

/// A penalty on the difference of the scores of a real and a fake sample, by the distance of the two:
/// weight · mean Δ_i² / (scale · d_i + ε), Δ_i = T(x_r,i) − T(x_f,i), sample i of the real batch beside
/// sample i of the fake one. It belongs to the discriminator's loss only and bounds it without any
/// Lipschitz constraint and without a second derivative.
///
/// With `AdversarialLoss.wasserstein` it is GAN-QP (Su Jianlin, kexue.fm/archives/6163): at its best the
/// discriminator has |Δ| ≤ scale · d / (2 weight), a bound that goes with the distance.
public struct PairPenalty: Sendable {
  /// The distance of two samples, independent of their size.
  public enum Distance: String, Sendable, CaseIterable {
    /// mean |x_r − x_f|.
    case meanAbsolute = "l1"
    /// √ mean (x_r − x_f)².
    case rootMeanSquare = "l2"
    /// mean (x_r − x_f)².
    case meanSquare = "square"
  }

  public var distance: Distance
  public var weight: Double
  public var scale: Double

  /// GAN-QP's values by default.
  public init(_ distance: Distance, weight: Double = 0.5, scale: Double = 10) {
    require(
      weight >= 0 && scale > 0,
      "PairPenalty expected weight ≥ 0 and scale > 0, received \(weight), \(scale)")
    self.distance = distance
    self.weight = weight
    self.scale = scale
  }

  /// scale · d_i + 1e-6, `(B)`, a constant in every gradient.
  public func distances(real: Tensor, fake: Tensor) -> Tensor {
    require(
      real.shape == fake.shape,
      "PairPenalty compares samples in pairs: expected equal batches, received \(real.shape) and "
        + "\(fake.shape)")
    let difference = (real.detach() - fake.detach()).flattened(from: 1)
    let distance =
      switch distance {
      case .meanAbsolute: difference.abs().mean(axis: 1)
      case .rootMeanSquare: difference.square().mean(axis: 1).sqrt()
      case .meanSquare: difference.square().mean(axis: 1)
      }
    return distance * scale + 1e-6
  }

  /// The penalty for scores `(B)` of samples at these `distances`, a scalar.
  public func callAsFunction(
    realScores: Tensor, fakeScores: Tensor, distances: Tensor
  ) -> Tensor {
    weight * ((realScores - fakeScores).square() / distances).mean()
  }
}

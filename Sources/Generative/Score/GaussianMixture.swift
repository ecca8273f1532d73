import Foundation
import Torch

/// A mixture of isotropic Gaussians of equal weight in the plane, whose density, score and best denoiser are
/// known: what learned ones are held against.
public struct GaussianMixture: Sendable {
  public let centers: [(x: Double, y: Double)]
  public let deviation: Double

  public init(centers: [(x: Double, y: Double)], deviation: Double) {
    self.centers = centers
    self.deviation = deviation
  }

  /// The law of samples to which noise N(0, σ²) was added.
  public func noised(_ noise: Double) -> GaussianMixture {
    GaussianMixture(
      centers: centers, deviation: (deviation * deviation + noise * noise).squareRoot())
  }

  private func middles(_ like: Tensor) -> Tensor {
    Tensor(centers.map { [$0.x, $0.y] }).to(like.dtype)
  }

  private func squares(_ points: Tensor) -> Tensor {
    (points.expandingAxis(1) - middles(points)).square().sum(axis: 2)
  }

  /// ln p(x), `(B)` of `(B, 2)`.
  public func logDensity(_ points: Tensor) -> Tensor {
    let variance = deviation * deviation
    return (squares(points) / (-2 * variance)).logSumExp(axis: 1)
      - log(2 * Double.pi * variance * Double(centers.count))
  }

  /// ∇ ln p(x), `(B, 2)`, in closed form.
  public func score(_ points: Tensor) -> Tensor {
    let variance = deviation * deviation
    let shares = (squares(points) / (-2 * variance)).softmax(axis: 1)
    return (shares.matmul(middles(points)) - points) / variance
  }

  /// E[x | y] where y = x + N(0, noise²): the mean over the modes of the posterior means.
  public func denoised(_ points: Tensor, noise: Double) -> Tensor {
    let (own, added) = (deviation * deviation, noise * noise)
    let shares = (squares(points) / (-2 * (own + added))).softmax(axis: 1)
    let middle = shares.matmul(middles(points))
    return (middle * added + points * own) / (own + added)
  }
}

import Messages
import Torch

/// A Gaussian fitted to feature vectors: mean `(d)` and covariance `(d, d)` over N − 1, in float64.
public struct GaussianFit {
  public let mean: Tensor
  public let covariance: Tensor

  public init(mean: Tensor, covariance: Tensor) {
    self.mean = mean.to(.float64)
    self.covariance = covariance.to(.float64)
  }

  /// Fits features `(N, d)`, N ≥ 2.
  public init(_ features: Tensor) {
    require(
      features.rank == 2 && features.size(0) >= 2,
      "GaussianFit expected features (N, d) with N ≥ 2, received \(features.summary)")
    let values = features.detach().to(.float64)
    mean = values.mean(axis: 0)
    let centered = values - mean
    covariance = centered.transposed().matmul(centered) / Double(features.size(0) - 1)
  }

  /// The Fréchet (2-Wasserstein) distance squared of two Gaussians,
  /// ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½).
  ///
  /// The trace of the root is Σ √λ_i of the symmetric matrix Σ₁^½ Σ₂ Σ₁^½; eigenvalues that rounding
  /// made negative count as 0. With the features of Inception this number is called FID.
  public func frechetDistance(to other: GaussianFit) -> Double {
    withoutGradients {
      let (values, vectors) = covariance.symmetricEigen()
      let root = (vectors * values.clamp(minimum: 0).sqrt()).matmul(vectors.transposed())
      let product = root.matmul(other.covariance).matmul(root)
      let symmetric = (product + product.transposed()) / 2.0
      let overlap = symmetric.symmetricEigen().values.clamp(minimum: 0).sqrt().sum().item()
      let traces = covariance.trace().item() + other.covariance.trace().item()
      return (mean - other.mean).square().sum().item() + traces - 2 * overlap
    }
  }
}

/// The squared Fréchet distance of the Gaussians fitted to two sets of features, `(N, d)` and
/// `(M, d)`; see `GaussianFit.frechetDistance`.
///
/// Fewer vectors than features span a space of no more dimensions than there are vectors, in which the
/// distance is the same: the work is then d (N + M)², not d³.
public func frechetDistance(_ real: Tensor, _ fake: Tensor) -> Double {
  require(
    real.rank == 2 && fake.rank == 2 && real.size(1) == fake.size(1),
    "frechetDistance expected features (N, d) and (M, d), received \(real.summary) and "
      + fake.summary)
  return withoutGradients {
    let all = Tensor.concatenate([real, fake]).to(.float64)
    let features =
      all.size(0) < all.size(1) ? all.matmul(all.transposed().qr().q) : all
    let parts = features.split(sizes: [real.size(0), fake.size(0)])
    return GaussianFit(parts[0]).frechetDistance(to: GaussianFit(parts[1]))
  }
}

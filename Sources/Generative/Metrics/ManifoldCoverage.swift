import Messages
import Torch

/// How the balls around samples that reach to their k-th nearest neighbors of the same kind cover those of the
/// other kind: precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020).
public struct ManifoldCoverage: Sendable {
  /// The share of fake samples within the ball of some real one.
  public let precision: Double
  /// The share of real samples within the ball of some fake one.
  public let recall: Double
  /// How many balls of real samples a fake one lies in, over k; may be above 1.
  public let density: Double
  /// The share of real samples in whose ball a fake one lies.
  public let coverage: Double

  /// Compares features `(N, d)` of real samples with those `(M, d)` of fake ones, N, M > k.
  public init(real: Tensor, fake: Tensor, k: Int = 5) {
    require(
      real.rank == 2 && fake.rank == 2 && real.size(1) == fake.size(1)
        && min(real.size(0), fake.size(0)) > k && k >= 1,
      "ManifoldCoverage expected features (N, d) and (M, d) with N, M > \(k), received \(real.shape) "
        + "and \(fake.shape)")
    let (x, y) = (real.detach().to(.float64), fake.detach().to(.float64))
    /// The distance of each to the k-th nearest other, itself being the nearest of all.
    func radii(_ a: Tensor) -> Tensor {
      a.pairwiseDistances(a).topK(k + 1, axis: 1, largest: false).values.max(axis: 1)
    }
    let (realRadii, fakeRadii) = (radii(x), radii(y))
    let distances = x.pairwiseDistances(y)
    let isInReal = distances .< realRadii.expandingAxis(1)
    let isInFake = distances .< fakeRadii.expandingAxis(0)
    func share(_ isIn: Tensor, _ axis: Int) -> Double {
      isIn.any(axis: axis).to(.float64).mean().item()
    }
    precision = share(isInReal, 0)
    recall = share(isInFake, 1)
    density = isInReal.to(.float64).sum(axis: 0).mean().item() / Double(k)
    coverage = (distances.min(axis: 1) .< realRadii).to(.float64).mean().item()
  }
}

import Messages
import Torch

/// Measures by nearest neighbors; inputs `(N, …)` are compared as flat vectors by Euclidean distance.
public enum Neighbors {
  /// The mean distance from each fake sample to the nearest real one (quality), and from each real
  /// sample to the nearest fake one (coverage).
  public static func distances(
    fake: Tensor, real: Tensor, portion: Int = 1024
  ) -> (quality: Double, coverage: Double) {
    (
      quality: nearest(from: fake, to: real, portion: portion).mean().item(),
      coverage: nearest(from: real, to: fake, portion: portion).mean().item()
    )
  }

  /// The distance of each sample to its nearest among `others`, `(N)`.
  public static func nearest(from samples: Tensor, to others: Tensor, portion: Int = 1024) -> Tensor
  {
    let targets = others.detach().flattened(from: 1)
    return .concatenate(
      samples.detach().flattened(from: 1).split(portion).map {
        $0.pairwiseDistances(targets).min(axis: 1)
      })
  }

  /// The mean share of the k nearest codes that have the query's class, the query left out.
  public static func purity(_ codes: Tensor, labels: Tensor, k: Int = 5) -> Double {
    let count = codes.size(0)
    require(
      count > k && labels.shape == [count],
      "purity expected more than \(k) codes and as many labels, received \(codes.shape), "
        + "\(labels.shape)")
    let distances = codes.detach().flattened(from: 1).to(.float64)
    let matrix = distances.pairwiseDistances(distances)
      .maskedFill(Tensor.identity(count).to(.bool), .infinity)
    let nearest = matrix.topK(k, axis: 1, largest: false).indices
    let classes = labels.gatherRows(nearest.reshaped(-1)).reshaped(count, k)
    return (classes .== labels.expandingAxis(1)).to(.float64).mean().item()
  }
}

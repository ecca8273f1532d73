import Messages
import Torch

/// Implicit maximum likelihood: every real sample draws the fake one that is nearest to it, so that none is
/// left out (Li and Malik 2018, arXiv 1809.09087; Su Jianlin, kexue.fm/archives/6394).
public enum NearestNeighborMatching {
  /// For each of `samples` `(M, …)` the place of its nearest among `others` `(N, …)`, `(M)`; exact, by
  /// Euclidean distance, without gradient.
  public static func nearest(to samples: Tensor, among others: Tensor, portion: Int = 1024)
    -> Tensor
  {
    withoutGradients {
      let targets = others.flattened(from: 1)
      return .concatenate(
        samples.flattened(from: 1).split(portion).map {
          $0.pairwiseDistances(targets).argmin(axis: 1)
        })
    }
  }

  /// mean_i min_j ‖x_i − y_j‖²: the real samples' distances to their nearest fakes. Its gradient reaches the
  /// chosen fakes only.
  public static func forwardLoss(real: Tensor, fake: Tensor) -> Tensor {
    let chosen = fake.gatherRows(nearest(to: real, among: fake))
    return (real - chosen).square().flattened(from: 1).sum(axis: 1).mean()
  }

  /// The same in the direction of the reverse divergence, with a margin m:
  ///
  ///     mean_i [min_j ‖y_i − x_j‖² + relu(m − min_j ‖y_i − y'_j‖²)]
  ///
  /// fakes y move to real samples and away from other fakes y', which must be of another draw. The article
  /// prints a minus before the whole; its derivation gives plus.
  public static func reverseLoss(
    fake: Tensor, otherFake: Tensor, real: Tensor, margin: Double
  ) -> Tensor {
    require(
      !(fake.shape == otherFake.shape && fake.detach().equals(otherFake.detach())),
      "NearestNeighborMatching.reverseLoss expected fakes of two draws, received the same twice")
    func squares(_ others: Tensor) -> Tensor {
      (fake - others.gatherRows(nearest(to: fake, among: others))).square().flattened(from: 1)
        .sum(axis: 1)
    }
    return (squares(real) + (margin - squares(otherFake)).relu()).mean()
  }
}

import Layers
import Messages
import Torch

/// A discriminator's last layer that scores a feature vector, rejects the direction that it scored by, and
/// scores what is left: features v `(B, d)` to N scores `(B, N)`,
///
///     v_1 = v,   D_k = ⟨v_k, w_k⟩,   v_{k+1} = v_k − ⟨v_k, w_k⟩/‖w_k‖² · w_k
///
/// N = 1 is a dense layer without bias. v_{k+1} is orthogonal to w_k, though not to the directions before
/// it. `weight` is `(N, d)`, Glorot-uniform. Used with `ScoreHead.scores`. Yan et al. 2019
/// (arXiv 1911.10979); Su Jianlin, kexue.fm/archives/7105.
public final class CascadingRejection: Layer {
  public let weight: Parameter

  /// - Parameter count: N, less than the number of features.
  public init(
    _ features: Int, count: Int, weightInitializer: Initializer = .glorotUniform,
    generator: RandomGenerator? = nil
  ) {
    require(
      1..<features ~= count,
      "CascadingRejection expected 1 to \(features - 1) scores of \(features) features, received "
        + "\(count)")
    // Each direction by itself, so that the first is a dense head's.
    weight = Parameter(
      .concatenate(
        (0..<count).map { _ in weightInitializer([1, features], generator: generator) }))
    super.init()
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { cascade(input).scores }

  /// The scores `(B, N)` and what is left after the last rejection, `(B, d)`.
  public func cascade(_ input: Tensor) -> (scores: Tensor, rest: Tensor) {
    require(
      input.rank == 2 && input.size(1) == weight.shape[1],
      "CascadingRejection expected (B, \(weight.shape[1])), received \(input.shape)")
    var rest = input
    var scores: [Tensor] = []
    for direction in weight.value.unbound(0) {
      let score = rest.matmul(direction)
      scores.append(score)
      rest = rest - (score / (direction.square().sum() + 1e-12)).expandingAxis(1) * direction
    }
    return (.stack(scores, axis: 1), rest)
  }
}

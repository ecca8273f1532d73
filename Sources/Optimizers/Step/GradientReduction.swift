import Layers
import Torch

/// Makes of the gradients of this rank's part of a batch those of the whole batch.
///
/// A gradient is a mean, Σ n_r g_r / Σ n_r over ranks r: numerators and denominators are summed apart, so that ranks
/// with few examples do not count as much as others.
public protocol GradientReduction: AnyObject {
  /// The gradients times what this rank's part counts, n_r / Σ n_r.
  func scaled(_ gradients: [Tensor?]) -> [Tensor?]

  /// Told of the gradient of one parameter while the pass that finds the others still runs; `sum` comes next.
  func receive(_ gradient: Tensor, at index: Int)

  /// The sums of scaled gradients over all ranks, by parameter; `nil` where no rank has a gradient. On a rank that has none while another
  /// has, it counts as zeros. They hold until the next sum.
  func sum(_ gradients: [Tensor?], areScaled: Bool) -> [Tensor?]

  /// Of gradients of the whole batch those by which this rank is to update; `nil` for parameters that another rank
  /// updates.
  func own(_ gradients: [Tensor?]) -> [Tensor?]

  /// Gives all ranks the parameters that one of them has updated.
  func exchangeParameters()
}

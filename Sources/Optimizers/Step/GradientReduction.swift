import Layers
import Torch

/// Makes of the gradients of this rank's part of a batch those of the whole batch.
///
/// A gradient is a mean, Σ n_r g_r / Σ n_r over ranks r: numerators and denominators are summed apart, so that ranks
/// with few examples do not count as much as others.
public protocol GradientReduction: AnyObject {
  /// The gradients times what this rank's part counts, n_r / Σ n_r.
  func scaled(_ gradients: [Tensor?]) -> [Tensor?]

  /// The sums of scaled gradients over all ranks, by parameter; `nil` where no rank has a gradient. On a rank that has none while another
  /// has, it counts as zeros.
  func sum(_ gradients: [Tensor?], _ parameters: [Parameter], areScaled: Bool) -> [Tensor?]
}

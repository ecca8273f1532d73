import Foundation
import Torch

/// What depends on how many keys a query sees.
enum SeenKeys {
  /// l, the number of keys that each query sees: `(B or 1, 1, L or 1, 1)`.
  static func count(_ step: TransformerCache.Step, dtype: DType) -> Tensor {
    let keys = step.keyPositions.size(1)
    if let mask = step.mask { return mask.to(dtype).sum(axis: -1, keepAxes: true) }
    if step.isCausal {
      return (Tensor.range(keys, device: step.keyPositions.device).to(dtype) + 1)
        .reshaped(1, 1, keys, 1)
    }
    return Tensor.full(
      [1, 1, 1, 1], Double(keys), dtype: dtype, device: step.keyPositions.device)
  }

  /// ln max(l, 16) / ln 512, by which queries are multiplied.
  static func scale(_ step: TransformerCache.Step, dtype: DType) -> Tensor {
    count(step, dtype: dtype).clamp(minimum: 16).log() * (1 / log(512.0))
  }
}

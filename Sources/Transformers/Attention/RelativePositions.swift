import Foundation
import Torch

/// Positions of keys seen from queries, and what models make of the distance.
enum RelativePositions {
  /// k − q for positions of queries `(B or 1, L)` and keys `(B or 1, S)`: `(B or 1, L, S)`.
  static func distances(from queries: Tensor, to keys: Tensor) -> Tensor {
    keys.expandingAxis(1) - queries.expandingAxis(2)
  }

  /// NEZHA's vectors `(L, S, size)`, or `(B, L, S, size)` where rows differ: row d + limit of a table of sines
  /// and cosines, for the distance d clipped at ± limit.
  static func vectors(_ distances: Tensor, limit: Int, size: Int, dtype: DType) -> Tensor {
    let rows =
      distances.clamp(minimum: Double(-limit), maximum: Double(limit)).to(.int64) + limit
    let table = SinusoidalTable.vectors(
      Tensor.range(2 * limit + 1, device: distances.device), size: size, dtype: dtype)
    let vectors = table.embedding(rows)
    return vectors.size(0) == 1 ? vectors.squeezed(0) : vectors
  }

  /// T5's classes of distance: half of them exact, the others growing with the logarithm up to `limit`, where
  /// the last begins. Keys after the query have classes of their own, or the first in a causal model.
  static func buckets(_ distances: Tensor, count: Int, limit: Int, isCausal: Bool) -> Tensor {
    let classes = isCausal ? count : count / 2
    let back = isCausal ? (-distances).clamp(minimum: 0).to(.int64) : distances.abs()
    let exact = classes / 2
    // In float32, as in the original: the borders between classes depend on the rounding.
    let scaled =
      (back.to(.float32) / Double(exact)).log() / log(Double(limit) / Double(exact))
      * Double(classes - exact)
    // log 0 = −∞ has no integer; those are exact anyway.
    let far = (scaled.clamp(minimum: 0).to(.int64) + exact).clamp(maximum: Double(classes - 1)).to(
      .int64)
    let bucket = far.replacing(with: back, where: back .< exact)
    return isCausal ? bucket : bucket + (distances .> 0).to(.int64) * classes
  }
}

extension Tensor {
  /// softmax(Q Kᵀ · scale + mask) V with libtorch's fused kernels; `self` is Q.
  ///
  /// Shapes: Q `(B, H, L, D)`, K and V `(B, H, S, D)`; the result is `(B, H, L, D)`.
  ///
  /// - Parameters:
  ///   - mask: Bool, true where attention is allowed, or a number to add; broadcast to (B, H, L, S).
  ///   - scale: 1/√D by default.
  public func scaledDotProductAttention(
    keys: Tensor, values: Tensor, mask: Tensor? = nil, dropout: Double = 0, isCausal: Bool = false,
    scale: Double? = nil
  ) -> Tensor {
    ATen.attention.tensor(self, keys, values, mask, dropout, isCausal, scale)
  }

  /// Rows of a table `(V, D)` at integer positions `(…)`: `(…, D)`. `self` is the table.
  ///
  /// The gradient of the row `paddingIndex` is zero.
  public func embedding(_ indices: Tensor, paddingIndex: Int = -1, sparse: Bool = false) -> Tensor {
    ATen.embedding.tensor(self, indices, paddingIndex, false, sparse)
  }
}

extension ATen {
  static let attention = Operator("scaled_dot_product_attention")
  static let embedding = Operator("embedding")
}

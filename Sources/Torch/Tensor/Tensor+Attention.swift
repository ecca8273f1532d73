import Messages

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
    require(
      (0...1).contains(dropout),
      "attention expected a dropout rate within 0...1, received \(dropout)")
    if let mask, rank == 4, keys.rank == 4 {
      let scores = [size(0), size(1), size(2), keys.size(2)]
      require(
        mask.isBroadcastable(to: scores),
        "attention expected a mask that broadcasts to (B, H, L, S) = \(scores), received shape "
          + "\(mask.shape)")
    }
    if SecondDerivatives.areWanted {
      return ATen.attentionBySteps.tensors(
        self, keys, values, mask, dropout, isCausal, nil, scale)[0]
    }
    return ATen.attention.tensor(self, keys, values, mask, dropout, isCausal, scale)
  }

  /// Rows of a table `(V, D)` at integer positions `(…)`: `(…, D)`. `self` is the table.
  ///
  /// The gradient of the row `paddingIndex` is zero; negative ones count from the end.
  ///
  /// PyTorch: `embedding`; TensorFlow: `embedding_lookup`.
  public func embedding(
    _ indices: Tensor, paddingIndex: Int? = nil, sparse: Bool = false
  ) -> Tensor {
    // libtorch takes every negative number for none.
    ATen.embedding.tensor(
      self, indices.asPositions, paddingIndex.map(rowIndex) ?? -1, false, sparse)
  }

  /// The row that `index` names, counted from the end if it is negative.
  package func rowIndex(_ index: Int) -> Int {
    let rows = size(0)
    require(
      -rows..<rows ~= index, "embedding expected a padding row among \(rows), received \(index)")
    return index < 0 ? index + rows : index
  }
}

/// Whether operators must have second derivatives, which fused attention lacks.
public enum SecondDerivatives {
  @TaskLocal static var areWanted = false

  /// Runs `body` with operators whose gradients can be differentiated.
  public static func provided<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $areWanted.withValue(true, operation: body)
  }
}

extension ATen {
  static let attentionBySteps = Operator("_scaled_dot_product_attention_math")
  static let attention = Operator("scaled_dot_product_attention")
  static let embedding = Operator("embedding")
}

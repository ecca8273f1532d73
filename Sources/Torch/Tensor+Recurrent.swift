extension Tensor {
  /// Several layers of LSTM over `(B, L, D)` with libtorch's fused kernels.
  ///
  /// - Parameters:
  ///   - hidden: `(layers · directions, B, H)`; `cell` likewise.
  ///   - weights: Per layer and direction: input `(4H, D)`, hidden `(4H, H)`, and their biases
  ///     `(4H)` if `hasBiases`. Gates lie in the order input, forget, candidate, output.
  /// - Returns: The outputs `(B, L, directions · H)` and the last hidden and cell states.
  public func lstm(
    hidden: Tensor, cell: Tensor, weights: [Tensor], hasBiases: Bool, layerCount: Int,
    dropout: Double, training: Bool, isBidirectional: Bool
  ) -> (output: Tensor, hidden: Tensor, cell: Tensor) {
    let results = ATen.lstm.tensors(
      self, [hidden, cell], weights, hasBiases, layerCount, dropout, training, isBidirectional, true
    )
    return (results[0], results[1], results[2])
  }

  /// Several layers of GRU over `(B, L, D)` with libtorch's fused kernels.
  ///
  /// Shapes as for `lstm`, with 3H for 4H; gates lie in the order reset, update, candidate.
  public func gru(
    hidden: Tensor, weights: [Tensor], hasBiases: Bool, layerCount: Int, dropout: Double,
    training: Bool, isBidirectional: Bool
  ) -> (output: Tensor, hidden: Tensor) {
    let results = ATen.gru.tensors(
      self, hidden, weights, hasBiases, layerCount, dropout, training, isBidirectional, true)
    return (results[0], results[1])
  }
}

extension ATen {
  static let lstm = Operator("lstm", "input")
  static let gru = Operator("gru", "input")
}

import Messages

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

  // Sequences of different lengths run packed: step after step, each over the sequences that are
  // still going. Sequences must come in order of falling length.

  /// Packs `(B, L, D)` by the lengths `(B)`: the steps' rows `(Σ lengths, D)` and how many each has.
  ///
  /// Traps on lengths below 1 or above L; libtorch reads them on the CPU anyway.
  /// PyTorch: `pack_padded_sequence`.
  public func packedSequences(lengths: Tensor) -> (data: Tensor, batchSizes: Tensor) {
    let steps = size(1)
    for extreme in lengths.count == 0 ? [] : [lengths.min(), lengths.max()] {
      let length = Int(extreme.item())
      require(
        1...steps ~= length,
        "packedSequences expected lengths within 1...\(steps), received \(length)")
    }
    let results = ATen.packSequences.tensors(self, lengths, true)
    return (results[0], results[1])
  }

  /// Undoes `packedSequences`, with zeros after each sequence's end up to `length`.
  /// PyTorch: `pad_packed_sequence`.
  public func unpackedSequences(batchSizes: Tensor, length: Int) -> Tensor {
    ATen.unpackSequences.tensors(self, batchSizes, true, 0.0, length)[0]
  }

  /// As `lstm`, over packed sequences.
  public func packedLSTM(
    batchSizes: Tensor, hidden: Tensor, cell: Tensor, weights: [Tensor], hasBiases: Bool,
    layerCount: Int, dropout: Double, training: Bool, isBidirectional: Bool
  ) -> (output: Tensor, hidden: Tensor, cell: Tensor) {
    let results = ATen.packedLSTM.tensors(
      self, batchSizes, [hidden, cell], weights, hasBiases, layerCount, dropout, training,
      isBidirectional)
    return (results[0], results[1], results[2])
  }

  /// As `gru`, over packed sequences.
  public func packedGRU(
    batchSizes: Tensor, hidden: Tensor, weights: [Tensor], hasBiases: Bool, layerCount: Int,
    dropout: Double, training: Bool, isBidirectional: Bool
  ) -> (output: Tensor, hidden: Tensor) {
    let results = ATen.packedGRU.tensors(
      self, batchSizes, hidden, weights, hasBiases, layerCount, dropout, training, isBidirectional)
    return (results[0], results[1])
  }
}

extension ATen {
  static let packSequences = Operator("_pack_padded_sequence")
  static let unpackSequences = Operator("_pad_packed_sequence")
  static let packedLSTM = Operator("lstm", "data")
  static let packedGRU = Operator("gru", "data")
  static let lstm = Operator("lstm", "input")
  static let gru = Operator("gru", "input")
}

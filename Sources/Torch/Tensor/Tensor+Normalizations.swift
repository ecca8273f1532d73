extension Tensor {
  /// (x − mean) / √(variance + ε) · weight + bias over the last axes, of lengths `shape`.
  public func layerNorm(
    _ shape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    ATen.layerNorm.tensor(self, shape, weight, bias, epsilon)
  }

  /// Normalizes each channel of `(B, C, …)`: by the batch's statistics if `training`, which then
  /// also move the running ones by `momentum`; by the running ones otherwise.
  public func batchNorm(
    weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVariance: Tensor?,
    training: Bool, momentum: Double, epsilon: Double
  ) -> Tensor {
    ATen.batchNorm.tensor(
      self, weight, bias, runningMean, runningVariance, training, momentum, epsilon, true)
  }

  /// Normalizes each sample of `(B, C, …)` over groups of channels.
  public func groupNorm(
    _ groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    ATen.groupNorm.tensor(self, groups, weight, bias, epsilon, true)
  }

  /// x / max(‖x‖, ε) along an axis.
  public func normalized(_ axis: Int = -1, order: Double = 2, epsilon: Double = 1e-12) -> Tensor {
    self / norm(axis, order: order, keepAxes: true).clamp(minimum: epsilon)
  }
}

extension ATen {
  static let layerNorm = Operator("layer_norm")
  static let batchNorm = Operator("batch_norm")
  static let groupNorm = Operator("group_norm")
}

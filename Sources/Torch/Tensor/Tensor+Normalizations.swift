import Messages

extension Tensor {
  /// (x − mean) / √(variance + ε) · weight + bias over the last axes, of lengths `shape`.
  public func layerNorm(
    _ shape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    ATen.layerNorm.tensor(self, shape, weight, bias, epsilon)
  }

  /// Normalizes each channel of `(B, C, …)`: by the batch's statistics if `training`, which then
  /// also move the running ones by `momentum`; by the running ones otherwise.
  ///
  /// Traps if the batch has one value per channel, whose variance says nothing: the result would be
  /// the bias, whatever the input.
  public func batchNorm(
    weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVariance: Tensor?,
    training: Bool, momentum: Double, epsilon: Double
  ) -> Tensor {
    require(
      !training || rank < 2 || count > size(1),
      "batch normalization by the batch expected more than 1 value per channel, received shape "
        + "\(shape); give it more samples, or evaluate()")
    return ATen.batchNorm.tensor(
      self, weight, bias, runningMean, runningVariance, training, momentum, epsilon, true)
  }

  /// Normalizes each sample of `(B, C, …)` over groups of channels. Traps if a group has one value.
  public func groupNorm(
    _ groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) -> Tensor {
    require(
      rank < 2 || count == 0 || count / size(0) > groups,
      "normalization of \(groups) groups expected more than 1 value in each, received shape \(shape)"
    )
    return ATen.groupNorm.tensor(self, groups, weight, bias, epsilon, true)
  }

  /// x / max(‖x‖, ε) along an axis.
  public func normalized(axis: Int = -1, order: Double = 2, epsilon: Double = 1e-12) -> Tensor {
    self / norm(axis: axis, order: order, keepAxes: true).clamp(minimum: epsilon)
  }
}

extension ATen {
  static let layerNorm = Operator("layer_norm")
  static let batchNorm = Operator("batch_norm")
  static let groupNorm = Operator("group_norm")
}

extension Tensor {
  /// How a loss joins its elements.
  public enum Reduction: Int, Sendable {
    case none = 0
    case mean = 1
    case sum = 2
  }

  /// −ln softmax(self)[target], self `(B, C, …)` logits, target `(B, …)` int64 classes or
  /// `(B, C, …)` probabilities.
  public func crossEntropy(
    _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean, ignoreIndex: Int = -100,
    labelSmoothing: Double = 0
  ) -> Tensor {
    ATen.crossEntropy.tensor(
      self, target, weight, reduction.rawValue, ignoreIndex, labelSmoothing)
  }

  /// −t ln σ(x) − (1 − t) ln(1 − σ(x)), without overflow; `self` holds the logits x.
  public func binaryCrossEntropyWithLogits(
    _ target: Tensor, weight: Tensor? = nil, positiveWeight: Tensor? = nil,
    reduction: Reduction = .mean
  ) -> Tensor {
    ATen.binaryCrossEntropy.tensor(self, target, weight, positiveWeight, reduction.rawValue)
  }

  /// (self − target)².
  public func squaredError(_ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    ATen.mseLoss.tensor(self, target, reduction.rawValue)
  }

  /// |self − target|.
  public func absoluteError(_ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    ATen.l1Loss.tensor(self, target, reduction.rawValue)
  }

  /// Quadratic up to `delta`, linear beyond.
  public func huberLoss(
    _ target: Tensor, delta: Double = 1, reduction: Reduction = .mean
  ) -> Tensor {
    ATen.huberLoss.tensor(self, target, reduction.rawValue, delta)
  }
}

extension ATen {
  static let crossEntropy = Operator("cross_entropy_loss")
  static let binaryCrossEntropy = Operator("binary_cross_entropy_with_logits")
  static let mseLoss = Operator("mse_loss")
  static let l1Loss = Operator("l1_loss")
  static let huberLoss = Operator("huber_loss")
}

import Messages

// libtorch's kernels broadcast a prediction and its target in silence: (B, 1) against (B) gives the loss
// of B² pairs, and of `mse_loss` and `huber_loss` a wrong gradient besides. PyTorch checks before it calls
// them; so does this file.

extension Tensor {
  /// How a loss joins its elements.
  public enum Reduction: Int, Sendable {
    case none = 0
    case mean = 1
    case sum = 2
  }

  /// −ln softmax(self)[target], self `(B, C, …)` logits, target `(B, …)` classes (integers) or
  /// `(B, C, …)` probabilities. Classes equal to `ignoreIndex` do not count.
  ///
  /// PyTorch: `cross_entropy`; Keras: (sparse) categorical cross-entropy from logits.
  public func crossEntropy(
    _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean, ignoreIndex: Int = -100,
    labelSmoothing: Double = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    // Of one class the probability is 1, whatever the score, and the loss 0; without a batch, the batch
    // would be taken for classes.
    require(
      rank >= 2 && size(1) > 1,
      "crossEntropy expected scores (B, C, …) of at least 2 classes, received shape \(shape); for one "
        + "score there is binaryCrossEntropyWithLogits", file: file, line: line)
    let isProbability = target.dtype.isFloatingPoint
    require(
      isProbability
        ? hasShape(of: target) : target.dtype != .bool && target.shape == shapeWithoutClasses,
      "crossEntropy expected classes (integers) of shape \(shapeWithoutClasses) or probabilities of shape "
        + "\(shape), received \(target.summary)", file: file, line: line)
    // libtorch's kernel takes int64 only.
    return ATen.crossEntropy.tensor(
      self, isProbability ? target : target.to(.int64), weight, reduction.rawValue, ignoreIndex,
      labelSmoothing)
  }

  private var shapeWithoutClasses: [Int] { [size(0)] + shape.dropFirst(2) }

  /// −t ln σ(x) − (1 − t) ln(1 − σ(x)), without overflow; `self` holds the logits x, `target` the
  /// probabilities t, of the same shape.
  /// PyTorch: `binary_cross_entropy_with_logits`; Keras: `binary_crossentropy` from logits.
  ///
  /// - Parameters:
  ///   - weight: A factor of each loss, broadcast to its shape.
  ///   - positiveWeight: A factor of each t, broadcast to its shape.
  public func binaryCrossEntropyWithLogits(
    _ target: Tensor, weight: Tensor? = nil, positiveWeight: Tensor? = nil,
    reduction: Reduction = .mean, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    requireShape(of: target, "binaryCrossEntropyWithLogits", file: file, line: line)
    requireTarget(target, within: 0...1, "binaryCrossEntropyWithLogits")
    for factor in [weight, positiveWeight].compactMap(\.self) {
      require(
        factor.isBroadcastable(to: shape),
        "binaryCrossEntropyWithLogits expected weights that broadcast to \(shape), received shape "
          + "\(factor.shape)")
    }
    return ATen.binaryCrossEntropy.tensor(self, target, weight, positiveWeight, reduction.rawValue)
  }

  /// (self − target)², of tensors of one shape. PyTorch and Keras: `mse_loss`, mean squared error.
  public func squaredError(
    _ target: Tensor, reduction: Reduction = .mean, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    requireShape(of: target, "squaredError", file: file, line: line)
    return ATen.mseLoss.tensor(self, target, reduction.rawValue)
  }

  /// |self − target|, of tensors of one shape. PyTorch and Keras: `l1_loss`, mean absolute error.
  public func absoluteError(
    _ target: Tensor, reduction: Reduction = .mean, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    requireShape(of: target, "absoluteError", file: file, line: line)
    return ATen.l1Loss.tensor(self, target, reduction.rawValue)
  }

  /// Quadratic up to `delta`, linear beyond, of tensors of one shape.
  /// PyTorch: `huber_loss`, `smooth_l1_loss` at delta 1.
  public func huberLoss(
    _ target: Tensor, delta: Double = 1, reduction: Reduction = .mean,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    requireShape(of: target, "huberLoss", file: file, line: line)
    require(delta > 0, "huberLoss expected a delta above 0, received \(delta)")
    return ATen.huberLoss.tensor(self, target, reduction.rawValue, delta)
  }
}

extension Tensor {
  /// Traps unless `target` has the shape of `self`, the prediction of the loss called `name`.
  package func requireShape(
    of target: Tensor, _ name: String, file: StaticString = #fileID, line: UInt = #line
  ) {
    require(
      hasShape(of: target),
      "\(name) expected a prediction and a target of one shape, received \(shape) and "
        + "\(target.shape); reshape or broadcast(to:) one of them", file: file, line: line)
  }

  /// Traps if a target on the CPU leaves `range`. On other devices the look would wait for them.
  package func requireTarget(_ target: Tensor, within range: ClosedRange<Double>, _ name: String) {
    guard target.device == .cpu, target.count > 0, target.dtype != .bool else { return }
    let target = target.detach()
    let (low, high) = (target.min().item(), target.max().item())
    require(
      !(low < range.lowerBound || high > range.upperBound),
      "\(name) expected targets within \(range.lowerBound) and \(range.upperBound), received "
        + "\(low) to \(high)")
  }

  /// Whether axes of length 1 can be repeated so that the tensor gets `shape`.
  package func isBroadcastable(to shape: [Int]) -> Bool {
    rank <= shape.count
      && zip(self.shape.reversed(), shape.reversed()).allSatisfy { $0 == 1 || $0 == $1 }
  }
}

extension ATen {
  static let crossEntropy = Operator("cross_entropy_loss")
  static let binaryCrossEntropy = Operator("binary_cross_entropy_with_logits")
  static let mseLoss = Operator("mse_loss")
  static let l1Loss = Operator("l1_loss")
  static let huberLoss = Operator("huber_loss")
}

import Messages
import Torch

// Losses as methods of the prediction, beside those of `Torch` (`crossEntropy` with smoothing,
// `binaryCrossEntropyWithLogits`, `squaredError`, `absoluteError`, `huberLoss`). Each gives one number
// per sample or element, which `reduction` joins.

extension Tensor {
  /// The elements, their mean, or their sum.
  public func reduced(_ reduction: Reduction) -> Tensor {
    switch reduction {
    case .none: self
    case .mean: mean()
    case .sum: sum()
    }
  }

  /// Hinge loss max(0, margin − t · s) of scores s with targets t = ±1, of one shape.
  public func hingeLoss(
    _ target: Tensor, margin: Double = 1, squared: Bool = false, reduction: Reduction = .mean
  ) -> Tensor {
    requireShape(of: target, "hingeLoss")
    requireSigns(target, "hingeLoss")
    let loss = (margin - self * target).relu()
    return (squared ? loss.square() : loss).reduced(reduction)
  }

  /// Multiclass hinge loss Σ_{j ≠ t} max(0, margin − s_t + s_j) / C of scores `(B, C)`, classes `(B)`:
  /// Weston and Watkins 1999.
  public func multiclassHingeLoss(
    _ target: Tensor, margin: Double = 1, reduction: Reduction = .mean
  ) -> Tensor {
    checkClasses(target, "multiclassHingeLoss")
    let correct = gather(target.expandingAxis(1), axis: 1)
    let violations = (margin - correct + self).relu()
    let others = 1 - target.oneHot(size(1)).to(dtype)
    return ((violations * others).sum(axis: 1) / Double(size(1))).reduced(reduction)
  }

  /// Focal loss −(1 − p_t)^γ ln p_t of logits `(B, C)` with classes `(B)`, by default γ 2: Lin et al.
  /// 2017. γ = 0 is cross-entropy; `classWeights` `(C)` are the paper's α.
  public func focalLoss(
    _ target: Tensor, gamma: Double = 2, classWeights: Tensor? = nil, reduction: Reduction = .mean
  ) -> Tensor {
    checkClasses(target, "focalLoss")
    require(
      classWeights.map { $0.shape == [size(1)] } ?? true,
      "focalLoss expected \(size(1)) class weights, received shape \(classWeights?.shape ?? [])")
    let logProbability = logSoftmax(axis: 1).gather(target.expandingAxis(1), axis: 1).squeezed(1)
    let weight = (1 - logProbability.exp()).pow(gamma)
    let loss = -(weight * logProbability)
    return (classWeights.map { loss * $0.gatherRows(target) } ?? loss).reduced(reduction)
  }

  /// Focal loss of single logits with targets 0 or 1. `positiveWeight` is the paper's α (1 − α weighs
  /// the negatives); `nil` weighs both by 1.
  public func binaryFocalLoss(
    _ target: Tensor, gamma: Double = 2, positiveWeight: Double? = nil,
    reduction: Reduction = .mean
  ) -> Tensor {
    let crossEntropy = binaryCrossEntropyWithLogits(target, reduction: .none)
    let probability = sigmoid()
    let missed = probability + target - 2 * probability * target
    let loss = missed.pow(gamma) * crossEntropy
    guard let positiveWeight else { return loss.reduced(reduction) }
    return (loss * (target * (2 * positiveWeight - 1) + (1 - positiveWeight))).reduced(reduction)
  }

  /// KL(t ‖ p) = Σ t (ln t − ln p) over the last axis; `self` holds ln p, `target` t, of one shape.
  public func klDivergence(_ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    requireShape(of: target, "klDivergence")
    requireTarget(target, within: 0...(.infinity), "klDivergence")
    // x ln x → 0 at 0: where t is 0, the logarithm is taken of 1.
    let safe = target.maskedFill(target .<= 0.0, 1)
    return (target * (safe.log() - self)).sum(axis: -1).reduced(reduction)
  }

  /// KL(N(μ, e^s) ‖ N(0, 1)) = −½ Σ (1 + s − μ² − e^s) over the last axis; `self` holds μ.
  public func gaussianKLDivergence(
    logVariance: Tensor, reduction: Reduction = .mean
  ) -> Tensor {
    requireShape(of: logVariance, "gaussianKLDivergence")
    return ((square() + logVariance.exp() - logVariance - 1).sum(axis: -1) * 0.5).reduced(reduction)
  }

  /// a · b / (‖a‖ ‖b‖) along an axis, which is of one length in both; other axes broadcast. 0 where a
  /// norm is 0.
  public func cosineSimilarity(_ other: Tensor, axis: Int = -1, epsilon: Double = 1e-8) -> Tensor {
    require(
      size(axis) == other.size(axis),
      "cosineSimilarity expected axis \(axis) of one length, received shapes \(shape) and \(other.shape)"
    )
    let others = other.normalized(axis: axis, epsilon: epsilon)
    return (normalized(axis: axis, epsilon: epsilon) * others).sum(axis: axis)
  }

  /// 1 − cos for pairs `(B, D)` of label 1, max(0, cos − margin) for pairs of label −1, labels `(B)`.
  public func cosineEmbeddingLoss(
    _ other: Tensor, labels: Tensor, margin: Double = 0, reduction: Reduction = .mean
  ) -> Tensor {
    requireShape(of: other, "cosineEmbeddingLoss")
    require(
      labels.shape.elementsEqual(shape.dropLast()),
      "cosineEmbeddingLoss expected labels of shape \(Array(shape.dropLast())), received \(labels.shape)"
    )
    requireSigns(labels, "cosineEmbeddingLoss")
    let similarity = cosineSimilarity(other)
    return (1 - similarity).replacing(with: (similarity - margin).relu(), where: labels .< 0.0)
      .reduced(reduction)
  }

  /// max(0, ‖a − p‖ − ‖a − n‖ + margin) for anchors, positives, negatives `(B, D)`.
  public func tripletLoss(
    positive: Tensor, negative: Tensor, margin: Double = 1, reduction: Reduction = .mean
  ) -> Tensor {
    requireShape(of: positive, "tripletLoss")
    requireShape(of: negative, "tripletLoss")
    return ((self - positive).norm(axis: -1) - (self - negative).norm(axis: -1) + margin).relu()
      .reduced(
        reduction)
  }

  /// Cross-entropy of many labels per sample, self `(…, C)` scores, targets 0 or 1:
  /// ln(1 + Σ_neg e^s) + ln(1 + Σ_pos e^−s); scores above 0 count as predicted.
  public func multilabelCrossEntropy(
    _ target: Tensor, reduction: Reduction = .mean
  ) -> Tensor {
    requireShape(of: target, "multilabelCrossEntropy")
    let isPositive = target .> 0.5
    require(
      target.device != .cpu || isPositive.to(target.dtype).equals(target),
      "multilabelCrossEntropy expected targets 0 and 1, received others")
    let zero = Tensor.zeros(like: narrowed(-1, start: 0, length: 1))
    let negatives = maskedFill(isPositive, -.infinity)
    let positives = (-self).maskedFill(isPositive.logicalNot(), -.infinity)
    let terms = [negatives, positives].map {
      Tensor.concatenate([$0, zero], axis: -1).logSumExp(axis: -1)
    }
    return (terms[0] + terms[1]).reduced(reduction)
  }

  /// Traps if a target on the CPU is neither 1 nor −1; 0 for the negative class would count as none.
  private func requireSigns(_ target: Tensor, _ name: String) {
    require(
      target.device != .cpu || (target.detach().square() .== 1).all().item() != 0,
      "\(name) expected targets 1 and -1, received others")
  }

  private func checkClasses(_ target: Tensor, _ name: String) {
    require(
      rank == 2 && size(1) > 1 && target.rank == 1 && target.size(0) == size(0),
      "\(name) expected scores (B, C) of at least 2 classes and classes (B), received shapes \(shape) and \(target.shape)"
    )
  }
}

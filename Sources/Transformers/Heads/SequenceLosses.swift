import Layers
import Messages
import Torch

/// Which places of a batch are predicted, and what is right there: a vocabulary's logits are computed at
/// these alone.
public struct SequenceTargets {
  /// `(N)`: places of the flattened `(B · L)`.
  public let positions: Tensor
  /// `(N)`: the tokens there.
  public let targets: Tensor

  /// The places that `isPredicted` `(B, L)` has, and the tokens of `targets` `(B, L)` there.
  public init(at isPredicted: Tensor, targets: Tensor) {
    require(
      isPredicted.shape == targets.shape,
      "SequenceTargets expected one shape, received \(isPredicted.shape) and \(targets.shape)")
    positions = isPredicted.flattened().nonzero().squeezed(1)
    self.targets = targets.flattened().gatherRows(positions)
  }

  /// UniLM's: at each place the token behind it, where that is of segment 1; tokens and segments `(B, L)`.
  /// The first token of the answer is predicted at the last place of the question.
  public static func sequenceToSequence(tokens: Tensor, segments: Tensor) -> SequenceTargets {
    next(tokens: tokens, isPredicted: segments .!= 0)
  }

  /// A language model's: at each place the token behind it, where that is there.
  public static func next(tokens: Tensor, isPredicted: Tensor) -> SequenceTargets {
    let length = tokens.size(1)
    let nothing = Tensor.zeros(like: isPredicted.narrowed(1, start: 0, length: 1))
    let shifted = Tensor.concatenate(
      [isPredicted.narrowed(1, start: 1, length: length - 1), nothing], axis: 1)
    let targets = Tensor.concatenate(
      [
        tokens.narrowed(1, start: 1, length: length - 1), tokens.narrowed(1, start: 0, length: 1),
      ], axis: 1)
    return SequenceTargets(at: shifted, targets: targets)
  }

  public var count: Int { targets.size(0) }

  /// The states `(B, L, D)` at these places: `(N, D)`.
  public func gather(_ states: Tensor) -> Tensor {
    states.flattened(from: 0, to: 1).gatherRows(positions)
  }

  /// What these places of rows of `length` are conditioned by, of `condition` `(B, m)` or `(B, L, m)`: `(N, m)`.
  func gather(condition: Tensor, length: Int) -> Tensor {
    condition.rank == 3
      ? gather(condition) : condition.gatherRows(positions.floorDivide(length))
  }

  /// Mean cross-entropy of logits `(N, V)`; 0 where nothing is predicted.
  public func loss(_ logits: Tensor) -> Tensor {
    count == 0 ? logits.sum() : logits.crossEntropy(targets)
  }

  /// The sum of the cross-entropies: with `count`, what parts of a batch are added up by. A mean of their means would
  /// weigh a part with few predicted places as much as one with many.
  public func lossSum(_ logits: Tensor) -> Tensor {
    count == 0 ? logits.sum() : logits.crossEntropy(targets, reduction: .sum)
  }

  /// How many places have the right token as their likeliest, a scalar.
  public func correctCount(_ logits: Tensor) -> Tensor {
    count == 0
      ? logits.detach().sum() : (logits.argmax(axis: 1) .== targets).to(.float32).sum()
  }

  /// The share of places whose likeliest token is right; 0 where nothing is predicted.
  public func accuracy(_ logits: Tensor) -> Tensor {
    count == 0 ? logits.detach().sum() : (logits.argmax(axis: 1) .== targets).to(.float32).mean()
  }
}

extension Tensor {
  /// `multilabelCrossEntropy` with the right classes by number: scores `(…, C)`, `classes` `(…, N)` int64, no class
  /// twice. With `ignoring` that class stands for none: padding. Nothing of size C is made beside the scores.
  public func multilabelCrossEntropy(
    classes: Tensor, ignoring padding: Int? = nil, reduction: Reduction = .mean
  ) -> Tensor {
    require(
      rank == classes.rank && shape.dropLast() == classes.shape.dropLast(),
      "multilabelCrossEntropy expected scores (…, C) and classes (…, N), received shapes \(shape) and "
        + "\(classes.shape)")
    let zero = Tensor.zeros(like: narrowed(-1, start: 0, length: 1))
    let chosen = gather(classes, axis: -1)
    var right = -chosen
    var wrong = chosen
    var all = Tensor.concatenate([self, zero], axis: -1)
    if let padding {
      let isPadding = classes .== padding
      right = right.maskedFill(isPadding, -.infinity)
      wrong = wrong.maskedFill(isPadding, -.infinity)
      let isPaddingClass = Tensor.range(size(-1) + 1, device: device) .== padding
      all = all.maskedFill(isPaddingClass, -.infinity)
    }
    let positive = Tensor.concatenate([right, zero], axis: -1).logSumExp(axis: -1)
    // ln(Σ_all − Σ_right) = ln Σ_all + ln(1 − Σ_right / Σ_all); where all are right, rounding must not
    // give less than nothing.
    let total = all.logSumExp(axis: -1)
    let share = (1 - (wrong.logSumExp(axis: -1) - total).exp()).clamp(minimum: 1e-16)
    return (positive + total + share.log()).reduced(reduction)
  }
}

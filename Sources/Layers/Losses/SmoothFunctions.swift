import Messages
import Torch

// Differentiable stand-ins for functions that are not: 函数光滑化杂谈：不可导函数的可导逼近
// (kexue.fm/archives/6620). `sharpness` is K; as it grows the smooth value tends to the hard one, and
// the gradient vanishes or bursts.

extension Tensor {
  /// max x ≈ ln(Σ e^{Kx}) / K along an axis; too large by at most ln n / K.
  public func smoothMax(axis: Int = -1, sharpness: Double = 1) -> Tensor {
    (self * sharpness).logSumExp(axis: axis) / sharpness
  }

  /// min x ≈ −ln(Σ e^{−Kx}) / K along an axis; too small by at most ln n / K.
  public func smoothMin(axis: Int = -1, sharpness: Double = 1) -> Tensor {
    -((-self).smoothMax(axis: axis, sharpness: sharpness))
  }

  /// The one-hot vector of the maximum ≈ softmax(Kx) along an axis.
  public func softOneHotArgmax(axis: Int = -1, sharpness: Double = 1) -> Tensor {
    (self * sharpness).softmax(axis: axis)
  }

  /// argmax x ≈ Σ i · softmax(Kx)_i along an axis, counting from `firstIndex` (the article: 1).
  public func softArgmax(
    axis: Int = -1, sharpness: Double = 1, firstIndex: Double = 0
  ) -> Tensor {
    let length = size(axis)
    let position = axis < 0 ? axis + rank : axis
    var shape = [Int](repeating: 1, count: rank)
    shape[position] = length
    let indices = Tensor.range(
      firstIndex, firstIndex + Double(length), dtype: dtype, device: device)
    return (softOneHotArgmax(axis: axis, sharpness: sharpness) * indices.reshaped(shape)).sum(
      axis: axis)
  }

  /// The indicator of the `count` largest elements along an axis; the values sum to `count`, and one
  /// may be a little above 1.
  ///
  /// p = 0; `count` times: p ← p + softmax((1 − p) ⊙ K(x − min x)). The shift sends what has been
  /// chosen to the minimum; without it an element of a negative x is chosen again.
  public func softTopK(_ count: Int, axis: Int = -1, sharpness: Double = 1) -> Tensor {
    require(
      (0...size(axis)).contains(count),
      "softTopK expected at most \(size(axis)) elements, received \(count) for shape \(shape)")
    let shifted = (self - min(axis: axis, keepAxes: true)) * sharpness
    var chosen = Tensor.zeros(like: self)
    for _ in 0..<count { chosen = chosen + ((1 - chosen) * shifted).softmax(axis: axis) }
    return chosen
  }

  /// The expected accuracy when classes are drawn from `self`: the mean of p_y, for probabilities
  /// `(B, C)` and classes `(B)` int64. The loss is its negative.
  ///
  /// Gradients vanish for predictions that are confidently wrong: train with cross-entropy first.
  public func smoothAccuracy(_ classes: Tensor) -> Tensor {
    require(
      rank == 2 && classes.shape == [size(0)],
      "smoothAccuracy expected probabilities (B, C) and classes (B), received shapes \(shape) and "
        + "\(classes.shape)")
    return gather(classes.expandingAxis(1), axis: 1).mean()
  }

  /// How F1 joins classes.
  public enum F1Average: Sendable {
    /// One F1 of all elements, which are decisions of the same kind: binary, or micro-averaged labels.
    case micro
    /// The mean of the F1 of each class, the last axis.
    case macro
  }

  /// F1 ≈ 2 Σ t p / Σ (t + p) of probabilities p and targets t (0 or 1) of the same shape; equal to
  /// the hard F1 where p is 0 or 1. The loss is 1 − F1.
  ///
  /// The sums run over the batch first, so the mean over small batches is biased. A class that
  /// neither occurs nor is predicted counts 0. As with accuracy: train with cross-entropy first.
  ///
  /// - Parameter epsilon: The least denominator, against 0/0.
  public func smoothF1(
    _ target: Tensor, average: F1Average, epsilon: Double = 1e-8
  ) -> Tensor {
    require(
      shape == target.shape,
      "smoothF1 expected probabilities and targets of one shape, received \(shape) and "
        + "\(target.shape)")
    let perClass = average == .macro ? reshaped(-1, size(-1)) : reshaped(-1, 1)
    let targets = target.to(dtype).reshaped(perClass.shape)
    let agreed = (perClass * targets).sum(axis: 0) * 2
    return (agreed / (perClass + targets).sum(axis: 0).clamp(minimum: epsilon)).mean()
  }
}

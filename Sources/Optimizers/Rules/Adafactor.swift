import Foundation
import Torch

/// Adafactor (Shazeer & Stern, arXiv:1804.04235): Adam's second moment, for matrices as the product
/// of row and column means.
///
/// β₂ = 1 − t^−0.8; v_r is the average of g² + ε₁ over the longest axis, v_c over the second longest,
/// v = v_r v_c / mean(v_r); u = g/√(v + ε₁), u ← u / max(1, rms(u)/d), with momentum β₁ if it is not
/// 0, times max(rms(θ), ε₂).
public struct Adafactor: UpdateRule {
  /// γ; unused if `isRelative`.
  public var learningRate: Double
  /// Whether the rate is min(1/√t, 0.01) instead, times 0.05 without parameter scale.
  public var isRelative: Bool
  /// β₁; 0 keeps no momentum.
  public var beta1: Double
  /// ε₁.
  public var epsilon: Double
  /// ε₂, the smallest scale of a parameter.
  public var smallestScale: Double
  /// d, the largest root mean square of u.
  public var clipping: Double
  /// Whether the step is proportional to the root mean square of the parameter.
  public var scalesByParameter: Bool
  /// The second moment is factored where the second-longest axis has at least this length.
  public var factoringThreshold: Int

  /// - Parameter learningRate: γ, or `nil` for min(1/√t, 0.01).
  public init(
    learningRate: Double? = 1e-3, beta1: Double = 0, epsilon: Double = 1e-30,
    smallestScale: Double = 1e-3, clipping: Double = 1, scalesByParameter: Bool = true,
    factoringThreshold: Int = 128
  ) {
    self.learningRate = learningRate ?? 0.01
    isRelative = learningRate == nil
    self.beta1 = beta1
    self.epsilon = epsilon
    self.smallestScale = smallestScale
    self.clipping = clipping
    self.scalesByParameter = scalesByParameter
    self.factoringThreshold = factoringThreshold
  }

  public var summary: String {
    "Adafactor(γ \(isRelative ? "relative" : "\(learningRate)"), β₁ \(beta1))"
  }
  public var isElementwise: Bool { false }

  public func learningRate(at step: Int) -> Double {
    guard isRelative else { return learningRate }
    return min(1 / Double(step).squareRoot(), 0.01) * (scalesByParameter ? 1 : 0.05)
  }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    var state: [(name: String, tensor: Tensor)] = []
    if let (longest, second) = factoredAxes(of: parameter.shape) {
      state = [
        ("rowMeanSquare", parameter.zerosWithoutAxis(longest)),
        ("columnMeanSquare", parameter.zerosWithoutAxis(second)),
      ]
    } else {
      state = [("meanSquare", .zeros(like: parameter))]
    }
    if beta1 > 0 { state.append(("moment", .zeros(like: parameter))) }
    return state
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    batch.parameters.indices.map { position in
      update(
        batch.parameters[position], batch.gradients[position], batch.history.map { $0[position] },
        step: batch.step)
    }
  }

  private func update(
    _ parameter: Tensor, _ gradient: Tensor, _ history: [Tensor], step: Int
  ) -> Tensor {
    let kept = 1 - Foundation.pow(Double(step), -0.8)
    let square = gradient.square() + epsilon
    let meanSquare: Tensor
    if let (longest, second) = factoredAxes(of: parameter.shape) {
      let (row, column) = (history[0], history[1])
      row.lerpInPlace(to: square.mean(axis: longest), weight: 1 - kept)
      column.lerpInPlace(to: square.mean(axis: second), weight: 1 - kept)
      let rows = row.expandingAxis(longest)
      meanSquare = rows * column.expandingAxis(second) / rows.mean(axis: second, keepAxes: true)
    } else {
      history[0].lerpInPlace(to: square, weight: 1 - kept)
      meanSquare = history[0]
    }
    var direction = gradient / (meanSquare + epsilon).sqrt()
    direction = direction / (direction.rootMeanSquare() / clipping).clamp(minimum: 1)
    if beta1 > 0, let moment = history.last {
      moment.lerpInPlace(to: direction, weight: 1 - beta1)
      direction = moment.clone()
    }
    return scalesByParameter
      ? direction * parameter.rootMeanSquare().clamp(minimum: smallestScale) : direction
  }

  /// The longest axis and the second longest, where the second moment is factored. Of equal lengths
  /// the later axis counts as longer.
  private func factoredAxes(of shape: [Int]) -> (longest: Int, second: Int)? {
    guard shape.count >= 2 else { return nil }
    let order = shape.indices.sorted { (shape[$0], $0) > (shape[$1], $1) }
    return shape[order[1]] >= factoringThreshold ? (order[0], order[1]) : nil
  }
}

extension Tensor {
  fileprivate func zerosWithoutAxis(_ axis: Int) -> Tensor {
    var shape = self.shape
    shape.remove(at: axis)
    return .zeros(shape, dtype: dtype, device: device)
  }

  fileprivate func rootMeanSquare() -> Tensor { square().mean().sqrt() }
}

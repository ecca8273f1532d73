import Foundation
import Layers
import Testing
import Torch

@testable import Optimizers

/// The problem of the golden traces: θ₀ = [1, −2, 3], g = a ⊙ θ with a = [1, 10, 0.1].
final class Quadratic {
  let weight = Parameter(Tensor([1.0, -2, 3]))
  let optimizer: Optimizer
  private let curvature = Tensor([1, 10, 0.1])

  init(_ specification: any OptimizerSpecification) {
    optimizer = Optimizer(specification, parameters: [("weight", weight)])
  }

  /// The gradient a ⊙ θ at the current value.
  func gradient(_ curvature: Tensor? = nil) -> Tensor {
    (weight.value * (curvature ?? self.curvature)).detach()
  }

  @discardableResult
  func run(_ steps: Int) -> [Double] {
    for _ in 0..<(steps * optimizer.evaluationsPerStep) {
      optimizer.step(gradients: [gradient()])
    }
    return weight.value.doubles()
  }
}

/// A rule that hides its fused kernel, so that the general path runs.
struct Unfused: UpdateRule {
  var inner: any UpdateRule
  var learningRate: Double {
    get { inner.learningRate }
    set { inner.learningRate = newValue }
  }
  var summary: String { inner.summary }
  var evaluationsPerStep: Int { inner.evaluationsPerStep }
  func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    inner.initialState(for: parameter)
  }
  func update(_ batch: RuleBatch) -> [Tensor] { inner.update(batch) }
}

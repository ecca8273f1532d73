import Torch

/// Lion (Chen et al., arXiv:2302.06675): h = sign(β₁ m + (1 − β₁) g), then m ← β₂ m + (1 − β₂) g.
public struct Lion: FusedRule {
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double

  public init(learningRate: Double = 3e-4, beta1: Double = 0.95, beta2: Double = 0.98) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    requireRanges(fractions: ["β₁": beta1, "β₂": beta2])
  }

  public var summary: String { "Lion(γ \(learningRate), β₁ \(beta1), β₂ \(beta2))" }

  public var worksInPieces: Bool { true }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    [("moment", .zeros(like: parameter))]
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    let moment = batch.history[0]
    // (1 − β₁)(g + β₁/(1 − β₁) m) has the same sign as the bracket.
    let directions = MultiTensor.sum(batch.gradients, moment, alpha: beta1 / (1 - beta1))
    MultiTensor.signInPlace(directions)
    MultiTensor.lerp(moment, to: batch.gradients, weight: 1 - beta2)
    return directions
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    MultiTensor.add(batch.parameters, update(batch), alpha: -rate)
  }
}

import Torch

/// Heun's method, the second-order Runge–Kutta step for θ′ = −∇L(θ): θ̃ = θ − γ g(θ), then
/// θ ← θ̃ − ½γ (g(θ̃) − g(θ)).
///
/// It takes two gradients of the same batch per step: the first call moves the parameters to θ̃, the
/// second one makes the step, with h = ½(g(θ) + g(θ̃)). Extensions see the step as a whole, from θ.
/// After Su Jianlin, "让Keras更酷一些！：小众的自定义优化器" (kexue.fm/archives/5879). It equals
/// Lookahead(SGD, k = 2, α = ½) where gradients are deterministic.
public struct Heun: UpdateRule {
  public var learningRate: Double

  public init(learningRate: Double = 0.01) {
    self.learningRate = learningRate
    requireRanges()
  }

  public var summary: String { "Heun(γ \(learningRate))" }
  public var evaluationsPerStep: Int { 2 }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    [("start", .zeros(like: parameter)), ("gradient", .zeros(like: parameter))]
  }

  public func probe(_ batch: RuleBatch, rate: Double) {
    MultiTensor.copy(batch.history[0], from: batch.parameters)
    MultiTensor.copy(batch.history[1], from: batch.gradients)
    MultiTensor.add(batch.parameters, batch.gradients, alpha: -rate)
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    MultiTensor.copy(batch.parameters, from: batch.history[0])
    let directions = MultiTensor.sum(batch.history[1], batch.gradients)
    MultiTensor.multiply(directions, by: 0.5)
    return directions
  }
}

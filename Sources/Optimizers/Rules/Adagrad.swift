import Torch

/// Adagrad (Duchi et al., 2011): s ← s + g², h = g / (√s + ε).
public struct Adagrad: FusedRule {
  public var learningRate: Double
  /// ε, added outside the root.
  public var epsilon: Double
  /// s before the first step.
  public var initialAccumulator: Double

  public init(
    learningRate: Double = 0.01, epsilon: Double = 1e-10, initialAccumulator: Double = 0
  ) {
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.initialAccumulator = initialAccumulator
    requireRanges(sizes: ["ε": epsilon, "first sum": initialAccumulator])
  }

  public var summary: String { "Adagrad(γ \(learningRate), ε \(epsilon))" }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    [("sumOfSquares", .full(like: parameter, initialAccumulator))]
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    let squares = batch.history[0]
    MultiTensor.addcmul(squares, batch.gradients, batch.gradients, value: 1)
    let denominator = MultiTensor.squareRoot(squares)
    MultiTensor.add(denominator, epsilon)
    return MultiTensor.quotient(batch.gradients, denominator)
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    Adagrad.kernel.perform(
      batch.parameters, batch.gradients, batch.history[0], batch.stepTensors, rate, 0.0, 0.0,
      epsilon, false)
  }

  // (self, grads, sums, steps, lr, lr decay, weight decay, ε, maximize)
  private static let kernel = Operator("_fused_adagrad_")
}

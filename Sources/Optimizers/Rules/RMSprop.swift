import Torch

/// RMSprop: v ← α v + (1 − α) g², h = g / (√v + ε); centered: h = g / (√(v − ḡ²) + ε) with
/// ḡ ← α ḡ + (1 − α) g.
public struct RMSprop: FusedRule {
  public var learningRate: Double
  /// α, how much of the mean square is kept.
  public var smoothing: Double
  /// ε, added outside the root.
  public var epsilon: Double
  /// Whether the mean square is taken around the mean.
  public var isCentered: Bool

  public init(
    learningRate: Double = 0.01, smoothing: Double = 0.99, epsilon: Double = 1e-8,
    centered: Bool = false
  ) {
    self.learningRate = learningRate
    self.smoothing = smoothing
    self.epsilon = epsilon
    isCentered = centered
    requireRanges(fractions: ["α": smoothing], sizes: ["ε": epsilon])
  }

  public var summary: String {
    "RMSprop(γ \(learningRate), α \(smoothing), ε \(epsilon)\(isCentered ? ", centered" : ""))"
  }

  public var worksInPieces: Bool { isCentered }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    let square = (name: "meanSquare", tensor: Tensor.zeros(like: parameter))
    return isCentered ? [square, ("mean", .zeros(like: parameter))] : [square]
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    MultiTensor.quotient(batch.gradients, denominators(batch))
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    guard isCentered else { return applyAsAdam(batch, rate: rate) }
    MultiTensor.addcdiv(batch.parameters, batch.gradients, denominators(batch), value: -rate)
  }

  /// RMSprop is Adam with β₁ = 0 and nothing to correct, and Adam has a kernel that does it in one pass.
  /// Its first moment is then the gradient itself, which stands in for it: it is overwritten by itself.
  private func applyAsAdam(_ batch: RuleBatch, rate: Double) {
    Adam.applyKernel(
      batch, first: batch.gradients, second: batch.history[0], rate: rate, beta1: 0,
      beta2: smoothing, epsilon: epsilon, steps: Adam.infinitelyManySteps(batch))
  }

  /// Moves the history on; √v + ε.
  private func denominators(_ batch: RuleBatch) -> [Tensor] {
    let square = batch.history[0]
    MultiTensor.multiply(square, by: smoothing)
    MultiTensor.addcmul(square, batch.gradients, batch.gradients, value: 1 - smoothing)
    let denominator: [Tensor]
    if isCentered {
      let mean = batch.history[1]
      MultiTensor.lerp(mean, to: batch.gradients, weight: 1 - smoothing)
      denominator = MultiTensor.productSum(square, mean, mean, value: -1)
      MultiTensor.squareRootInPlace(denominator)
    } else {
      denominator = MultiTensor.squareRoot(square)
    }
    MultiTensor.add(denominator, epsilon)
    return denominator
  }
}

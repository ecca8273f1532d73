import Torch

/// RMSprop: v ← α v + (1 − α) g², h = g / (√v + ε); centred: h = g / (√(v − ḡ²) + ε) with
/// ḡ ← α ḡ + (1 − α) g.
public struct RMSprop: UpdateRule {
  public var learningRate: Double
  /// α, how much of the mean square is kept.
  public var smoothing: Double
  /// ε, added outside the root.
  public var epsilon: Double
  /// Whether the mean square is taken around the mean.
  public var isCentred: Bool

  public init(
    learningRate: Double = 0.01, smoothing: Double = 0.99, epsilon: Double = 1e-8,
    centred: Bool = false
  ) {
    self.learningRate = learningRate
    self.smoothing = smoothing
    self.epsilon = epsilon
    isCentred = centred
  }

  public var summary: String {
    "RMSprop(γ \(learningRate), α \(smoothing), ε \(epsilon)\(isCentred ? ", centred" : ""))"
  }

  public var fusion: RuleFusion { .update }
  public var worksInPieces: Bool { true }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    let square = (name: "meanSquare", tensor: Tensor.zeros(like: parameter))
    return isCentred ? [square, ("mean", .zeros(like: parameter))] : [square]
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    Foreach.quotient(batch.gradients, denominators(batch))
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    Foreach.addcdiv(batch.parameters, batch.gradients, denominators(batch), value: -rate)
  }

  /// Moves the history on; √v + ε.
  private func denominators(_ batch: RuleBatch) -> [Tensor] {
    let square = batch.history[0]
    Foreach.multiply(square, by: smoothing)
    Foreach.addcmul(square, batch.gradients, batch.gradients, value: 1 - smoothing)
    let variance: [Tensor]
    if isCentred {
      let mean = batch.history[1]
      Foreach.lerp(mean, to: batch.gradients, weight: 1 - smoothing)
      variance = square.map { $0.clone() }
      Foreach.addcmul(variance, mean, mean, value: -1)
    } else {
      variance = square
    }
    let denominator = Foreach.squareRoot(variance)
    Foreach.add(denominator, epsilon)
    return denominator
  }
}

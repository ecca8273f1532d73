import Foundation
import Torch

/// Adam (Kingma & Ba, arXiv:1412.6980): m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
/// h = m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), or without the corrections. AMSGrad (Reddi et
/// al. 2018) has the largest v so far in place of v. PyTorch: `Adam`, with decoupled decay `AdamW`.
public struct Adam: FusedRule {
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  /// ε, added outside the root.
  public var epsilon: Double
  /// Whether m and v are corrected for having started at 0. BERT was trained without.
  public var hasBiasCorrection: Bool
  /// Whether the second moment in the denominator never falls (AMSGrad).
  public let keepsMaximum: Bool

  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
    biasCorrection: Bool = true, amsgrad: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    hasBiasCorrection = biasCorrection
    keepsMaximum = amsgrad
    requireRanges(fractions: ["β₁": beta1, "β₂": beta2], sizes: ["ε": epsilon])
  }

  public var summary: String {
    "Adam(γ \(learningRate), β₁ \(beta1), β₂ \(beta2), ε \(epsilon)"
      + (hasBiasCorrection ? "" : ", no bias correction") + (keepsMaximum ? ", AMSGrad)" : ")")
  }
  public var fusesDecay: Bool { true }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    [
      ("firstMoment", .zeros(like: parameter)),
      ("secondMoment", .zeros(like: parameter)),
    ] + (keepsMaximum ? [("largestSecondMoment", .zeros(like: parameter))] : [])
  }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    let (first, second) = (batch.history[0], batch.history[1])
    MultiTensor.lerp(first, to: batch.gradients, weight: 1 - beta1)
    MultiTensor.multiply(second, by: beta2)
    MultiTensor.addcmul(second, batch.gradients, batch.gradients, value: 1 - beta2)
    let step = Double(batch.step)
    let firstCorrection = hasBiasCorrection ? 1 - Foundation.pow(beta1, step) : 1
    let secondCorrection = hasBiasCorrection ? 1 - Foundation.pow(beta2, step) : 1
    // (√(v/c₂) + ε) c₁, so that the quotient is h.
    if keepsMaximum { MultiTensor.maximum(batch.history[2], second) }
    let denominator = MultiTensor.squareRoot(keepsMaximum ? batch.history[2] : second)
    MultiTensor.multiply(denominator, by: firstCorrection / secondCorrection.squareRoot())
    MultiTensor.add(denominator, epsilon * firstCorrection)
    return MultiTensor.quotient(first, denominator)
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    Adam.applyKernel(
      batch, first: batch.history[0], second: batch.history[1],
      largest: keepsMaximum ? batch.history[2] : nil, rate: rate, beta1: beta1, beta2: beta2,
      epsilon: epsilon, decay: decay,
      steps: hasBiasCorrection ? batch.stepTensors : Adam.infinitelyManySteps(batch))
  }

  /// The fused kernel's step counts when nothing is to be corrected.
  static func infinitelyManySteps(_ batch: RuleBatch) -> [Tensor] {
    guard let one = batch.stepTensors.first else { return [] }
    return Array(repeating: Tensor.full(like: one, .infinity), count: batch.stepTensors.count)
  }

  static func applyKernel(
    _ batch: RuleBatch, first: [Tensor], second: [Tensor], largest: [Tensor]? = nil, rate: Double,
    beta1: Double, beta2: Double, epsilon: Double, decay: Double = 0, steps: [Tensor]
  ) {
    let kernel = decay == 0 ? Adam.kernel : Adam.decayKernel
    kernel.perform(
      batch.parameters, batch.gradients, first, second, largest ?? [], steps, rate, beta1, beta2,
      decay, epsilon, largest != nil, false)
  }

  // (self, grads, first moments, second moments, maxima of second moments, steps, lr, β₁, β₂,
  // weight decay, ε, amsgrad, maximize)
  private static let kernel = Operator("_fused_adam_")
  private static let decayKernel = Operator("_fused_adamw_")
}

/// Adam with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101): Adam → weight decay.
public struct AdamW: OptimizerSpecification {
  public let rule: any UpdateRule
  public let extensions: [any OptimizerExtension]

  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
    weightDecay: Double = 0.01, excluding patterns: [String] = [], amsgrad: Bool = false
  ) {
    rule = Adam(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad)
    extensions = [WeightDecay(weightDecay, excluding: patterns)]
  }
}

/// LAMB (You et al., arXiv:1904.00962): Adam → weight decay → layer adaptation.
public struct LAMB: OptimizerSpecification {
  public let rule: any UpdateRule
  public let extensions: [any OptimizerExtension]

  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
    weightDecay: Double = 0.01, excludingFromDecay: [String] = [],
    excludingFromAdaptation: [String] = []
  ) {
    rule = Adam(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    extensions = [
      WeightDecay(weightDecay, excluding: excludingFromDecay),
      LayerAdaptation(excluding: excludingFromAdaptation),
    ]
  }
}

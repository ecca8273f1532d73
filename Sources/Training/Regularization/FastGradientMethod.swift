import Layers
import Messages
import Torch

/// Adversarial training by the gradient: L(E) + L(E + ε g/‖g‖) with g = ∂L/∂E and E a table of embeddings
/// (Miyato et al. 2017; "FGM" in bert4keras, which leaves L(E) out).
public struct FastGradientMethod: Regularization {
  public let embeddings: Parameter
  /// ε, the length of the perturbation of the whole table.
  public let epsilon: Double
  /// Whether L(E) counts, too.
  public let keepsPlainLoss: Bool

  public init(_ embeddings: Parameter, epsilon: Double = 0.5, keepsPlainLoss: Bool = true) {
    require(epsilon > 0, "FastGradientMethod expected ε above 0, received \(epsilon)")
    self.embeddings = embeddings
    self.epsilon = epsilon
    self.keepsPlainLoss = keepsPlainLoss
  }

  public func evaluate(_ pass: () -> Evaluation) -> Evaluation {
    let plain = pass()
    let gradient = gradients(
      of: plain.loss, withRespectTo: [embeddings.value], retainGraph: keepsPlainLoss)[0]
    let adversarial = embeddings.substituting(
      embeddings.value + gradient.scaled(to: epsilon), pass)
    return Evaluation(
      output: plain.output,
      loss: keepsPlainLoss ? plain.loss + adversarial.loss : adversarial.loss)
  }
}

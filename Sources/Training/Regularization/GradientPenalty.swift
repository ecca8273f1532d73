import Layers
import Messages
import Torch

/// L + ½ ε² ‖∂L/∂E‖² with E a table of embeddings: what adversarial training comes to for small ε, without its
/// second pass but with second derivatives (https://kexue.fm/archives/7234).
public struct GradientPenalty: Regularization {
  public let embeddings: Parameter
  /// ε.
  public let epsilon: Double

  public init(_ embeddings: Parameter, epsilon: Double = 0.5) {
    require(epsilon > 0, "GradientPenalty expected ε above 0, received \(epsilon)")
    self.embeddings = embeddings
    self.epsilon = epsilon
  }

  public func evaluate(_ pass: () -> Evaluation) -> Evaluation {
    let plain = SecondDerivatives.provided(pass)
    let gradient = gradients(
      of: plain.loss, withRespectTo: [embeddings.value], createGraph: true)[0]
    return Evaluation(
      output: plain.output,
      loss: plain.loss + gradient.square().sum() * (0.5 * epsilon * epsilon))
  }
}

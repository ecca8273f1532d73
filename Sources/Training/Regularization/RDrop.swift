import Messages
import Torch

/// Two passes with dropout of their own that must agree: ½ (L₁ + L₂) + ¼ α (KL(p₁ ‖ p₂) + KL(p₂ ‖ p₁)); Liang et
/// al. 2021, with the constants of https://kexue.fm/archives/8496. Outputs are logits, classes along the last axis.
public struct RDrop: Regularization {
  /// α.
  public let alpha: Double

  public init(alpha: Double = 4) {
    require(alpha >= 0, "RDrop expected α ≥ 0, received \(alpha)")
    self.alpha = alpha
  }

  public func evaluate(_ pass: () -> Evaluation) -> Evaluation {
    let (first, second) = (pass(), pass())
    let disagreement =
      first.output.classDivergence(to: second.output)
      + second.output.classDivergence(to: first.output)
    return Evaluation(
      output: first.output, loss: (first.loss + second.loss) * 0.5 + disagreement * (alpha / 4))
  }
}

import Torch

/// What a model gives for a batch: its output, and the loss that is made smaller.
public struct Evaluation {
  public var output: Tensor
  /// One number.
  public var loss: Tensor

  public init(output: Tensor, loss: Tensor) {
    self.output = output
    self.loss = loss
  }
}

/// Changes the loss that a step differentiates: examples made harder, a term that is added, two passes that
/// must agree.
///
/// `SupervisedTask` takes a list of them, the first the innermost; any other task wraps its forward pass:
///
///     let evaluation = FastGradientMethod(model.embeddings.tokens.weight).evaluate {
///       let output = model(tokens)
///       return Evaluation(output: output, loss: output.crossEntropy(labels))
///     }
public protocol Regularization {
  /// - Parameter pass: The model's forward pass and its loss; it may run several times.
  /// - Returns: The output of the plain pass, and the loss to differentiate.
  func evaluate(_ pass: () -> Evaluation) -> Evaluation
}

extension [any Regularization] {
  /// The loss under all of them.
  public func evaluate(_ pass: () -> Evaluation) -> Evaluation {
    guard let last else { return pass() }
    return last.evaluate { Array(dropLast()).evaluate(pass) }
  }
}

extension Tensor {
  /// This tensor scaled to the length `length`, however long it was; zeros stay zeros.
  func scaled(to length: Double) -> Tensor { self * (length / (norm() + 1e-12)) }
}

import Layers
import Messages
import Torch

/// L + KL(p(E) ‖ p(E + r)) with r the perturbation of length ε that changes the classes' probabilities p most,
/// and E a table of embeddings; Miyato et al. 2015.
///
/// r is found without labels, by power iteration from noise: r ← g/‖g‖ with g the gradient of the divergence at
/// E + ξ r. So examples without a label, whose loss counts 0 (the label −100), teach the model, too. Outputs are
/// logits, classes along the last axis.
public struct VirtualAdversarialTraining: Regularization {
  public let embeddings: Parameter
  /// ε, the length of the perturbation of the whole table.
  public let epsilon: Double
  /// ξ, the length of the perturbation at which the divergence's gradient is taken.
  public let probe: Double
  /// Steps of power iteration.
  public let iterations: Int
  /// What the divergence counts beside the loss.
  public let weight: Double
  /// Noise like a tensor.
  var noise: (Tensor) -> Tensor

  public init(
    _ embeddings: Parameter, epsilon: Double = 1, probe: Double = 10, iterations: Int = 1,
    weight: Double = 1, generator: RandomGenerator? = nil
  ) {
    require(
      epsilon > 0 && probe > 0 && iterations >= 1 && weight > 0,
      "VirtualAdversarialTraining expected ε, ξ and weight above 0 and iterations ≥ 1, received \(epsilon), "
        + "\(probe), \(weight) and \(iterations)")
    self.embeddings = embeddings
    self.epsilon = epsilon
    self.probe = probe
    self.iterations = iterations
    self.weight = weight
    noise = { Tensor.normal(like: $0, generator: generator) }
  }

  public func evaluate(_ pass: () -> Evaluation) -> Evaluation {
    let plain = pass()
    let target = plain.output.detach()
    func divergence(_ perturbation: Tensor) -> Tensor {
      embeddings.substituting(embeddings.value + perturbation) {
        target.classDivergence(to: pass().output)
      }
    }
    var perturbation = withoutGradients { noise(embeddings.value) }
    for _ in 0..<iterations {
      let probed = perturbation.detach().scaled(to: probe).requiringGradient()
      perturbation = gradients(of: divergence(probed), withRespectTo: [probed])[0]
    }
    return Evaluation(
      output: plain.output, loss: plain.loss + divergence(perturbation.scaled(to: epsilon)) * weight
    )
  }
}

extension Tensor {
  /// The mean over places of KL(softmax self ‖ softmax other), classes along the last axis.
  func classDivergence(to other: Tensor) -> Tensor {
    require(
      rank >= 2 && shape == other.shape && size(-1) > 1,
      "a divergence of classes expected logits (…, C) of one shape and at least 2 classes, received "
        + "\(shape) and \(other.shape)")
    let own = to(dtype == .float64 ? dtype : .float32).logSoftmax(axis: -1)
    return (own.exp() * (own - other.to(own.dtype).logSoftmax(axis: -1))).sum(axis: -1).mean()
  }
}

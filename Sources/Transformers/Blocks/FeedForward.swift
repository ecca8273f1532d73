import Layers
import Torch

/// The part of a block that looks at each position alone: W₂ act(W₁x), or W₂ (act(W₁x) ⊙ W₁'x) if gated;
/// `(B, L, D)` to `(B, L, D)`.
public final class FeedForward: Module {
  public let inner: Dense
  /// W₁'.
  public let gate: Dense?
  public let output: Dense

  private let activation: TransformerActivation

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    func map(_ inputs: Int, _ outputs: Int) -> Dense {
      Dense(
        inputs, outputs, bias: configuration.hasBias, weightInitializer: configuration.initializer,
        generator: generator)
    }
    inner = map(configuration.hiddenSize, configuration.intermediateSize)
    gate =
      configuration.isGated ? map(configuration.hiddenSize, configuration.intermediateSize) : nil
    output = map(configuration.intermediateSize, configuration.hiddenSize)
    activation = configuration.activation
    super.init()
  }

  public func callAsFunction(_ input: Tensor) -> Tensor {
    let activated = inner(input, activation: activation.function)
    return output(gate.map { activated * $0(input) } ?? activated)
  }
}

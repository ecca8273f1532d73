import Layers
import Torch

/// The normalization of a transformer: x̂ ⊙ (γ + W_γ c) + (β + W_β c), with x̂ by mean and variance or by the
/// mean square.
///
/// Without a condition c it is the plain one. W_γ and W_β have no bias and start at zero, so that training
/// starts from the unconditioned model; a projection u = act(W_h c) before them does not, for two zero maps in
/// a row would get no gradient.
public final class TransformerNorm: Module {
  public let weight: Parameter?
  public let bias: Parameter?
  /// W_h.
  public let conditionMapping: Dense?
  /// W_γ.
  public let conditionScale: Dense?
  /// W_β.
  public let conditionShift: Dense?

  private let kind: NormalizationKind
  private let size: Int
  private let epsilon: Double
  private let activation: TransformerActivation

  public init(
    _ size: Int, _ configuration: TransformerConfiguration, generator: RandomGenerator? = nil
  ) {
    kind = configuration.normalization
    self.size = size
    epsilon = configuration.layerNormEpsilon
    activation = configuration.conditionActivation
    weight = kind == .plainRMS ? nil : Parameter(.ones([size]))
    bias = kind == .layerNorm ? Parameter(.zeros([size])) : nil
    func zero(_ inputs: Int) -> Dense {
      Dense(inputs, size, bias: false, weightInitializer: .zeros, generator: generator)
    }
    if let conditionSize = configuration.conditionSize {
      let hiddenSize = configuration.conditionHiddenSize
      conditionMapping = hiddenSize.map {
        Dense(
          conditionSize, $0, bias: false, weightInitializer: configuration.initializer,
          generator: generator)
      }
      conditionScale = zero(hiddenSize ?? conditionSize)
      conditionShift = zero(hiddenSize ?? conditionSize)
    } else {
      conditionMapping = nil
      conditionScale = nil
      conditionShift = nil
    }
    super.init()
  }

  /// - Parameter condition: c, `(B, m)`, the same for all positions, or `(B, L, m)`.
  public func callAsFunction(_ input: Tensor, condition: Tensor? = nil) -> Tensor {
    let conditional = condition.flatMap { condition in
      conditionScale.map { scale in
        let mapped = conditionMapping.map { activation.function($0(condition)) } ?? condition
        let shift = conditionShift.map { $0(mapped) } ?? mapped
        return (scale(mapped), shift)
      }
    }
    guard let (scale, shift) = conditional else { return plain(input, weight?.value, bias?.value) }
    func aligned(_ tensor: Tensor) -> Tensor {
      tensor.rank < input.rank ? tensor.expandingAxis(1) : tensor
    }
    // What the condition adds is added to the whole, so that where it adds nothing the result is that without it,
    // bit for bit: x̂ ⊙ (γ + 0) + (β + 0) in steps of its own rounds otherwise than the fused kernel.
    return plain(input, weight?.value, bias?.value)
      + (plain(input, nil, nil) * aligned(scale) + aligned(shift))
  }

  private func plain(_ input: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> Tensor {
    if kind == .layerNorm {
      return input.layerNorm([size], weight: weight, bias: bias, epsilon: epsilon)
    }
    let normalized = input * (input.square().mean(axis: -1, keepAxes: true) + epsilon).rsqrt()
    return weight.map { normalized * $0 } ?? normalized
  }
}

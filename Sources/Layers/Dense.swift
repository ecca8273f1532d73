import Messages
import Torch

/// A fully connected layer: y = x Wᵀ + b, from `(…, inputSize)` to `(…, outputSize)`.
///
/// `weight` is `(outputSize, inputSize)`, Glorot-uniform; `bias` `(outputSize)`, zeros.
public final class Dense: Layer, KernelLayer {
  public let inputSize: Int
  public let outputSize: Int
  public let weight: Parameter
  public let bias: Parameter?

  private let initializers: (weight: Initializer, bias: Initializer)

  public init(
    _ inputSize: Int, _ outputSize: Int, bias hasBias: Bool = true,
    weightInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    generator: RandomGenerator? = nil
  ) {
    self.inputSize = inputSize
    self.outputSize = outputSize
    weight = Parameter(weightInitializer([outputSize, inputSize], generator: generator))
    bias = hasBias ? Parameter(biasInitializer([outputSize], generator: generator)) : nil
    initializers = (weightInitializer, biasInitializer)
    super.init()
  }

  public var kernel: Parameter { weight }

  public override func forward(_ input: Tensor) -> Tensor { forward(input, weight: weight.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor {
    require(
      input.rank > 0 && input.size(-1) == inputSize,
      "Dense expected last axis \(inputSize), received shape \(input.shape)")
    return input.linear(weight, bias: bias?.value)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    Dense(
      inputSize, outputSize, bias: bias != nil, weightInitializer: initializers.weight,
      biasInitializer: initializers.bias, generator: cloning.generator)
  }
}

/// A layer that multiplies by one weight, which can be replaced for a call: what `SpectralNorm`
/// needs.
public protocol KernelLayer: Layer {
  var kernel: Parameter { get }
  /// The weight as the matrix `(outputs, everything else)` of the linear map.
  func weightMatrix(_ weight: Tensor) -> Tensor
  /// As `forward`, with `weight` in place of the layer's own.
  func forward(_ input: Tensor, weight: Tensor) -> Tensor
}

extension KernelLayer {
  public func weightMatrix(_ weight: Tensor) -> Tensor { weight.flattened(from: 1) }
}

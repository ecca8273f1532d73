import Messages
import Torch

/// A fully connected layer: y = x Wᵀ + b, from `(…, inputSize)` to `(…, outputSize)`.
///
/// `weight` is `(outputSize, inputSize)`, Glorot-uniform; `bias` `(outputSize)`, zeros.
public final class Dense: Layer, KernelLayer, Configured {
  public struct Configuration: Sendable {
    public var inputSize: Int
    public var outputSize: Int
    public var hasBias = true
    public var weightInitializer = Initializer.glorotUniform
    public var biasInitializer = Initializer.zeros
  }

  public let configuration: Configuration
  public let weight: Parameter
  public let bias: Parameter?
  private let rounded = RoundedWeight()

  /// What the layer multiplies by in place of its weight, if it was asked to.
  private final class RoundedWeight {
    var value: Int8Weight?
  }

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    let (inputs, outputs) = (configuration.inputSize, configuration.outputSize)
    self.configuration = configuration
    weight = Parameter(configuration.weightInitializer([outputs, inputs], generator: generator))
    bias =
      configuration.hasBias
      ? Parameter(configuration.biasInitializer([outputs], generator: generator)) : nil
    super.init()
  }

  public convenience init(
    _ inputSize: Int, _ outputSize: Int, bias: Bool = true,
    weightInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(
        inputSize: inputSize, outputSize: outputSize, hasBias: bias,
        weightInitializer: weightInitializer, biasInitializer: biasInitializer),
      generator: generator)
  }

  public var kernel: Parameter { weight }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { forward(input, weight: weight.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor {
    require(
      input.rank > 0 && input.size(-1) == configuration.inputSize,
      "Dense expected last axis \(configuration.inputSize), received shape \(input.shape)")
    if let rounded = rounded.value, !isTraining { return rounded(input, bias: bias?.value) }
    return input.linear(weight, bias: bias?.value)
  }

  /// Multiplies by 8-bit whole numbers from now on in inference mode, by those of the present weight; see
  /// `Int8Weight`. Throws `InputError` if this libtorch cannot.
  public func roundToInt8() throws { rounded.value = try Int8Weight(weight.value) }
}

extension Dense.Configuration {
  public init(_ inputSize: Int, _ outputSize: Int) {
    self.init(inputSize: inputSize, outputSize: outputSize)
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

extension Module {
  /// Rounds all linear maps inside to 8-bit whole numbers, for a faster finished model.
  public final func roundLinearMapsToInt8() throws {
    for case let dense as Dense in namedModules().map(\.module) { try dense.roundToInt8() }
  }
}

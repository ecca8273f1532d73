import Messages
import Torch

/// A fully connected layer: y = x Wᵀ + b, from `(…, inputSize)` to `(…, outputSize)`.
///
/// `weight` is `(outputSize, inputSize)`, Glorot-uniform; `bias` `(outputSize)`, zeros.
/// PyTorch: `Linear`; Keras: `Dense`.
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
  private let finished = Finished()

  /// What the layer multiplies by in place of its weight, if it was asked to, for as long as the weight stays as it
  /// was.
  private final class Finished {
    enum Form {
      case rounded(Int8Weight)
      case packed(PackedWeight)
    }

    private var form: (value: Form, weight: TensorSnapshot)?

    func keep(_ value: Form, of weight: Tensor) { form = (value, TensorSnapshot(weight)) }

    func form(of weight: Tensor) -> Form? {
      guard let form else { return nil }
      guard form.weight.isCurrent(weight) else {
        self.form = nil
        return nil
      }
      return form.value
    }
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
    switch isTraining ? nil : finished.form(of: weight) {
    case .rounded(let form)?: return form(input, bias: bias?.value)
    case .packed(let form)? where form.suits(input): return form(input, bias: bias?.value)
    default: return input.linear(weight, bias: bias?.value)
    }
  }

  /// `activation` of what `forward` gives, in one pass where the weight is packed.
  public func callAsFunction(_ input: Tensor, activation: ActivationFunction) -> Tensor {
    if !isTraining, case .packed(let form)? = finished.form(of: weight.value), form.suits(input),
      let fused = PackedWeight.Activation(activation)
    {
      return form(input, bias: bias?.value, activation: fused)
    }
    return activation(self(input))
  }

  /// Multiplies by 8-bit whole numbers from now on in inference mode, by those of the present weight; see
  /// `Int8Weight`. Throws `InputError` if this libtorch cannot.
  public func roundToInt8() throws {
    finished.keep(.rounded(try Int8Weight(weight.value)), of: weight.value)
  }

  /// Keeps a copy of the present weight in the order in which products read it, for inference mode without gradients;
  /// see `PackedWeight`. Weights on other devices or of other types stay as they are.
  public func pack() {
    let weight = weight.value
    guard weight.device == .cpu, weight.dtype == .float32 || weight.dtype == .bfloat16,
      let packed = PackedWeight(weight)
    else { return }
    finished.keep(.packed(packed), of: weight)
  }
}

extension PackedWeight.Activation {
  /// `nil` if products cannot apply it on their way out.
  fileprivate init?(_ function: ActivationFunction) {
    switch function {
    case .linear: self = .none
    case .relu: self = .relu
    case .gelu(approximate: false): self = .gelu
    case .gelu(approximate: true): self = .geluTanh
    case .silu: self = .silu
    case .tanh: self = .tanh
    default: return nil
    }
  }
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

  /// Packs all linear maps inside for a finished model: the same numbers, faster in inference mode on the CPU, for
  /// as much memory again as the weights take. A weight that changes afterwards is multiplied as it is.
  public final func packLinearMaps() {
    for case let dense as Dense in namedModules().map(\.module) { dense.pack() }
  }
}

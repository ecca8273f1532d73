import Messages
import Torch

/// A function applied to each element (softmax: along an axis).
public enum ActivationFunction: Sendable, Equatable {
  case linear
  case relu
  case relu6
  /// x where x > 0, slope · x elsewhere. Keras' default slope is 0.3, PyTorch's 0.01.
  case leakyReLU(Double)
  case elu(Double)
  /// x Φ(x) exactly, or its tanh approximation (as GPT-2 and the first BERT have it).
  case gelu(approximate: Bool)
  /// x σ(x), also called swish.
  case silu
  case mish
  case tanh
  case sigmoid
  case softplus
  case softmax(axis: Int)
  case logSoftmax(axis: Int)

  public static let leakyReLU = ActivationFunction.leakyReLU(0.2)
  public static let gelu = ActivationFunction.gelu(approximate: false)
  public static let softmax = ActivationFunction.softmax(axis: -1)

  public func callAsFunction(_ input: Tensor) -> Tensor {
    switch self {
    case .linear: input
    case .relu: input.relu()
    case .relu6: input.relu6()
    case .leakyReLU(let slope): input.leakyReLU(slope)
    case .elu(let alpha): input.elu(alpha)
    case .gelu(let approximate): input.gelu(approximate: approximate)
    case .silu: input.silu()
    case .mish: input.mish()
    case .tanh: input.tanh()
    case .sigmoid: input.sigmoid()
    case .softplus: input.softplus()
    case .softmax(let axis): input.softmax(axis: axis)
    case .logSoftmax(let axis): input.logSoftmax(axis: axis)
    }
  }
}

/// An activation function as a layer, for `Sequential`.
public final class Activation: Layer, Configured {
  public struct Configuration: Sendable {
    public var function: ActivationFunction

    public init(_ function: ActivationFunction) { self.function = function }
  }

  public let configuration: Configuration

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    super.init()
  }

  public convenience init(_ function: ActivationFunction) { self.init(Configuration(function)) }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { configuration.function(input) }
}

/// x where x > 0, slope · x elsewhere, with learnt slopes: He et al. 2015.
///
/// `weight` is `(channels)` for inputs `(B, channels, …)`, or one slope `(1)` for all; 0.25 at first.
public final class PReLU: Layer, Configured {
  public struct Configuration: Sendable {
    public var channels: Int
    /// The slopes at first.
    public var slope: Double

    public init(channels: Int = 1, slope: Double = 0.25) {
      self.channels = channels
      self.slope = slope
    }
  }

  public let configuration: Configuration
  public let weight: Parameter

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    weight = Parameter(.full([configuration.channels], configuration.slope))
    super.init()
  }

  public convenience init(channels: Int = 1, slope: Double = 0.25) {
    self.init(Configuration(channels: channels, slope: slope))
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      weight.count == 1 || input.rank >= 2 && input.size(1) == weight.count,
      "PReLU expected (B, \(weight.count), …), received shape \(input.shape)")
    return input.prelu(weight.value)
  }
}

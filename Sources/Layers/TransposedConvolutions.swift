import Messages
import Torch

/// The adjoint of a convolution, which widens instead of narrowing: `(B, Cin, …)` to `(B, Cout, …)`.
/// `ConvTranspose1d` and `ConvTranspose2d` are its usual forms.
///
/// Padding is what is cut from the full output, of length (n − 1) · stride + extent; `outputPadding`
/// is then added at its end. With `.same` the length is n · stride and the layer is the exact adjoint
/// of a `.same` convolution with that stride, the uneven cases included.
///
/// `weight` is `(Cin, Cout / groups, kernel…)`, Glorot-uniform, one output counting Cin · kernel
/// inputs; `bias` `(Cout)`, zeros.
public class TransposedConvolution: Layer, KernelLayer, Configured {
  public struct Configuration: Sendable {
    public var inputChannels: Int
    public var outputChannels: Int
    public var geometry: Convolution.Geometry
    public var outputPadding = 0
    public var groups = 1
    public var hasBias = true
    public var weightInitializer = Initializer.glorotUniform
    public var biasInitializer = Initializer.zeros
  }

  public let configuration: Configuration
  public let geometry: Convolution.Geometry
  public let weight: Parameter
  public let bias: Parameter?

  public required init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    let (inputs, outputs) = (configuration.inputChannels, configuration.outputChannels)
    let groups = configuration.groups
    Convolution.check(groups, divide: inputs, outputs)
    let reach = zip(configuration.geometry.stride, configuration.geometry.dilation).map {
      max($0, $1)
    }
    require(
      reach.allSatisfy { 0..<$0 ~= configuration.outputPadding },
      "\(Self.self) expected an output padding below its stride or dilation, received "
        + "\(configuration.outputPadding) for \(reach)")
    self.configuration = configuration
    geometry = configuration.geometry
    let field = geometry.kernelSize.reduce(1, *)
    weight = Parameter(
      configuration.weightInitializer(
        [inputs, outputs / groups] + geometry.kernelSize,
        fans: Initializer.Fans(input: inputs / groups * field, output: outputs / groups * field),
        generator: generator))
    bias =
      configuration.hasBias
      ? Parameter(configuration.biasInitializer([outputs], generator: generator)) : nil
    super.init()
  }

  public var kernel: Parameter { weight }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { forward(input, weight: weight.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor {
    checkChannels(input, configuration.inputChannels, axes: geometry.kernelSize.count)
    let extents = geometry.extents
    let (before, after) = geometry.padding.widths(
      lengths: zip(input.shape.dropFirst(2), geometry.stride).map { $0 * $1 }, extents: extents,
      strides: geometry.stride)
    // With `.same` a kernel that is narrower than its stride leaves the end of the last step empty.
    var extra = before.map { _ in configuration.outputPadding }
    if case .same = geometry.padding {
      extra = zip(geometry.stride, extents).map { max(0, $0 - $1) }
    }
    let common = zip(before, after).map { min($0, $1) }
    var output = input.convolution(
      weight, bias: bias?.value, stride: geometry.stride, padding: common,
      dilation: geometry.dilation, isTransposed: true, outputPadding: extra,
      groups: configuration.groups)
    for axis in common.indices where before[axis] != after[axis] {
      output = output.narrowed(
        axis + 2, start: before[axis] - common[axis],
        length: output.size(axis + 2) - abs(before[axis] - after[axis]))
    }
    return output
  }

  public func weightMatrix(_ weight: Tensor) -> Tensor {
    weight.transposed(0, 1).flattened(from: 1)
  }
}

extension TransposedConvolution.Configuration {
  public init(_ inputChannels: Int, _ outputChannels: Int, _ geometry: Convolution.Geometry) {
    self.init(inputChannels: inputChannels, outputChannels: outputChannels, geometry: geometry)
  }
}

/// A transposed convolution whose kernel, stride and dilation are the same along each of its axes.
public protocol SquareTransposedConvolution: TransposedConvolution {
  static var axisCount: Int { get }
}

extension SquareTransposedConvolution {
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: Padding = .valid, outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, weightInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(
        inputChannels: inputChannels, outputChannels: outputChannels,
        geometry: Convolution.Geometry(
          axisCount: Self.axisCount, kernelSize: kernelSize, stride: stride, dilation: dilation,
          padding: padding),
        outputPadding: outputPadding, groups: groups, hasBias: bias,
        weightInitializer: weightInitializer, biasInitializer: biasInitializer),
      generator: generator)
  }
}

/// The adjoint of `Conv1d`, with a kernel `(Cin, Cout / groups, K)`.
public final class ConvTranspose1d: TransposedConvolution, SquareTransposedConvolution {
  public static let axisCount = 1
}

/// The adjoint of `Conv2d`, with a square kernel `(Cin, Cout / groups, K, K)`.
public final class ConvTranspose2d: TransposedConvolution, SquareTransposedConvolution {
  public static let axisCount = 2
}

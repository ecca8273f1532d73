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
public class TransposedConvolution: Layer, KernelLayer {
  public let inputChannels: Int
  public let outputChannels: Int
  public let geometry: Convolution.Geometry
  public let outputPadding: Int
  public let groups: Int
  public let weight: Parameter
  public let bias: Parameter?

  private let initializers: (weight: Initializer, bias: Initializer)

  public required init(
    _ inputChannels: Int, _ outputChannels: Int, _ geometry: Convolution.Geometry,
    outputPadding: Int = 0, groups: Int = 1, bias hasBias: Bool = true,
    weightInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    generator: RandomGenerator? = nil
  ) {
    require(
      inputChannels % groups == 0 && outputChannels % groups == 0,
      "\(groups) groups do not divide both \(inputChannels) and \(outputChannels) channels"
    )
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.geometry = geometry
    self.outputPadding = outputPadding
    self.groups = groups
    let field = geometry.kernelSize.reduce(1, *)
    weight = Parameter(
      weightInitializer(
        [inputChannels, outputChannels / groups] + geometry.kernelSize,
        fans: Initializer.Fans(
          input: inputChannels / groups * field, output: outputChannels / groups * field),
        generator: generator))
    bias = hasBias ? Parameter(biasInitializer([outputChannels], generator: generator)) : nil
    initializers = (weightInitializer, biasInitializer)
    super.init()
  }

  public var kernel: Parameter { weight }

  public override func forward(_ input: Tensor) -> Tensor { forward(input, weight: weight.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor {
    checkChannels(input, inputChannels, axes: geometry.kernelSize.count)
    let extents = geometry.extents
    let (before, after) = geometry.padding.widths(
      lengths: zip(input.shape.dropFirst(2), geometry.stride).map { $0 * $1 }, extents: extents,
      strides: geometry.stride)
    // With `.same` a kernel that is narrower than its stride leaves the end of the last step empty.
    var extra = before.map { _ in outputPadding }
    if case .same = geometry.padding {
      extra = zip(geometry.stride, extents).map { max(0, $0 - $1) }
    }
    let common = zip(before, after).map { min($0, $1) }
    var output = input.convolution(
      weight, bias: bias?.value, stride: geometry.stride, padding: common,
      dilation: geometry.dilation, isTransposed: true, outputPadding: extra, groups: groups)
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

  public override func freshCopy(_ cloning: Cloning) -> Module {
    type(of: self).init(
      inputChannels, outputChannels, geometry, outputPadding: outputPadding, groups: groups,
      bias: bias != nil, weightInitializer: initializers.weight,
      biasInitializer: initializers.bias, generator: cloning.generator)
  }
}

/// The adjoint of `Conv1d`, with a kernel `(Cin, Cout / groups, K)`.
public final class ConvTranspose1d: TransposedConvolution {
  public convenience init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: Padding = .valid, outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, weightInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, generator: RandomGenerator? = nil
  ) {
    self.init(
      inputChannels, outputChannels,
      Convolution.Geometry(
        kernelSize: [kernelSize], stride: [stride], dilation: [dilation], padding: padding),
      outputPadding: outputPadding, groups: groups, bias: bias,
      weightInitializer: weightInitializer, biasInitializer: biasInitializer, generator: generator)
  }
}

/// The adjoint of `Conv2d`, with a square kernel `(Cin, Cout / groups, K, K)`.
public final class ConvTranspose2d: TransposedConvolution {
  public convenience init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: Padding = .valid, outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, weightInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, generator: RandomGenerator? = nil
  ) {
    self.init(
      inputChannels, outputChannels,
      Convolution.Geometry(
        kernelSize: [kernelSize, kernelSize], stride: [stride, stride],
        dilation: [dilation, dilation], padding: padding),
      outputPadding: outputPadding, groups: groups, bias: bias,
      weightInitializer: weightInitializer, biasInitializer: biasInitializer, generator: generator)
  }
}

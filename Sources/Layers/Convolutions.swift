import Messages
import Torch

/// How a convolution treats the edges of its input, per spatial axis.
///
/// An integer literal stands for as many zeros on either side.
public enum Padding: Sendable, ExpressibleByIntegerLiteral {
  /// None.
  case valid
  /// TensorFlow's rule: ⌈n / stride⌉ elements come out (of a transposed convolution n · stride). An odd
  /// number of zeros is divided so that one more stands after the input than before it: a kernel of
  /// length 5 with stride 2 gets 1 zero before an input of even length and 2 after it.
  case same
  case symmetric(Int)
  case explicit(before: [Int], after: [Int])

  public init(integerLiteral value: Int) { self = .symmetric(value) }

  /// The zeros before and after each axis.
  ///
  /// - Parameters:
  ///   - extents: The lengths that the kernel spans, dilation included.
  ///   - lengths: The lengths of the convolution's input; of a transposed one, of its output.
  func widths(
    lengths: [Int], extents: [Int], strides: [Int]
  ) -> (before: [Int], after: [Int]) {
    switch self {
    case .valid: return (lengths.map { _ in 0 }, lengths.map { _ in 0 })
    case .symmetric(let width): return (lengths.map { _ in width }, lengths.map { _ in width })
    case .explicit(let before, let after):
      require(
        before.count == lengths.count && after.count == lengths.count,
        "padding expected \(lengths.count) widths before and after, received \(before), \(after)")
      return (before, after)
    case .same:
      let totals = lengths.indices.map { axis in
        let outputs = (lengths[axis] + strides[axis] - 1) / strides[axis]
        return max(0, (outputs - 1) * strides[axis] + extents[axis] - lengths[axis])
      }
      return (totals.map { $0 / 2 }, totals.map { ($0 + 1) / 2 })
    }
  }
}

/// Cross-correlation over any number of spatial axes: `(B, Cin, …)` to `(B, Cout, …)`. `Conv1d` and
/// `Conv2d` are its usual forms.
///
/// `weight` is `(Cout, Cin / groups, kernel…)`, Glorot-uniform; `bias` `(Cout)`, zeros.
public class Convolution: Layer, KernelLayer, Configured {
  /// What shapes a convolution besides its channels: one number per spatial axis.
  public struct Geometry: Sendable {
    public var kernelSize: [Int]
    public var stride: [Int]
    public var dilation: [Int]
    public var padding: Padding

    public init(
      kernelSize: [Int], stride: [Int]? = nil, dilation: [Int]? = nil, padding: Padding = .valid
    ) {
      self.kernelSize = kernelSize
      self.stride = stride ?? kernelSize.map { _ in 1 }
      self.dilation = dilation ?? kernelSize.map { _ in 1 }
      self.padding = padding
      require(
        self.stride.count == kernelSize.count && self.dilation.count == kernelSize.count,
        "a convolution expected \(kernelSize.count) strides and dilations, "
          + "received \(self.stride), \(self.dilation)")
    }

    /// The same numbers along each of `axisCount` axes.
    init(axisCount: Int, kernelSize: Int, stride: Int, dilation: Int, padding: Padding) {
      func all(_ number: Int) -> [Int] { Array(repeating: number, count: axisCount) }
      self.init(
        kernelSize: all(kernelSize), stride: all(stride), dilation: all(dilation), padding: padding)
    }

    /// The lengths that the kernel spans.
    var extents: [Int] { zip(kernelSize, dilation).map { ($0 - 1) * $1 + 1 } }
  }

  public struct Configuration: Sendable {
    public var inputChannels: Int
    public var outputChannels: Int
    public var geometry: Geometry
    public var groups = 1
    public var hasBias = true
    public var weightInitializer = Initializer.glorotUniform
    public var biasInitializer = Initializer.zeros
  }

  public let configuration: Configuration
  public let geometry: Geometry
  public let weight: Parameter
  public let bias: Parameter?

  public required init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    let (inputs, outputs) = (configuration.inputChannels, configuration.outputChannels)
    let groups = configuration.groups
    Convolution.check(groups, divide: inputs, outputs)
    self.configuration = configuration
    geometry = configuration.geometry
    weight = Parameter(
      configuration.weightInitializer(
        [outputs, inputs / groups] + geometry.kernelSize, generator: generator))
    bias =
      configuration.hasBias
      ? Parameter(configuration.biasInitializer([outputs], generator: generator)) : nil
    super.init()
  }

  static func check(_ groups: Int, divide inputs: Int, _ outputs: Int) {
    require(
      inputs % groups == 0 && outputs % groups == 0,
      "\(groups) groups do not divide both \(inputs) and \(outputs) channels")
  }

  public var kernel: Parameter { weight }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { forward(input, weight: weight.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor {
    checkChannels(input, configuration.inputChannels, axes: geometry.kernelSize.count)
    let (before, after) = geometry.padding.widths(
      lengths: Array(input.shape.dropFirst(2)), extents: geometry.extents,
      strides: geometry.stride)
    if gathersPatches(of: input) {
      return convolutionOfPatches(of: input.padded(edges(before, after)), weight)
    }
    let isSymmetric = before == after
    // libtorch pads both sides alike; what goes beyond is a copy with zeros around it.
    let padded = isSymmetric ? input : input.padded(edges(before, after))
    return padded.convolution(
      weight, bias: bias?.value, stride: geometry.stride,
      padding: isSymmetric ? before : before.map { _ in 0 }, dilation: geometry.dilation,
      groups: configuration.groups)
  }

  /// (before, after) from the last axis backwards, as `Tensor.padded` wants them.
  private func edges(_ before: [Int], _ after: [Int]) -> [Int] {
    zip(before, after).reversed().flatMap { [$0, $1] }
  }
}

extension Convolution.Configuration {
  public init(_ inputChannels: Int, _ outputChannels: Int, _ geometry: Convolution.Geometry) {
    self.init(inputChannels: inputChannels, outputChannels: outputChannels, geometry: geometry)
  }
}

/// A convolution whose kernel, stride and dilation are the same along each of its axes.
public protocol SquareConvolution: Convolution {
  static var axisCount: Int { get }
}

extension SquareConvolution {
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: Padding = .valid, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
    weightInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(
        inputChannels: inputChannels, outputChannels: outputChannels,
        geometry: Geometry(
          axisCount: Self.axisCount, kernelSize: kernelSize, stride: stride, dilation: dilation,
          padding: padding),
        groups: groups, hasBias: bias, weightInitializer: weightInitializer,
        biasInitializer: biasInitializer), generator: generator)
  }
}

/// Cross-correlation of `(B, Cin, L)` with a kernel `(Cout, Cin / groups, K)`.
public final class Conv1d: Convolution, SquareConvolution {
  public static let axisCount = 1
}

/// Cross-correlation of `(B, Cin, H, W)` with a square kernel `(Cout, Cin / groups, K, K)`; for
/// other kernels there is `Convolution`.
public final class Conv2d: Convolution, SquareConvolution {
  public static let axisCount = 2
}

extension Layer {
  /// Traps unless `input` is `(B, channels, …)` with `axes` spatial axes.
  func checkChannels(_ input: Tensor, _ channels: Int, axes: Int) {
    require(
      input.rank == axes + 2 && input.size(1) == channels,
      "\(type(of: self)) expected (B, \(channels)\(String(repeating: ", n", count: axes))), "
        + "received shape \(input.shape)")
  }
}

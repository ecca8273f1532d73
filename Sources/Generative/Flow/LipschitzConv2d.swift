import Layers
import Messages
import Torch

/// A convolution of stride 1 and `same` padding whose norm as a linear map of images is at most c: its
/// kernel is divided by max(1, σ/c).
///
/// σ comes from power iterations by the convolution and its transpose at the size of the images that pass;
/// the norm of the reshaped kernel would be too small (8 → 8, 3 × 3 on 8 × 8: 1.09 where 1.67 is right).
/// `weight` is `(Cout, Cin, k, k)`, Glorot-uniform, `bias` `(Cout)`; `probe` `(1, Cin, H, W)` is state.
public final class LipschitzConv2d: Layer, StatisticsKeeping {
  public let weight: Parameter
  public let bias: Parameter
  public let probe: Parameter
  /// c.
  public let bound: Double
  public let iterations: Int
  public var updatesStatistics = true

  /// - Parameter size: Height and width of the images.
  public init(
    _ inputs: Int, _ outputs: Int, kernelSize: Int, size: (height: Int, width: Int), bound: Double,
    iterations: Int = 5, generator: RandomGenerator? = nil
  ) {
    require(
      kernelSize % 2 == 1 && bound > 0,
      "LipschitzConv2d expected an odd kernel and a bound above 0, received \(kernelSize), \(bound)"
    )
    self.bound = bound
    self.iterations = iterations
    weight = Parameter(
      Initializer.glorotUniform([outputs, inputs, kernelSize, kernelSize], generator: generator))
    bias = Parameter(.zeros([outputs]))
    let start = Tensor.normal([1, inputs, size.height, size.width], generator: generator)
    probe = Parameter(start / start.norm(), role: .state)
    super.init()
    advance(20)
  }

  public override var mixesSamples: Bool { false }

  private var padding: [Int] { [weight.shape[2] / 2, weight.shape[3] / 2] }

  /// Moves the probe towards the direction that is stretched most.
  public func advance(_ count: Int? = nil) {
    withoutGradients {
      var v = probe.value
      for _ in 0..<(count ?? iterations) {
        let u = v.conv2d(weight.value, padding: padding)
        v = u.convTranspose2d(weight.value, padding: padding)
        v = v / v.norm().clamp(minimum: 1e-12)
      }
      probe.replace(with: v)
    }
  }

  /// ‖Wv‖ for the probe v: the estimate of σ, differentiable by the kernel.
  public func norm() -> Tensor { probe.value.conv2d(weight.value, padding: padding).norm() }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank == 4 && Array(input.shape[1...]) == Array(probe.shape[1...]),
      "LipschitzConv2d expected (B, \(probe.shape[1...].map(String.init).joined(separator: ", "))), "
        + "received \(input.shape)")
    if isTraining && updatesStatistics { advance() }
    let kernel = weight.value / (norm() / bound + 1e-5).clamp(minimum: 1)
    return input.conv2d(kernel, bias: bias.value, padding: padding)
  }
}

import Messages
import Torch

/// Dropout: in training each element becomes 0 with probability `rate` and is divided by 1 − rate
/// otherwise; in inference nothing happens. Srivastava et al. 2014.
///
/// The mask is shared along `sharedAxes` (where Keras' noise shape is 1). On `(B, L, D)`: `[0]` drops
/// the same elements of every sample, `[2]` whole vectors (word dropout), `[1]` channels over all
/// steps (spatial dropout).
///
/// Rate 0 is the identity and draws no numbers; rate 1 gives zeros, also for infinite inputs. Numbers
/// come from `generator`, or from the device's process-wide one.
public final class Dropout: Layer {
  /// The probability of dropping.
  public var rate: Double {
    didSet { Dropout.check(rate) }
  }
  public let sharedAxes: [Int]
  private let generator: RandomGenerator?

  public init(_ rate: Double, sharedAxes: [Int] = [], generator: RandomGenerator? = nil) {
    Dropout.check(rate)
    self.rate = rate
    self.sharedAxes = sharedAxes
    self.generator = generator
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    guard isTraining && rate > 0 else { return input }
    if rate == 1 {
      return input.maskedFill(.ones(input.shape, dtype: .bool, device: input.device), 0)
    }
    if sharedAxes.isEmpty && generator == nil { return input.dropout(rate) }
    let noise = Tensor.full(
      noiseShape(input, sharedAxes: sharedAxes, "Dropout"), 1 - rate, dtype: input.dtype,
      device: input.device)
    return input * (noise.bernoulli(generator: generator) / (1 - rate))
  }

  private static func check(_ rate: Double) {
    require((0...1).contains(rate), "Dropout expected a rate within 0...1, received \(rate)")
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    Dropout(rate, sharedAxes: sharedAxes, generator: cloning.generator ?? generator)
  }
}

/// Multiplies by N(1, rate / (1 − rate)) in training: the first two moments of dropout, and no zeros.
public final class GaussianDropout: Layer {
  public let rate: Double
  public let sharedAxes: [Int]
  private let generator: RandomGenerator?

  public init(_ rate: Double, sharedAxes: [Int] = [], generator: RandomGenerator? = nil) {
    require(
      rate >= 0 && rate < 1, "GaussianDropout expected a rate within 0..<1, received \(rate)")
    self.rate = rate
    self.sharedAxes = sharedAxes
    self.generator = generator
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    guard isTraining && rate > 0 else { return input }
    let noise = Tensor.normal(
      noiseShape(input, sharedAxes: sharedAxes, "GaussianDropout"), dtype: input.dtype,
      device: input.device, generator: generator)
    return input * (noise * (rate / (1 - rate)).squareRoot() + 1)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    GaussianDropout(rate, sharedAxes: sharedAxes, generator: cloning.generator ?? generator)
  }
}

/// The input's shape with 1 at the shared axes.
private func noiseShape(_ input: Tensor, sharedAxes: [Int], _ layer: String) -> [Int] {
  var shape = input.shape
  for axis in sharedAxes {
    let position = axis < 0 ? axis + shape.count : axis
    require(
      shape.indices ~= position,
      "\(layer) shares its mask along axis \(axis), received shape \(input.shape)")
    shape[position] = 1
  }
  return shape
}

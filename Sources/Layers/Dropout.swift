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
public final class Dropout: Layer, Configured {
  public struct Configuration: Sendable {
    /// The probability of dropping.
    public var rate: Double
    public var sharedAxes: [Int]

    public init(_ rate: Double, sharedAxes: [Int] = []) {
      self.rate = rate
      self.sharedAxes = sharedAxes
    }
  }

  public private(set) var configuration: Configuration
  public let generator: RandomGenerator?

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    Dropout.check(configuration.rate)
    self.configuration = configuration
    self.generator = generator
    super.init()
  }

  public convenience init(
    _ rate: Double, sharedAxes: [Int] = [], generator: RandomGenerator? = nil
  ) {
    self.init(Configuration(rate, sharedAxes: sharedAxes), generator: generator)
  }

  /// The probability of dropping.
  public var rate: Double {
    get { configuration.rate }
    set {
      Dropout.check(newValue)
      configuration.rate = newValue
    }
  }

  public override var mixesSamples: Bool { false }

  public override var drawsRandomNumbers: Bool { isTraining && rate > 0 && rate < 1 }

  public override func forward(_ input: Tensor) -> Tensor {
    guard isTraining && rate > 0 else { return input }
    if rate == 1 {
      return input.maskedFill(.ones(input.shape, dtype: .bool, device: input.device), 0)
    }
    let sharedAxes = configuration.sharedAxes
    if sharedAxes.isEmpty && generator == nil { return input.dropout(rate) }
    let noise = Tensor.full(
      noiseShape(input, sharedAxes: sharedAxes, "Dropout"), 1 - rate, dtype: input.dtype,
      device: input.device)
    return input * (noise.bernoulli(generator: generator) / (1 - rate))
  }

  private static func check(_ rate: Double) {
    require((0...1).contains(rate), "Dropout expected a rate within 0...1, received \(rate)")
  }
}

/// Multiplies by N(1, rate / (1 − rate)) in training: the first two moments of dropout, and no zeros.
public final class GaussianDropout: Layer, Configured {
  public let configuration: Dropout.Configuration
  public let generator: RandomGenerator?

  public init(_ configuration: Dropout.Configuration, generator: RandomGenerator? = nil) {
    let rate = configuration.rate
    require(
      rate >= 0 && rate < 1, "GaussianDropout expected a rate within 0..<1, received \(rate)")
    self.configuration = configuration
    self.generator = generator
    super.init()
  }

  public convenience init(
    _ rate: Double, sharedAxes: [Int] = [], generator: RandomGenerator? = nil
  ) {
    self.init(Dropout.Configuration(rate, sharedAxes: sharedAxes), generator: generator)
  }

  public override var mixesSamples: Bool { false }

  public override var drawsRandomNumbers: Bool { isTraining && configuration.rate > 0 }

  public override func forward(_ input: Tensor) -> Tensor {
    let rate = configuration.rate
    guard isTraining && rate > 0 else { return input }
    let noise = Tensor.normal(
      noiseShape(input, sharedAxes: configuration.sharedAxes, "GaussianDropout"),
      dtype: input.dtype, device: input.device, generator: generator)
    return input * (noise * (rate / (1 - rate)).squareRoot() + 1)
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

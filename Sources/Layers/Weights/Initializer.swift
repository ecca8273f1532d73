import Messages
import Torch

/// A rule for the first values of a weight.
///
/// A rule gets the shape of the weight and its fans: `fanIn`, how many inputs one output sums, and
/// `fanOut`, how many outputs one input reaches. Every layer takes a rule for each of its weights
/// and an optional generator, so that a seed fixes a whole model; without one the numbers come from
/// the process-wide generator.
///
/// Layers start, as in Keras, with Glorot-uniform kernels and zero biases unless told otherwise.
public struct Initializer: Sendable {
  public struct Fans: Sendable, Equatable {
    public var input: Int
    public var output: Int

    public init(input: Int, output: Int) {
      self.input = input
      self.output = output
    }

    /// The fans of a weight laid out as `(out, in, spatial…)`; of a vector, its length both ways.
    public init(shape: [Int]) {
      guard shape.count > 1 else {
        self.init(input: shape.first ?? 1, output: shape.first ?? 1)
        return
      }
      let field = shape.dropFirst(2).reduce(1, *)
      self.init(input: shape[1] * field, output: shape[0] * field)
    }
  }

  /// The rule and its numbers, such as `heNormal(gain: 1)`, for descriptions.
  public let name: String
  let fill: @Sendable (_ shape: [Int], Fans, DType, RandomGenerator?) -> Tensor

  /// A rule of one's own.
  public init(
    name: String,
    _ fill: @escaping @Sendable (_ shape: [Int], Fans, DType, RandomGenerator?) -> Tensor
  ) {
    self.name = name
    self.fill = fill
  }

  /// New values for a weight; the fans follow from a shape `(out, in, spatial…)` unless given.
  public func callAsFunction(
    _ shape: [Int], fans: Fans? = nil, dtype: DType = .float32, generator: RandomGenerator? = nil
  ) -> Tensor {
    fill(shape, fans ?? Fans(shape: shape), dtype, generator)
  }
}

extension Initializer: CustomStringConvertible {
  public var description: String { name }
}

// MARK: - Constants

extension Initializer {
  public static let zeros = constant(0)
  public static let ones = constant(1)

  public static func constant(_ value: Double) -> Initializer {
    Initializer(name: "constant(\(value))") { shape, _, dtype, _ in
      .full(shape, value, dtype: dtype)
    }
  }

  /// gain · I for a matrix (ones on the diagonal of a rectangle); for a convolution kernel gain at
  /// the middle tap, so that the layer starts as the identity.
  public static func identity(gain: Double = 1) -> Initializer {
    Initializer(name: "identity(gain: \(gain))") { shape, _, dtype, _ in
      require(
        shape.count >= 2, "identity initializer expected at least 2 axes, received shape \(shape)")
      let weight = Tensor.zeros(shape, dtype: dtype)
      var middle = weight
      for length in shape.dropFirst(2) { middle = middle[.all, .all, length / 2] }
      middle.diagonal().fillInPlace(gain)
      return weight
    }
  }
}

// MARK: - Independent entries

/// How the entries of a random weight are distributed.
public enum EntryDistribution: Sendable {
  case uniform
  case normal
  /// Normal, drawn again beyond two standard deviations.
  case truncatedNormal
}

/// Which fan divides the variance.
///
/// `input` preserves E y² of each unit going forward, `output` the norm of gradients going back
/// (and ‖Wx‖ = ‖x‖ for a matrix with more rows than columns); `average` is Glorot's compromise.
public enum FanMode: Sendable {
  case input
  case output
  case average
}

extension Initializer {
  /// Uniform in `[low, high)`.
  public static func uniform(_ low: Double = -0.05, _ high: Double = 0.05) -> Initializer {
    Initializer(name: "uniform(\(low), \(high))") { shape, _, dtype, generator in
      Tensor.uniform(shape, dtype: dtype, generator: generator) * (high - low) + low
    }
  }

  public static func normal(
    mean: Double = 0, standardDeviation: Double = 0.05
  ) -> Initializer {
    Initializer(name: "normal(\(mean), \(standardDeviation))") { shape, _, dtype, generator in
      Tensor.normal(shape, dtype: dtype, generator: generator) * standardDeviation + mean
    }
  }

  /// Normal numbers within two standard deviations of the mean.
  ///
  /// Cutting the tails leaves 0.8796 of the standard deviation. `rescaled` makes up for that, so
  /// that the entries have the one asked for, as Keras' variance scaling does; Keras'
  /// `TruncatedNormal` and the initial weights of BERT (0.02, in truth 0.0176) are not rescaled.
  public static func truncatedNormal(
    mean: Double = 0, standardDeviation: Double = 0.05, rescaled: Bool = false
  ) -> Initializer {
    let scale = rescaled ? standardDeviation / truncatedDeviation : standardDeviation
    return Initializer(name: "truncatedNormal(\(mean), \(standardDeviation))") {
      shape, _, dtype, generator in
      truncated(shape, dtype, generator) * scale + mean
    }
  }

  /// Entries of mean 0 and variance `scale` / fan, whatever the distribution.
  public static func varianceScaling(
    _ scale: Double = 1, mode: FanMode = .input, distribution: EntryDistribution = .truncatedNormal
  ) -> Initializer {
    Initializer(name: "varianceScaling(\(scale), \(mode), \(distribution))") {
      shape, fans, dtype, generator in
      let fan: Double =
        switch mode {
        case .input: Double(fans.input)
        case .output: Double(fans.output)
        case .average: Double(fans.input + fans.output) / 2
        }
      let deviation = (scale / max(1, fan)).squareRoot()
      switch distribution {
      case .uniform:
        return (Tensor.uniform(shape, dtype: dtype, generator: generator) * 2 - 1)
          * (3.0.squareRoot() * deviation)
      case .normal:
        return Tensor.normal(shape, dtype: dtype, generator: generator) * deviation
      case .truncatedNormal:
        return truncated(shape, dtype, generator) * (deviation / truncatedDeviation)
      }
    }
  }

  /// Variance 2 / (fanIn + fanOut): Glorot and Bengio 2010, for tanh and the like.
  public static let glorotUniform = glorot(.uniform)
  public static let glorotNormal = glorot(.truncatedNormal)
  /// Variance 2 / fanIn: He et al. 2015, for ReLU, which lets half of the squared norm pass.
  public static let heUniform = he(.uniform)
  public static let heNormal = he(.truncatedNormal)
  /// Variance 1 / fanIn: LeCun et al. 1998.
  public static let lecunUniform = lecun(.uniform)
  public static let lecunNormal = lecun(.truncatedNormal)

  /// Variance 2 gain² / (fanIn + fanOut).
  public static func glorot(_ distribution: EntryDistribution, gain: Double = 1) -> Initializer {
    varianceScaling(gain * gain, mode: .average, distribution: distribution)
  }

  /// Variance 2 gain² / fan.
  public static func he(
    _ distribution: EntryDistribution, gain: Double = 1, mode: FanMode = .input
  ) -> Initializer {
    varianceScaling(2 * gain * gain, mode: mode, distribution: distribution)
  }

  /// Variance gain² / fan.
  public static func lecun(
    _ distribution: EntryDistribution, gain: Double = 1, mode: FanMode = .input
  ) -> Initializer {
    varianceScaling(gain * gain, mode: mode, distribution: distribution)
  }

  /// The standard deviation of a standard normal variable within ±2.
  static let truncatedDeviation = 0.87962566103423978

  private static func truncated(_ shape: [Int], _ dtype: DType, _ generator: RandomGenerator?)
    -> Tensor
  {
    // √2 erf⁻¹(u), u uniform within ± erf(2/√2). In float64: float32 would round u near the ends.
    let uniform = Tensor.uniform(shape, dtype: .float64, generator: generator) * 2 - 1
    return ((uniform * 0.95449973610364158).erfInverse() * 2.0.squareRoot())
      .clamp(minimum: -2, maximum: 2).to(dtype)
  }
}

// MARK: - Orthogonal

extension Initializer {
  /// gain · a random matrix with orthonormal rows or columns, whichever are fewer; a kernel counts
  /// as the matrix `(out, rest)`.
  ///
  /// Q of the QR factorization of a normal matrix, its columns signed by R's diagonal, which makes
  /// the distribution uniform over orthogonal matrices: Saxe et al. 2013.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer(name: "orthogonal(gain: \(gain))") { shape, _, dtype, generator in
      require(
        shape.count >= 2, "orthogonal initializer expected at least 2 axes, received shape \(shape)"
      )
      let rows = shape[0]
      let columns = shape.dropFirst().reduce(1, *)
      let working: DType = dtype == .float64 ? .float64 : .float32
      let (q, r) = Tensor.normal(
        [max(rows, columns), min(rows, columns)], dtype: working, generator: generator
      ).qr()
      let signed = q * (r.diagonal() .>= 0.0).to(working) * 2 - q
      return ((rows < columns ? signed.transposed() : signed) * gain).reshaped(shape).to(dtype)
    }
  }
}

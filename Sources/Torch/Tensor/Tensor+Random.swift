import Messages

extension Tensor {
  // Without a generator, numbers come from the process-wide generator of the device.

  /// Standard normal numbers. PyTorch: `randn`.
  public static func normal(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu,
    generator: RandomGenerator? = nil
  ) -> Tensor {
    ATen.randn.tensor(shape, generator, dtype, nil, device)
  }

  /// Uniform numbers in `[0, 1)`. PyTorch: `rand`.
  public static func uniform(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu,
    generator: RandomGenerator? = nil
  ) -> Tensor {
    ATen.rand.tensor(shape, generator, dtype, nil, device)
  }

  /// Uniform integers in `low..<high`. PyTorch: `randint`.
  public static func randomIntegers(
    _ low: Int, _ high: Int, shape: [Int], dtype: DType = .int64, device: Device = .cpu,
    generator: RandomGenerator? = nil
  ) -> Tensor {
    ATen.randint.tensor(low, high, shape, generator, dtype, nil, device)
  }

  /// 0, 1, …, count − 1 in random order. PyTorch: `randperm`.
  public static func permutation(
    _ count: Int, device: Device = .cpu, generator: RandomGenerator? = nil
  ) -> Tensor {
    ATen.randperm.tensor(count, generator, DType.int64, nil, device)
  }

  /// Standard normal numbers of this tensor's shape, type and device.
  public static func normal(like other: Tensor, generator: RandomGenerator? = nil) -> Tensor {
    normal(other.shape, dtype: other.dtype, device: other.device, generator: generator)
  }

  /// Uniform numbers of this tensor's shape, type and device.
  public static func uniform(like other: Tensor, generator: RandomGenerator? = nil) -> Tensor {
    uniform(other.shape, dtype: other.dtype, device: other.device, generator: generator)
  }

  /// Ones with the probabilities that `self` holds, zeros elsewhere.
  public func bernoulli(generator: RandomGenerator? = nil) -> Tensor {
    ATen.bernoulli.tensor(self, generator)
  }

  /// `count` indices per row, drawn with weights `self`, `(…, classes)`.
  public func multinomial(
    _ count: Int, replacement: Bool = false, generator: RandomGenerator? = nil
  ) -> Tensor {
    ATen.multinomial.tensor(self, count, replacement, generator)
  }

  /// Overwrites the elements with normal numbers.
  public func fillNormalInPlace(
    mean: Double = 0, standardDeviation: Double = 1, generator: RandomGenerator? = nil
  ) {
    ATen.normalInPlace.perform(self, mean, standardDeviation, generator)
  }

  /// Overwrites the elements with uniform numbers in `[low, high)`.
  public func fillUniformInPlace(_ low: Double, _ high: Double, generator: RandomGenerator? = nil) {
    ATen.uniformInPlace.perform(self, low, high, generator)
  }

  /// With probability `rate` an element becomes 0, the others grow by 1/(1 − rate); the process-wide
  /// generator decides.
  public func dropout(_ rate: Double, training: Bool = true) -> Tensor {
    require((0...1).contains(rate), "dropout expected a rate within 0...1, received \(rate)")
    return ATen.dropout.tensor(self, rate, training)
  }
}

extension ATen {
  static let randn = Operator("randn", "generator")
  static let rand = Operator("rand", "generator")
  static let randint = Operator("randint", "low_generator")
  static let randperm = Operator("randperm", "generator")
  static let bernoulli = Operator("bernoulli")
  static let multinomial = Operator("multinomial")
  static let normalInPlace = Operator("normal_")
  static let uniformInPlace = Operator("uniform_")
  static let dropout = Operator("dropout")
}

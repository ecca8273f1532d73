import Messages
import Torch

/// A table of vectors: int positions `(…)` to `(…, size)`.
///
/// `weight` is `(count, size)`, uniform within ±0.05 as in Keras. The row `paddingIndex`, which
/// counts from the end if it is negative, starts at zero and gets no gradient.
public final class Embedding: Layer, KernelLayer, Configured {
  public struct Configuration: Sendable {
    /// How many rows there are.
    public var count: Int
    public var size: Int
    public var paddingIndex: Int?
    public var weightInitializer = Initializer.uniform()
  }

  public let configuration: Configuration
  public let weight: Parameter

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    weight = Parameter(
      configuration.weightInitializer(
        [configuration.count, configuration.size], generator: generator))
    super.init()
    if let padding = configuration.paddingIndex {
      withoutGradients { weight.value[weight.value.rowIndex(padding)].zeroInPlace() }
    }
  }

  public convenience init(
    _ count: Int, _ size: Int, paddingIndex: Int? = nil,
    weightInitializer: Initializer = .uniform(), generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(
        count: count, size: size, paddingIndex: paddingIndex, weightInitializer: weightInitializer),
      generator: generator)
  }

  public var kernel: Parameter { weight }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { forward(input, weight: weight.value) }

  public func forward(_ input: Tensor, weight: Tensor) -> Tensor {
    require(
      !input.dtype.isFloatingPoint && !input.dtype.isComplex && input.dtype != .bool,
      "Embedding expected integer positions, received \(input.summary)")
    return weight.embedding(input, paddingIndex: configuration.paddingIndex)
  }

  /// The output projection on the same table.
  public func tiedProjection(biasInitializer: Initializer = .zeros) -> TiedProjection {
    TiedProjection(self, biasInitializer: biasInitializer)
  }
}

extension Embedding.Configuration {
  public init(_ count: Int, _ size: Int) { self.init(count: count, size: size) }
}

/// The output projection tied to an embedding ("EmbeddingDense"): logits = x Eᵀ + b, from
/// `(…, size)` to `(…, count)`.
///
/// E is the embedding's own weight, whose gradient is the sum of both uses; `bias` `(count)`, zeros,
/// is the projection's.
public final class TiedProjection: Layer {
  public let embedding: Embedding
  public let bias: Parameter

  private let biasInitializer: Initializer

  public init(_ embedding: Embedding, biasInitializer: Initializer = .zeros) {
    self.embedding = embedding
    bias = Parameter(biasInitializer([embedding.count]))
    self.biasInitializer = biasInitializer
    super.init()
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank > 0 && input.size(-1) == embedding.size,
      "TiedProjection expected last axis \(embedding.size), received shape \(input.shape)")
    return input.linear(embedding.weight.value, bias: bias.value)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    TiedProjection(cloning.copy(embedding), biasInitializer: biasInitializer)
  }
}

import Messages
import Torch

/// Attention with several heads: each head softmax(q kᵀ · scale + mask) v, all of them side by side
/// through `output`; Vaswani et al. 2017.
///
/// Queries `(B, L, D)`, keys and values `(B, S, D)` give `(B, L, D)`. The projections `query`, `key`,
/// `value` and `output` are `Dense`, Glorot-uniform with zero biases.
///
/// A bool mask is true where attention is allowed; a floating-point one is added to the scores. It is
/// broadcast to `(B, heads, L, S)`: give `(L, S)`, `(B, 1, L, S)`, or `(B, 1, 1, S)` for padding.
public final class MultiHeadAttention: Layer, Configured {
  public struct Configuration: Sendable {
    /// D.
    public var size: Int
    public var headCount: Int
    /// The length of a head's queries, keys and values; D over the number of heads by default.
    public var headSize: Int
    /// The rate of dropping attention weights in training.
    public var dropout = 0.0
    /// The factor of the scores, 1/√headSize by default; 1 for T5.
    public var scale: Double?
    public var hasBias = true
    public var initializer = Initializer.glorotUniform
  }

  public let configuration: Configuration
  public let query: Dense
  public let key: Dense
  public let value: Dense
  public let output: Dense

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    func projection(_ inputs: Int, _ outputs: Int) -> Dense {
      Dense(
        inputs, outputs, bias: configuration.hasBias, weightInitializer: configuration.initializer,
        generator: generator)
    }
    require(
      (0...1).contains(configuration.dropout),
      "MultiHeadAttention expected a dropout rate within 0...1, received \(configuration.dropout)")
    self.configuration = configuration
    let inner = configuration.headCount * configuration.headSize
    query = projection(configuration.size, inner)
    key = projection(configuration.size, inner)
    value = projection(configuration.size, inner)
    output = projection(inner, configuration.size)
    super.init()
  }

  public convenience init(
    _ size: Int, headCount: Int, headSize: Int? = nil, dropout: Double = 0, scale: Double? = nil,
    bias: Bool = true, initializer: Initializer = .glorotUniform, generator: RandomGenerator? = nil
  ) {
    var configuration = Configuration(size, headCount: headCount, headSize: headSize)
    configuration.dropout = dropout
    configuration.scale = scale
    configuration.hasBias = bias
    configuration.initializer = initializer
    self.init(configuration, generator: generator)
  }

  public override var mixesSamples: Bool { false }

  public override var drawsRandomNumbers: Bool { isTraining && configuration.dropout > 0 }

  /// Self-attention without a mask.
  public override func forward(_ input: Tensor) -> Tensor { attend(from: input) }

  /// - Parameters:
  ///   - keys: Where to look; the queries themselves by default.
  ///   - values: What to gather; the keys by default.
  ///   - isCausal: Allow only positions up to the query's own; excludes a mask.
  public func attend(
    from queries: Tensor, to keys: Tensor? = nil, values: Tensor? = nil, mask: Tensor? = nil,
    isCausal: Bool = false
  ) -> Tensor {
    let keys = keys ?? queries
    let values = values ?? keys
    require(
      queries.rank == 3 && keys.rank == 3 && values.rank == 3,
      "MultiHeadAttention expected (B, L, \(configuration.size)), received shapes \(queries.shape), "
        + "\(keys.shape), \(values.shape)")
    require(
      keys.size(0) == queries.size(0) && values.size(0) == keys.size(0)
        && values.size(1) == keys.size(1),
      "MultiHeadAttention expected as many keys as values in a batch of one size, received shapes "
        + "\(queries.shape), \(keys.shape), \(values.shape)")
    // A mask of three axes would be broadcast with its batch taken for heads.
    let scores = [queries.size(0), configuration.headCount, queries.size(1), keys.size(1)]
    require(
      mask.map { ($0.rank == 2 || $0.rank == 4) && $0.isBroadcastable(to: scores) } ?? true,
      "MultiHeadAttention expected a mask (L, S) or one that broadcasts to (B, heads, L, S) = \(scores), "
        + "such as (B, 1, 1, S) for padding; received shape \(mask?.shape ?? [])")
    require(mask == nil || !isCausal, "MultiHeadAttention takes a mask or isCausal, not both")
    let context = heads(query(queries)).scaledDotProductAttention(
      keys: heads(key(keys)), values: heads(value(values)), mask: mask,
      dropout: isTraining ? configuration.dropout : 0, isCausal: isCausal,
      scale: configuration.scale)
    return output(context.transposed(1, 2).flattened(from: 2))  // (B, H, L, d) to (B, L, H · d)
  }

  /// `(B, L, H · d)` as `(B, H, L, d)`.
  private func heads(_ tensor: Tensor) -> Tensor {
    tensor.unflattened(2, [configuration.headCount, configuration.headSize]).transposed(1, 2)
  }
}

extension MultiHeadAttention.Configuration {
  public init(_ size: Int, headCount: Int, headSize: Int? = nil) {
    require(
      headSize != nil || size % headCount == 0,
      "MultiHeadAttention expected a size that \(headCount) heads divide, received \(size)")
    self.init(size: size, headCount: headCount, headSize: headSize ?? size / headCount)
  }
}

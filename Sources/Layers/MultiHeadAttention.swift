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
public final class MultiHeadAttention: Layer {
  public let headCount: Int
  public let headSize: Int
  /// The rate of dropping attention weights in training.
  public let dropout: Double
  /// The factor of the scores, 1/√headSize by default; 1 for T5.
  public let scale: Double?
  public let query: Dense
  public let key: Dense
  public let value: Dense
  public let output: Dense

  private let initializer: Initializer

  public init(
    _ size: Int, headCount: Int, headSize: Int? = nil, dropout: Double = 0, scale: Double? = nil,
    bias: Bool = true, initializer: Initializer = .glorotUniform, generator: RandomGenerator? = nil
  ) {
    require(
      headSize != nil || size % headCount == 0,
      "MultiHeadAttention expected a size that \(headCount) heads divide, received \(size)")
    let headSize = headSize ?? size / headCount
    self.headCount = headCount
    self.headSize = headSize
    self.dropout = dropout
    self.scale = scale
    self.initializer = initializer
    func projection(_ inputs: Int, _ outputs: Int) -> Dense {
      Dense(inputs, outputs, bias: bias, weightInitializer: initializer, generator: generator)
    }
    query = projection(size, headCount * headSize)
    key = projection(size, headCount * headSize)
    value = projection(size, headCount * headSize)
    output = projection(headCount * headSize, size)
    super.init()
  }

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
      "MultiHeadAttention expected (B, L, \(query.inputSize)), received shapes \(queries.shape), "
        + "\(keys.shape), \(values.shape)")
    require(mask == nil || !isCausal, "MultiHeadAttention takes a mask or isCausal, not both")
    let context = heads(query(queries)).scaledDotProductAttention(
      keys: heads(key(keys)), values: heads(value(values)), mask: mask,
      dropout: isTraining ? dropout : 0, isCausal: isCausal, scale: scale)
    return output(context.transposed(1, 2).flattened(from: 2))  // (B, H, L, d) to (B, L, H · d)
  }

  /// `(B, L, H · d)` as `(B, H, L, d)`.
  private func heads(_ tensor: Tensor) -> Tensor {
    tensor.unflattened(2, [headCount, headSize]).transposed(1, 2)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    MultiHeadAttention(
      query.inputSize, headCount: headCount, headSize: headSize, dropout: dropout, scale: scale,
      bias: query.bias != nil, initializer: initializer, generator: cloning.generator)
  }
}

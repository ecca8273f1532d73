import Layers
import Messages
import Torch

/// What adjusts the scores of a pass, the same for all layers.
struct ScoreAdjustment {
  /// Added to the scores `(B, H, L, S)`: −∞ where attention is not allowed, T5's numbers of positions.
  var added: Tensor?
  /// Whether position i sees only j ≤ i; excludes `added`.
  var isCausal = false
  /// Turns queries and keys.
  var rotary: RotaryPositions?
  /// NEZHA's vectors `(L, S, d)` or `(B, L, S, d)`.
  var relative: Tensor?
  /// Multiplies the queries, `(B, 1, L, 1)`: of gated attention and of `softmaxPlus`.
  var queryScale: Tensor?
  /// How many keys each query sees, `(B, 1, L, 1)`: of `squaredReLU`.
  var seenCount: Tensor?
}

/// Attention of the transformers: softmax(q kᵀ / √d + …) v for each head, `(B, L, D)` to `(B, L, D)`.
///
/// libtorch's fused kernel computes it; only relative vectors, residual scores and another normalization, which need
/// the scores themselves, take the same steps one by one.
public final class TransformerAttention: Module {
  public let query: Dense
  public let key: Dense
  public let value: Dense
  public let output: Dense

  private let configuration: TransformerConfiguration

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    func projection(_ inputs: Int, _ outputs: Int) -> Dense {
      Dense(
        inputs, outputs, bias: configuration.hasBias, weightInitializer: configuration.initializer,
        generator: generator)
    }
    let keys = configuration.numHeads * configuration.keySizePerHead
    let values = configuration.numHeads * configuration.valueSizePerHead
    query = projection(configuration.hiddenSize, keys)
    key = projection(configuration.hiddenSize, keys)
    value = projection(configuration.hiddenSize, values)
    output = projection(values, configuration.hiddenSize)
    self.configuration = configuration
    super.init()
  }

  /// - Parameters:
  ///   - source: Where keys and values come from; `input` itself by default.
  ///   - residualScores: RealFormer's: added to the scores, and replaced by the sum.
  ///   - cache: Keys and values so far, to which the new ones are added.
  func forward(
    _ input: Tensor, _ adjustment: ScoreAdjustment, source: Tensor? = nil,
    residualScores: inout Tensor?, cache: inout TransformerCache.Layer?, extendsCache: Bool
  ) -> Tensor {
    var queries = heads(query(input), configuration.keySizePerHead)
    if let rotary = adjustment.rotary { queries = rotary(queries) }
    if let scale = adjustment.queryScale { queries = queries * scale }
    let keys: Tensor
    let values: Tensor
    // The encoder's keys and values are computed once.
    if source != nil, let cached = cache {
      (keys, values) = (cached.keys, cached.values)
    } else {
      let source = source ?? input
      var newKeys = heads(key(source), configuration.keySizePerHead)
      if let rotary = adjustment.rotary { newKeys = rotary(newKeys) }
      let newValues = heads(value(source), configuration.valueSizePerHead)
      if extendsCache {
        if cache == nil {
          cache = TransformerCache.Layer(keys: newKeys, values: newValues)
        } else {
          cache?.append(newKeys, newValues)
        }
      }
      (keys, values) = (cache?.keys ?? newKeys, cache?.values ?? newValues)
    }
    let dropout = isTraining ? configuration.attentionDropoutRate : 0
    let scale =
      configuration.scalesScores ? 1 / Double(configuration.keySizePerHead).squareRoot() : 1
    let context: Tensor
    let isPlain =
      adjustment.relative == nil && adjustment.seenCount == nil
      && !configuration.residualAttentionScores
    if isPlain {
      context = queries.scaledDotProductAttention(
        keys: keys, values: values, mask: adjustment.added, dropout: dropout,
        isCausal: adjustment.isCausal, scale: scale)
    } else {
      context = attendByScores(
        queries * scale, keys, values, adjustment, dropout, residualScores: &residualScores)
    }
    return output(context.transposed(1, 2).flattened(from: 2))  // (B, H, L, d) to (B, L, H · d)
  }

  /// Attention with its scores written out.
  private func attendByScores(
    _ queries: Tensor, _ keys: Tensor, _ values: Tensor, _ adjustment: ScoreAdjustment,
    _ dropout: Double, residualScores: inout Tensor?
  ) -> Tensor {
    var scores = queries.matmul(keys.transposed())
    if let relative = adjustment.relative {
      scores = scores + TransformerAttention.product(queries, relative.transposed())
    }
    if configuration.residualAttentionScores {
      if let residualScores { scores = scores + residualScores }
      residualScores = scores
    }
    if let added = adjustment.added {
      scores = scores + added
    } else if adjustment.isCausal {
      let later = Tensor.ones(
        [scores.size(2), scores.size(3)], dtype: .bool, device: scores.device)
      scores = scores.maskedFill(later.upperTriangle(diagonal: 1), -.infinity)
    }
    let normalized =
      adjustment.seenCount.map { scores.relu().square() / $0 } ?? scores.softmax()
    let weights = normalized.dropout(dropout, training: dropout > 0)
    let context = weights.matmul(values)
    guard let relative = adjustment.relative else { return context }
    return context + TransformerAttention.product(weights, relative)
  }

  /// For each row l of `left` `(B, H, L, m)` its product with the matrix of that row, `(L, m, k)` or
  /// `(B, L, m, k)`: `(B, H, L, k)`.
  private static func product(_ left: Tensor, _ right: Tensor) -> Tensor {
    let rows = left.permuted(0, 2, 1, 3)  // (B, L, H, m)
    return rows.matmul(right).permuted(0, 2, 1, 3)
  }

  /// `(B, L, H · d)` as `(B, H, L, d)`.
  private func heads(_ tensor: Tensor, _ size: Int) -> Tensor {
    tensor.unflattened(2, [configuration.numHeads, size]).transposed(1, 2)
  }
}

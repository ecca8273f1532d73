import Layers
import Torch

/// Attention and feed-forward part in one: [u, v, z] = act(W x), q and k = γ ⊙ z, out = W' (u ⊙ A v) with
/// A = softmax(q kᵀ / √s · ln max(l, 16) / ln 512) and l the number of keys seen; Hua et al. 2022, with the
/// normalization of GAU-α. `(B, L, D)` to `(B, L, D)`.
public final class GatedAttentionUnit: Module {
  /// To u, v and z, of lengths e, e and s.
  public let inner: Dense
  /// γ of the queries, `(s)`.
  public let queryScale: Parameter
  /// γ of the keys, `(s)`.
  public let keyScale: Parameter
  public let output: Dense

  private let configuration: TransformerConfiguration

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    let (units, keys) = (configuration.intermediateSize, configuration.keySizePerHead)
    inner = Dense(
      configuration.hiddenSize, 2 * units + keys, bias: configuration.hasBias,
      weightInitializer: configuration.initializer, generator: generator)
    queryScale = Parameter(.ones([keys]))
    keyScale = Parameter(.ones([keys]))
    output = Dense(
      units, configuration.hiddenSize, bias: configuration.hasBias,
      weightInitializer: configuration.initializer, generator: generator)
    self.configuration = configuration
    super.init()
  }

  /// - Parameter cache: Keys and values so far, to which the new ones are added.
  func forward(
    _ input: Tensor, _ adjustment: ScoreAdjustment, cache: inout TransformerCache.Layer?,
    extendsCache: Bool
  ) -> Tensor {
    let (units, keySize) = (configuration.intermediateSize, configuration.keySizePerHead)
    let parts = configuration.activation.function(inner(input))
      .split(sizes: [units, units, keySize], axis: -1)
    var queries = (parts[2] * queryScale.value).expandingAxis(1)  // One head.
    var keys = (parts[2] * keyScale.value).expandingAxis(1)
    if let rotary = adjustment.rotary { (queries, keys) = (rotary(queries), rotary(keys)) }
    var values = parts[1].expandingAxis(1)
    if extendsCache {
      if cache == nil {
        cache = TransformerCache.Layer(keys: keys, values: values)
      } else {
        cache?.append(keys, values)
      }
      (keys, values) = (cache?.keys ?? keys, cache?.values ?? values)
    }
    let context = (adjustment.queryScale.map { queries * $0 } ?? queries).scaledDotProductAttention(
      keys: keys, values: values, mask: adjustment.added,
      dropout: isTraining ? configuration.attentionDropoutRate : 0, isCausal: adjustment.isCausal)
    return output(parts[0] * context.squeezed(1))
  }
}

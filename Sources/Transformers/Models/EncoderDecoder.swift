import Layers
import Messages
import Torch

/// A transformer that reads with one stack and writes with another, which sees the first one's output: T5 and
/// mT5.
///
///     let model = EncoderDecoder(TransformerConfiguration(.t5))
///     var cache = model.cache(for: source)                       // source (B, S)
///     let logits = model.logits(target, segments: nil, cache: &cache)   // target (B, n) from token 0
public final class EncoderDecoder: Module, Configured {
  public let configuration: TransformerConfiguration
  public let tokens: Embedding
  public let encoder: TransformerStack
  public let decoder: TransformerStack
  public let languageHead: LanguageHead
  public let dropout: Dropout

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    require(
      configuration.family.rules.hasEncoderAndDecoder,
      "EncoderDecoder expected a family of two stacks, received \(configuration.family.rawValue); use "
        + "Transformer")
    self.configuration = configuration
    tokens = Embedding(
      configuration.vocabularySize, configuration.hiddenSize,
      weightInitializer: configuration.initializer, generator: generator)
    encoder = TransformerStack(configuration, generator: generator)
    decoder = TransformerStack(
      configuration, numLayers: configuration.numDecoderLayers, readsEncoder: true,
      generator: generator)
    languageHead = LanguageHead(configuration, generator: generator)
    dropout = Dropout(configuration.dropoutRate)
    super.init()
  }

  /// The encoder's output `(B, S, D)`.
  ///
  /// - Parameters:
  ///   - source: `(B, S)`, int64.
  ///   - visible: Bool `(B, S)`, false at padding; by default what differs from the padding token.
  public func encode(_ source: Tensor, visible: Tensor? = nil) -> Tensor {
    encoded(source, visible).states
  }

  private func encoded(_ source: Tensor, _ visible: Tensor?) -> (states: Tensor, mask: Tensor?) {
    require(
      source.rank == 2 && source.dtype == .int64,
      "EncoderDecoder expected tokens (B, S) of int64, received \(source.summary)")
    var cache = TransformerCache()
    let step = cache.step(
      tokens: source, segments: nil, positions: nil, visible: visible, mask: .bidirectional,
      paddingId: configuration.paddingId)
    let states = encoder.forward(
      dropout(tokens(source)), step: step, cache: &cache, extendsCache: false)
    return (dropout(states), step.mask)
  }

  /// An empty cache whose decoder sees `source`: what generation starts from.
  public func cache(for source: Tensor, visible: Tensor? = nil) -> TransformerCache {
    var cache = TransformerCache()
    cache.encoded = encoded(source, visible)
    return cache
  }

  /// The decoder's output and its logits for whole targets `(B, n)`, which begin with token 0.
  ///
  /// - Parameter targetVisible: Bool `(B, n)`, false at padding; by default all is seen, since no token sees
  ///   what follows.
  public func callAsFunction(
    _ source: Tensor, target: Tensor, visible: Tensor? = nil, targetVisible: Tensor? = nil
  ) -> TransformerOutput {
    var cache = cache(for: source, visible: visible)
    let states = decoded(target, targetVisible, &cache, extendsCache: false)
    return TransformerOutput(hiddenStates: states, logits: vocabulary(states))
  }

  /// The start token is the padding token, so that only `visible` and the cache tell padding.
  private func decoded(
    _ target: Tensor, _ visible: Tensor?, _ cache: inout TransformerCache, extendsCache: Bool
  ) -> Tensor {
    require(
      target.rank == 2 && target.dtype == .int64,
      "EncoderDecoder expected a target (B, n) of int64, received \(target.summary)")
    require(
      cache.encoded?.states.size(0) == target.size(0),
      "EncoderDecoder expected a cache(for: source) of \(target.size(0)) rows, received "
        + "\(cache.encoded?.states.shape ?? [])")
    let step = cache.step(
      tokens: target, segments: nil, positions: nil, visible: visible, mask: .causal, paddingId: nil
    )
    return dropout(
      decoder.forward(
        dropout(tokens(target)), step: step, cache: &cache, extendsCache: extendsCache))
  }

  private func vocabulary(_ states: Tensor) -> Tensor {
    let scaled =
      configuration.scalesOutput
      ? states * (1 / Double(configuration.hiddenSize).squareRoot()) : states
    return languageHead(scaled, embeddings: tokens, condition: nil)
  }
}

extension EncoderDecoder: CausalModel {
  public func logits(
    _ tokens: Tensor, segments: Tensor?, cache: inout TransformerCache
  ) -> Tensor {
    vocabulary(decoded(tokens, nil, &cache, extendsCache: true))
  }

  public func nextLogits(
    _ tokens: Tensor, segments: Tensor?, cache: inout TransformerCache
  ) -> Tensor {
    let states = decoded(tokens, nil, &cache, extendsCache: true)
    return vocabulary(cache.lastTokens(of: states))
  }
}

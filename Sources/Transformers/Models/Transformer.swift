import Layers
import Messages
import Torch

/// A transformer of one stack of blocks: encoders of the BERT kind, and language models of the GPT kind, which
/// differ in settings and not in code.
///
///     let model = Transformer(TransformerConfiguration(.bert))
///     let output = model(tokens, segments: segments)       // tokens (B, L), int64
///     output.hiddenStates                                  // (B, L, D)
///
/// One model is an encoder, a language model and seq2seq by the mask of a call (`AttentionMask`); generation
/// goes through `CausalModel`.
public final class Transformer: Module, Configured {
  public let configuration: TransformerConfiguration
  public let embeddings: TransformerEmbeddings
  public let encoder: TransformerStack
  public let pooler: Dense?
  public let nextSentence: Dense?
  public let languageHead: LanguageHead?
  public let discriminator: DiscriminatorHead?

  public convenience init(
    _ configuration: TransformerConfiguration, generator: RandomGenerator? = nil
  ) {
    self.init(
      configuration, embeddings: TransformerEmbeddings(configuration, generator: generator),
      encoder: TransformerStack(configuration, generator: generator), generator: generator)
  }

  /// A model on layers that others may hold, too; what it adds are the heads that `configuration` asks for.
  ///
  ///     var tagging = model.configuration
  ///     tagging.heads = [.languageModel]
  ///     Transformer(tagging, embeddings: model.embeddings, encoder: model.encoder)
  public init(
    _ configuration: TransformerConfiguration, embeddings: TransformerEmbeddings,
    encoder: TransformerStack, generator: RandomGenerator? = nil
  ) {
    require(
      !configuration.family.rules.hasEncoderAndDecoder,
      "Transformer expected a family of one stack, received \(configuration.family.rawValue); use "
        + "EncoderDecoder")
    self.configuration = configuration
    self.embeddings = embeddings
    self.encoder = encoder
    let heads = configuration.heads
    func dense(_ outputs: Int) -> Dense {
      Dense(
        configuration.hiddenSize, outputs, weightInitializer: configuration.initializer,
        generator: generator)
    }
    pooler = heads.contains(.pooler) ? dense(configuration.hiddenSize) : nil
    nextSentence = heads.contains(.nextSentence) ? dense(2) : nil
    languageHead =
      heads.contains(.languageModel) ? LanguageHead(configuration, generator: generator) : nil
    discriminator =
      heads.contains(.discriminator) ? DiscriminatorHead(configuration, generator: generator) : nil
    super.init()
  }

  /// The output of whole sequences.
  ///
  /// - Parameters:
  ///   - tokens: `(B, L)`, int64.
  ///   - segments: `(B, L)`; all 0 by default.
  ///   - positions: `(1, L)` or `(B, L)`; 0, 1, … by default.
  ///   - visible: Bool `(B, L)`, false at padding; by default what differs from the padding token.
  ///   - mask: Which positions see which; the configuration's by default.
  ///   - condition: `(B, m)`, what normalizations are conditioned by.
  public func callAsFunction(
    _ tokens: Tensor, segments: Tensor? = nil, positions: Tensor? = nil, visible: Tensor? = nil,
    mask: AttentionMask? = nil, condition: Tensor? = nil
  ) -> TransformerOutput {
    var cache = TransformerCache()
    return output(
      hidden(
        tokens, segments, positions, visible, mask, condition, cache: &cache, extendsCache: false),
      condition)
  }

  /// The output of `tokens` that come after those in the cache, which takes them in: as if all had been
  /// computed at once, if no earlier position sees a later one.
  public func callAsFunction(
    _ tokens: Tensor, segments: Tensor? = nil, positions: Tensor? = nil, visible: Tensor? = nil,
    mask: AttentionMask? = nil, condition: Tensor? = nil, cache: inout TransformerCache
  ) -> TransformerOutput {
    output(
      hidden(
        tokens, segments, positions, visible, mask, condition, cache: &cache, extendsCache: true),
      condition)
  }

  private func hidden(
    _ tokens: Tensor, _ segments: Tensor?, _ positions: Tensor?, _ visible: Tensor?,
    _ mask: AttentionMask?, _ condition: Tensor?, cache: inout TransformerCache, extendsCache: Bool
  ) -> Tensor {
    require(
      tokens.rank == 2 && tokens.dtype == .int64,
      "Transformer expected tokens (B, L) of int64, received \(tokens.summary)")
    require(
      segments.map { $0.shape == tokens.shape } ?? true,
      "Transformer expected segments \(tokens.shape), received \(segments?.shape ?? [])")
    let condition = condition ?? cache.condition
    require(
      condition == nil || configuration.conditionSize == condition?.size(-1),
      "Transformer expected a condition of length \(configuration.conditionSize ?? 0), received shape "
        + "\(condition?.shape ?? [])")
    let mask = mask ?? AttentionMask(configuration.attention)
    var segments = segments
    if segments == nil, cache.count > 0, case .prefix = mask {
      segments = Tensor.ones(tokens.shape, dtype: .int64, device: tokens.device)
    }
    let step = cache.step(
      tokens: tokens, segments: segments, positions: positions, visible: visible, mask: mask,
      paddingId: configuration.paddingId)
    let input = embeddings(
      tokens, segments: segments, positions: step.positions, condition: condition)
    return encoder.forward(
      input, step: step, cache: &cache, extendsCache: extendsCache, condition: condition)
  }

  /// Logits `(N, V)` at the places of `targets` alone: a vocabulary is large, and most places of a batch are
  /// not predicted.
  public func logits(
    at targets: SequenceTargets, _ tokens: Tensor, segments: Tensor? = nil,
    visible: Tensor? = nil, mask: AttentionMask? = nil, condition: Tensor? = nil
  ) -> Tensor {
    var cache = TransformerCache()
    let states = hidden(
      tokens, segments, nil, visible, mask, condition, cache: &cache, extendsCache: false)
    return vocabulary(
      targets.gather(states),
      condition.map { targets.gather(condition: $0, length: tokens.size(1)) })
  }

  private func output(_ hidden: Tensor, _ condition: Tensor?) -> TransformerOutput {
    let pooled = pooler.map { configuration.poolerActivation.function($0(hidden[.all, 0])) }
    return TransformerOutput(
      hiddenStates: hidden, pooled: pooled,
      logits: languageHead?(hidden, embeddings: embeddings.tokens, condition: condition),
      nextSentence: nextSentence.flatMap { head in pooled.map { head($0) } },
      replaced: discriminator?(hidden))
  }
}

extension Transformer: CausalModel {
  public func logits(
    _ tokens: Tensor, segments: Tensor?, cache: inout TransformerCache
  ) -> Tensor {
    let states = generated(tokens, segments, &cache)
    return vocabulary(states, cache.condition)
  }

  public func nextLogits(
    _ tokens: Tensor, segments: Tensor?, cache: inout TransformerCache
  ) -> Tensor {
    let states = generated(tokens, segments, &cache)
    return vocabulary(cache.lastTokens(of: states), cache.condition)
  }

  private func generated(
    _ tokens: Tensor, _ segments: Tensor?, _ cache: inout TransformerCache
  ) -> Tensor {
    require(
      configuration.attention != .bidirectional,
      "a \(configuration.family.rawValue) whose positions see each other cannot generate; set its "
        + "configuration's attention to causal or prefix")
    return hidden(tokens, segments, nil, nil, nil, nil, cache: &cache, extendsCache: true)
  }

  private func vocabulary(_ states: Tensor, _ condition: Tensor?) -> Tensor {
    guard let languageHead else {
      fatalError(
        "a \(configuration.family.rawValue) without .languageModel among its heads has no logits")
    }
    return languageHead(states, embeddings: embeddings.tokens, condition: condition)
  }
}

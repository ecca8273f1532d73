import Layers
import Messages
import Torch

/// One layer of a transformer, `(B, L, D)` to `(B, L, D)`: attention and a feed-forward part, each added to its
/// input and normalized where `BlockKind` says.
public final class TransformerBlock: Module {
  public let attention: TransformerAttention?
  /// In place of attention and feed-forward part.
  public let unit: GatedAttentionUnit?
  public let attentionNorm: TransformerNorm
  /// To the encoder's output, in a decoder.
  public let crossAttention: TransformerAttention?
  public let crossNorm: TransformerNorm?
  public let feedForward: FeedForward?
  public let outputNorm: TransformerNorm?
  public let dropout: Dropout

  private let kind: BlockKind

  /// - Parameter readsEncoder: Whether there is attention to an encoder's output.
  public init(
    _ configuration: TransformerConfiguration, readsEncoder: Bool = false,
    generator: RandomGenerator? = nil
  ) {
    func norm() -> TransformerNorm {
      TransformerNorm(configuration.hiddenSize, configuration, generator: generator)
    }
    kind = configuration.block
    require(
      !readsEncoder || kind == .preNorm,
      "TransformerBlock expected kind preNorm to read an encoder, received \(kind)")
    let isUnit = kind == .gatedAttention
    attention = isUnit ? nil : TransformerAttention(configuration, generator: generator)
    unit = isUnit ? GatedAttentionUnit(configuration, generator: generator) : nil
    attentionNorm = norm()
    crossAttention =
      readsEncoder ? TransformerAttention(configuration, generator: generator) : nil
    crossNorm = readsEncoder ? norm() : nil
    feedForward = isUnit ? nil : FeedForward(configuration, generator: generator)
    outputNorm = isUnit ? nil : norm()
    dropout = Dropout(configuration.dropoutRate)
    super.init()
  }

  /// What a pass carries from block to block.
  struct State {
    var hidden: Tensor
    var residualScores: Tensor?
    let condition: Tensor?
    let adjustment: ScoreAdjustment
    /// The encoder's output, and what is added to scores of it.
    var encoded: (states: Tensor, adjustment: ScoreAdjustment)?
    let extendsCache: Bool
  }

  func forward(
    _ state: inout State, cache: inout TransformerCache.Layer?,
    crossCache: inout TransformerCache.Layer?
  ) {
    let condition = state.condition
    let x = state.hidden
    func attend(_ input: Tensor) -> Tensor {
      guard let attention else { return input }
      return dropout(
        attention.forward(
          input, state.adjustment, residualScores: &state.residualScores, cache: &cache,
          extendsCache: state.extendsCache))
    }
    func feed(_ input: Tensor) -> Tensor { feedForward.map { dropout($0(input)) } ?? input }
    func outputNormalized(_ input: Tensor) -> Tensor {
      outputNorm.map { $0(input, condition: condition) } ?? input
    }
    switch kind {
    case .postNorm:
      let y = attentionNorm(x + attend(x), condition: condition)
      state.hidden = outputNormalized(y + feed(y))
    case .preNorm:
      var y = x + attend(attentionNorm(x, condition: condition))
      if let crossAttention, let crossNorm, let encoded = state.encoded {
        var scores: Tensor?
        y =
          y
          + dropout(
            crossAttention.forward(
              crossNorm(y, condition: condition), encoded.adjustment, source: encoded.states,
              residualScores: &scores, cache: &crossCache, extendsCache: state.extendsCache))
      }
      state.hidden = y + feed(outputNormalized(y))
    case .innerNorm:
      let y = x + attend(x)
      state.hidden = outputNormalized(y + feed(attentionNorm(y, condition: condition)))
    case .gatedAttention:
      guard let unit else { return }
      let y = unit.forward(
        x, state.adjustment, cache: &cache, extendsCache: state.extendsCache)
      state.hidden = attentionNorm(x + dropout(y), condition: condition)
    }
  }
}

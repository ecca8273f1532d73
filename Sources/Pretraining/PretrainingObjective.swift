import Datasets
import Torch
import Transformers

/// What a model guesses while it is pre-trained.
public enum PretrainingObjective: String, Codable, Sendable, CaseIterable {
  /// Masked words from what stands on both sides of them: BERT, and RoBERTa without the next sentence.
  case mlm
  /// Each token from those before it: GPT.
  case lm
  /// The second part of a text from its first, which is read both ways: UniLM.
  case unilm

  /// Which positions see which.
  public var attention: AttentionKind {
    switch self {
    case .mlm: .bidirectional
    case .lm: .causal
    case .unilm: .prefix
    }
  }

  /// What is guessed in a batch of `PretrainingInputs`.
  public func targets(_ batch: Batch) -> SequenceTargets {
    let tokens = batch.inputs["tokens"]
    switch self {
    case .mlm:
      // Kept as id + 1, so that 0 is a place that is not guessed, and id 0 can be.
      let kept = batch.inputs["targets"]
      return SequenceTargets(at: kept .!= 0, targets: kept - 1)
    case .lm: return .next(tokens: tokens, isPredicted: batch.attentionMasks["tokens"])
    case .unilm:
      return .sequenceToSequence(tokens: tokens, segments: batch.inputs["segments"])
    }
  }

  /// The logits `(N, V)` at the places of `targets`.
  public func logits(_ model: Transformer, _ batch: Batch, at targets: SequenceTargets) -> Tensor {
    model.logits(
      at: targets, batch.inputs["tokens"],
      segments: self == .unilm ? batch.inputs["segments"] : nil,
      visible: batch.attentionMasks["tokens"], mask: AttentionMask(attention))
  }
}

import Torch

/// What a transformer computes of a batch.
public struct TransformerOutput {
  /// The last layer's output, `(B, L, D)`.
  public var hiddenStates: Tensor
  /// act(W x₀ + b) of the first position, `(B, D)`, if there is a pooler.
  public var pooled: Tensor?
  /// Logits over the vocabulary, `(B, L, V)`, if there is a language head.
  public var logits: Tensor?
  /// The pair of logits, `(B, 2)`, whether the second text follows, if there is such a head.
  public var nextSentence: Tensor?
  /// Logits `(B, L)` that a token was replaced, if there is a discriminator.
  public var replaced: Tensor?
}

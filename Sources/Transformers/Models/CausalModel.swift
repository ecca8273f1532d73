import Messages
import Torch

/// A model that generates: given new tokens and what it keeps of those before, the logits of what comes
/// after each.
///
/// The first call reads the prefixes, `(B, n)`, padded where they differ in length: see
/// `TransformerCache.init(prefixLengths:padding:condition:)`, which also takes what normalizations are
/// conditioned by. Later calls read what was chosen, `(B, 1)` or more.
public protocol CausalModel {
  /// Logits `(B, n, V)` of the token after each of `tokens`, int64 `(B, n)`.
  ///
  /// - Parameter segments: `(B, n)`, for models that have them. By default those of a prefix are 0; where
  ///   segments separate source and target, those of later calls are 1.
  func logits(_ tokens: Tensor, segments: Tensor?, cache: inout TransformerCache) -> Tensor

  /// The logits `(B, V)` after the last token of each row that is no padding: what a step of decoding needs,
  /// without the logits of all other places.
  func nextLogits(_ tokens: Tensor, segments: Tensor?, cache: inout TransformerCache) -> Tensor
}

extension TransformerCache {
  /// The column of the last token that is no padding among the `newCount` newest of each row, for rows
  /// `states` `(B, newCount, D)`: `(B, D)`.
  func lastTokens(of states: Tensor) -> Tensor {
    let length = states.size(1)
    guard let lengths, count == length, !isPaddedLeft else { return states[.all, -1] }
    let rows = (lengths - 1)[.all, .newAxis, .newAxis].broadcast(to: [-1, 1, states.size(2)])
    return states.gather(rows, axis: 1).squeezed(1)
  }
}

import Layers
import Messages
import Torch

/// Where an answer begins and ends in a text, `(B, L, D)` to `(B, L, 2)`: two logits for each place, W x + b; Devlin
/// et al. 2018.
///
/// A text without the answer has both at place 0.
public final class SpanExtraction: Module {
  public let dense: Dense

  public init(_ inputSize: Int, generator: RandomGenerator? = nil) {
    dense = Dense(
      inputSize, 2, weightInitializer: .truncatedNormal(standardDeviation: 0.02),
      generator: generator)
    super.init()
  }

  public func callAsFunction(_ states: Tensor) -> Tensor { dense(states) }

  /// The mean of both cross-entropies, of logits `(B, L, 2)` and places `(B, 2)`; places where `allowed` `(B, L)` is
  /// false cannot be chosen.
  public static func loss(_ logits: Tensor, places: Tensor, allowed: Tensor? = nil) -> Tensor {
    require(
      logits.rank == 3 && logits.size(2) == 2 && places.shape == [logits.size(0), 2],
      "SpanExtraction.loss expected logits (B, L, 2) and places (B, 2), received shapes \(logits.shape) and "
        + "\(places.shape)")
    let masked =
      allowed.map { logits.maskedFill($0.logicalNot().expandingAxis(2), -.infinity) } ?? logits
    return masked.crossEntropy(places)
  }

  /// A span and ln p(first) + ln p(last).
  public struct Span: Sendable, Equatable {
    /// Places, the last included.
    public var first: Int
    public var last: Int
    public var score: Double
  }

  /// The best span of one text whose places lie in `range`, at most `longest` long; `nil` if `range` is empty.
  ///
  /// - Parameter scores: Logits or their logarithms of probability, `(L)` each.
  public static func best(
    first: [Double], last: [Double], in range: Range<Int>, longest: Int
  ) -> Span? {
    var best: Span?
    for start in range {
      for end in start..<min(range.upperBound, start + longest) {
        let score = first[start] + last[end]
        if score > best?.score ?? -.infinity { best = Span(first: start, last: end, score: score) }
      }
    }
    return best
  }
}

import Layers
import Messages
import Torch

/// Scores of all spans of a text for each kind of entity, `(B, L, D)` to `(B, K, L, L)`, row the first token,
/// column the last: qᵢ · kⱼ / √s with rotary positions, −∞ where j < i and at padding
/// (https://kexue.fm/archives/8373).
///
/// Spans above 0 are entities; they may nest and overlap. The dense map gives q and k for each kind.
public final class GlobalPointer: Module, Configured {
  public struct Configuration: Sendable {
    public var inputSize: Int
    /// K.
    public var kindCount: Int
    /// s.
    public var headSize = 64
    /// Whether q and k are turned by their positions: without, lengths of spans cannot be told.
    public var usesRotaryPositions = true
    /// Whether spans must not end before they begin.
    public var isTriangular = true

    public init(inputSize: Int, kindCount: Int) {
      self.inputSize = inputSize
      self.kindCount = kindCount
    }
  }

  public let configuration: Configuration
  public let dense: Dense

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    dense = Dense(
      configuration.inputSize, 2 * configuration.kindCount * configuration.headSize,
      weightInitializer: .truncatedNormal(standardDeviation: 0.02), generator: generator)
    super.init()
  }

  /// - Parameter mask: Bool `(B, L)`, false at padding.
  public func callAsFunction(_ states: Tensor, mask: Tensor? = nil) -> Tensor {
    let (kinds, size) = (configuration.kindCount, configuration.headSize)
    let parts = dense(states).unflattened(-1, [kinds, 2 * size]).transposed(1, 2)  // (B, K, L, 2s)
    let (queries, keys) = SpanScores.turned(
      parts.narrowed(-1, start: 0, length: size), parts.narrowed(-1, start: size, length: size),
      usesRotaryPositions: configuration.usesRotaryPositions)
    return SpanScores.masked(
      queries.matmul(keys.transposed()) * (1 / Double(size).squareRoot()), mask,
      isTriangular: configuration.isTriangular)
  }
}

/// `GlobalPointer` with q and k shared by all kinds, and for each kind a number of a span's first and last token:
/// qᵢ · kⱼ / √s + (aᵢ + bⱼ) / 2 (https://kexue.fm/archives/8877). `(B, L, D)` to `(B, K, L, L)`.
///
/// q are the even channels of the dense map, k the odd ones; aᵢ and bⱼ are linear in both. As bert4keras has it.
public final class EfficientGlobalPointer: Module, Configured {
  public let configuration: GlobalPointer.Configuration
  /// To q and k.
  public let dense: Dense
  /// From those to a and b of each kind.
  public let kinds: Dense

  public init(_ configuration: GlobalPointer.Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    func map(_ inputs: Int, _ outputs: Int) -> Dense {
      Dense(
        inputs, outputs, weightInitializer: .truncatedNormal(standardDeviation: 0.02),
        generator: generator)
    }
    dense = map(configuration.inputSize, 2 * configuration.headSize)
    kinds = map(2 * configuration.headSize, 2 * configuration.kindCount)
    super.init()
  }

  /// - Parameter mask: Bool `(B, L)`, false at padding.
  public func callAsFunction(_ states: Tensor, mask: Tensor? = nil) -> Tensor {
    let size = configuration.headSize
    let mapped = dense(states)
    let pairs = mapped.unflattened(-1, [size, 2])
    let (queries, keys) = SpanScores.turned(
      pairs[.ellipsis, 0].expandingAxis(1), pairs[.ellipsis, 1].expandingAxis(1),
      usesRotaryPositions: configuration.usesRotaryPositions)
    let numbers = (kinds(mapped) * 0.5).transposed(1, 2)
      .unflattened(1, [configuration.kindCount, 2])  // (B, K, 2, L)
    let lasts = numbers[.all, .all, 0].expandingAxis(2)
    let firsts = numbers[.all, .all, 1].expandingAxis(3)
    return SpanScores.masked(
      queries.matmul(keys.transposed()) * (1 / Double(size).squareRoot()) + lasts + firsts, mask,
      isTriangular: configuration.isTriangular)
  }
}

/// What both pointers do with scores of spans.
public enum SpanScores {
  fileprivate static func turned(
    _ queries: Tensor, _ keys: Tensor, usesRotaryPositions: Bool
  ) -> (Tensor, Tensor) {
    guard usesRotaryPositions else { return (queries, keys) }
    let positions = Tensor.range(queries.size(-2), device: queries.device)[.newAxis, .all]
    let rotary = RotaryPositions(positions, size: queries.size(-1), dtype: queries.dtype)
    return (rotary(queries), rotary(keys))
  }

  fileprivate static func masked(_ scores: Tensor, _ mask: Tensor?, isTriangular: Bool) -> Tensor {
    let length = scores.size(-1)
    var allowed: Tensor?
    if isTriangular {
      allowed = Tensor.ones([length, length], dtype: .bool, device: scores.device).upperTriangle()
    }
    if let mask {
      let both = mask[.all, .newAxis, .newAxis, .all].logicalAnd(
        mask[.all, .newAxis, .all, .newAxis])
      allowed = allowed.map(both.logicalAnd) ?? both
    }
    return allowed.map { scores.maskedFill($0.logicalNot(), -.infinity) } ?? scores
  }

  /// Σ over kinds, mean over texts, of ln(1 + Σ_others e^s) + ln(1 + Σ_spans e^−s); scores `(B, K, L, L)`, `spans`
  /// `(B, K, N, 2)` int64, each (first, last), none twice; (0, 0) fills up and is never an entity.
  public static func loss(_ scores: Tensor, spans: Tensor) -> Tensor {
    require(
      scores.rank == 4 && spans.rank == 4 && spans.size(3) == 2
        && Array(spans.shape.prefix(2)) == Array(scores.shape.prefix(2)),
      "SpanScores.loss expected scores (B, K, L, L) and spans (B, K, N, 2), received shapes \(scores.shape) "
        + "and \(spans.shape)")
    let length = scores.size(3)
    let classes = spans[.ellipsis, 0] * length + spans[.ellipsis, 1]
    return scores.flattened(from: 2).multilabelCrossEntropy(
      classes: classes, ignoring: 0, reduction: .none
    ).sum(axis: 1).mean()
  }

  /// A span of kind `kind`, its tokens from `first` to `last`, both included.
  public struct Found: Sendable, Hashable {
    public var kind: Int
    public var first: Int
    public var last: Int
  }

  /// The spans of each text whose score exceeds `threshold`, scores `(B, K, L, L)`.
  public static func decode(_ scores: Tensor, threshold: Double = 0) -> [[Found]] {
    var found = [[Found]](repeating: [], count: scores.size(0))
    let places = (scores .> threshold).nonzero().to(Device.cpu).integers()
    for start in stride(from: 0, to: places.count, by: 4) {
      found[places[start]].append(
        Found(kind: places[start + 1], first: places[start + 2], last: places[start + 3]))
    }
    return found
  }
}

import Messages
import Torch

/// Which keys each position sees: the one switch between an encoder, a language model and seq2seq.
///
/// A row without any token sees position 0, and padding on the left itself: no row of scores is without a key.
public enum AttentionMask {
  /// Every position sees every one that is no padding.
  case bidirectional
  /// Position i sees j ≤ i.
  case causal
  /// UniLM: with c the cumulative sum of segments, i sees j where c[j] ≤ c[i], so that segment 0 is read
  /// both ways and each 1 is generated from what is before it (Dong et al. 2019).
  case prefix
  /// Bool, true where row i sees column j: `(L, S)`, `(B, L, S)` or `(B, 1, L, S)`.
  case custom(Tensor)

  public init(_ kind: AttentionKind) {
    self =
      switch kind {
      case .bidirectional: .bidirectional
      case .causal: .causal
      case .prefix: .prefix
      }
  }

  /// The mask of whole sequences, for all layers of a pass: bool, true where attention is allowed,
  /// `(B, 1, L, L)` or with axes of length 1 that broadcast to it; `nil` where every position sees all.
  ///
  /// - Parameters:
  ///   - length: L.
  ///   - segments: `(B, L)`, what `.prefix` needs.
  ///   - visible: Bool `(B, L)`, false at padding; `nil` where there is none.
  public func tensor(length: Int, segments: Tensor? = nil, visible: Tensor? = nil) -> Tensor? {
    let keys = visible.map(AttentionMask.withFirst)
    var levels: Tensor?
    if case .prefix = self {
      guard let segments else { fatalError("AttentionMask.prefix expected segments (B, L)") }
      levels = segments.cumulativeSum(axis: 1)
    }
    return tensor(
      queries: length, keys: length, visible: keys, queryLevels: levels, keyLevels: levels,
      device: visible?.device ?? segments?.device ?? .cpu)
  }

  /// The same for the last `queries` of `keys` positions.
  ///
  /// - Parameter seesItself: Whether padding sees itself: where it stands before all tokens, a mask that looks back
  ///   leaves it nothing else.
  func tensor(
    queries: Int, keys: Int, visible: Tensor?, queryLevels: Tensor?, keyLevels: Tensor?,
    seesItself: Bool = false, device: Device
  ) -> Tensor? {
    let columns = visible.map { $0[.all, .newAxis, .newAxis, .all] }
    func joined(_ mask: Tensor) -> Tensor {
      let both = columns.map(mask.logicalAnd) ?? mask
      guard seesItself else { return both }
      let ones = Tensor.ones([queries, keys], dtype: .bool, device: device)
      let diagonal = ones.lowerTriangle(diagonal: keys - queries)
        .logicalAnd(ones.upperTriangle(diagonal: keys - queries))
      return both.logicalOr(diagonal)
    }
    switch self {
    case .bidirectional: return columns
    case .causal:
      // A single new position is the last: it sees all before it.
      if queries == 1 { return columns }
      return joined(
        Tensor.ones([queries, keys], dtype: .bool, device: device)
          .lowerTriangle(diagonal: keys - queries)[.newAxis, .newAxis, .all, .all])
    case .prefix:
      guard let queryLevels, let keyLevels else {
        fatalError("AttentionMask.prefix expected segments (B, L)")
      }
      if queries == 1 && keys > 1 { return columns }
      return joined(
        keyLevels[.all, .newAxis, .newAxis, .all] .<= queryLevels[.all, .newAxis, .all, .newAxis])
    case .custom(let mask):
      require(
        mask.dtype == .bool && (2...4).contains(mask.rank) && mask.size(-2) == queries
          && mask.size(-1) == keys,
        "AttentionMask.custom expected a bool tensor (…, \(queries), \(keys)), received \(mask.summary)"
      )
      let whole =
        switch mask.rank {
        case 2: mask[.newAxis, .newAxis, .all, .all]
        case 3: mask[.all, .newAxis, .all, .all]
        default: mask
        }
      return joined(whole)
    }
  }

  /// `visible` with position 0 seen in rows where nothing is.
  static func withFirst(_ visible: Tensor) -> Tensor {
    let isEmpty = visible.any(axis: 1, keepAxes: true).logicalNot()
    let isFirst = Tensor.range(visible.size(1), device: visible.device)[.newAxis, .all] .== 0
    return visible.logicalOr(isEmpty.logicalAnd(isFirst))
  }
}

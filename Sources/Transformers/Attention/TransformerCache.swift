import Messages
import Torch

/// The keys and values that a model computed of the tokens so far, and what the next ones need to know of
/// them: where they are, which are padding, and which level of a prefix mask they belong to.
///
/// A model fills an empty cache in its first call and appends in each later one. Rows may have prefixes of
/// different lengths, padded on the right or on the left; new tokens go on at each row's own position.
public struct TransformerCache {
  /// One for each pass through a block; `nil` before the first call.
  var layers: [Layer?] = []
  /// What decoders see of the encoder's output, computed once.
  var crossLayers: [Layer?] = []
  /// For each row the row of the first call that it stems from; `nil` while each is its own.
  private var origins: [Int]?
  /// The columns of the first call.
  private var prefixCount = 0
  private var rowCount: Int? {
    layers.first.flatMap { $0?.keys.size(0) } ?? encoded?.states.size(0)
  }
  /// The encoder's output `(B, S, D)` and its mask, for decoders.
  var encoded: (states: Tensor, mask: Tensor?)?

  /// S, the number of columns so far, padding included.
  public private(set) var count = 0
  /// The number of tokens of each row without padding `(B)`; `nil` while it is `count` for all.
  public private(set) var lengths: Tensor?
  /// Bool `(B, S)`, false at padding; `nil` without padding.
  private(set) var visible: Tensor?
  /// The positions of the columns, `(1, S)` or `(B, S)`.
  private(set) var positions: Tensor?
  /// The cumulative sum of segments `(B, S)`.
  private(set) var levels: Tensor?
  private var prefixLengths: Tensor?
  private let prefixPadding: PaddingSide
  /// Whether some row of the first call begins with padding.
  private(set) var isPaddedLeft = false
  /// What normalizations are conditioned by in every call, `(B, m)`.
  private(set) var condition: Tensor?

  /// The side of rows that is filled up.
  public enum PaddingSide: Sendable { case left, right }

  /// - Parameters:
  ///   - prefixLengths: The number of tokens in each row of the first call. Without it, padding is what equals
  ///     the model's padding token, if it has one.
  ///   - padding: The side on which those rows are padded.
  ///   - condition: `(B, m)`, what normalizations are conditioned by in every call.
  public init(
    prefixLengths: [Int]? = nil, padding: PaddingSide = .right, condition: Tensor? = nil
  ) {
    self.prefixLengths = prefixLengths.map { Tensor($0) }
    prefixPadding = padding
    self.condition = condition
  }

  /// Keeps the rows at `rows` (int64), in that order and as often as they stand there: beams change places,
  /// finished hypotheses leave.
  public mutating func select(_ rows: Tensor) { select(rows.to(Device.cpu).integers()) }

  /// As `select` of a tensor.
  public mutating func select(_ chosen: [Int]) {
    let device = layers.first.flatMap { $0?.keys.device } ?? encoded?.states.device ?? .cpu
    let rows = Tensor(chosen, device: device)
    // Beams of one source that change places share its prefix: only what came after it moves.
    let known = origins ?? Array(0..<(rowCount ?? 0))
    let moved = chosen.map { known.indices.contains($0) ? known[$0] : $0 }
    let keepsPrefix = moved == known
    origins = moved
    if keepsPrefix, chosen == Array(0..<chosen.count) { return }
    // One row for all stays one: (1, S) positions are the same for every row.
    func picked(_ tensor: Tensor) -> Tensor { tensor.gatherRows(rows) }
    let shared = keepsPrefix ? prefixCount : 0
    for index in layers.indices { layers[index]?.select(rows, keepingFirst: shared) }
    if !keepsPrefix {
      for index in crossLayers.indices { crossLayers[index]?.select(rows, keepingFirst: 0) }
      encoded = encoded.map {
        (picked($0.states), $0.mask.map { $0.size(0) == 1 ? $0 : picked($0) })
      }
    }
    lengths = lengths.map(picked)
    condition = condition.map(picked)
    prefixLengths = prefixLengths.map(picked)
    visible = visible.map(picked)
    levels = levels.map(picked)
    positions = positions.map { $0.size(0) == 1 ? $0 : picked($0) }
  }

  /// Puts each row `count` times in a row: a prefix that was read once becomes the start of several beams.
  public mutating func repeatRows(_ count: Int) {
    guard let batch = rowCount else { return }
    select((0..<batch).flatMap { row in (0..<count).map { _ in row } })
  }

  // MARK: - Appending

  /// What a call with new tokens computes with.
  struct Step {
    /// Positions of the new tokens, `(1, n)` or `(B, n)`.
    let positions: Tensor
    /// Positions of all columns, `(1, S)` or `(B, S)`.
    let keyPositions: Tensor
    /// Bool `(B, 1, n, S)` or what broadcasts to it.
    let mask: Tensor?
    /// Whether the mask is the causal one and nothing else, and S = n.
    let isCausal: Bool
  }

  /// Which of the first call's tokens are no padding, bool `(B, n)`; `nil` where that is not known.
  private func prefixVisible(_ tokens: Tensor, _ paddingId: Int?) -> Tensor? {
    guard let prefixLengths else { return paddingId.map { tokens .!= $0 } }
    require(
      prefixLengths.count == tokens.size(0),
      "TransformerCache expected a length for each of \(tokens.size(0)) rows, received "
        + "\(prefixLengths.count)")
    let lengths = prefixLengths.to(tokens.device)[.all, .newAxis]
    let columns = Tensor.range(tokens.size(1), device: tokens.device)[.newAxis, .all]
    return prefixPadding == .right
      ? columns .< lengths : columns .>= (lengths * -1 + tokens.size(1))
  }

  /// Takes in `tokens` `(B, n)`: their places, and whom they see.
  mutating func step(
    tokens: Tensor, segments: Tensor?, positions given: Tensor?, visible known: Tensor?,
    mask kind: AttentionMask, paddingId: Int?
  ) -> Step {
    let (batch, length) = (tokens.size(0), tokens.size(1))
    let device = tokens.device
    let isFirst = count == 0
    var new = known ?? (isFirst ? prefixVisible(tokens, paddingId) : nil)
    new = new.flatMap { found in
      require(
        found.dtype == .bool && found.shape == [batch, length],
        "a transformer expected `visible` as bool \([batch, length]), received \(found.summary)")
      return found.all().item() != 0 ? nil : AttentionMask.withFirst(found)
    }
    if isFirst { prefixCount = length }
    if isFirst, let new { isPaddedLeft = new[.all, 0].all().item() == 0 }

    // Places: each row goes on after its own tokens, and begins at its first.
    let range = Tensor.range(length, device: device)[.newAxis, .all]
    let fromFirst =
      isFirst && isPaddedLeft
      ? new.map { ($0.to(.int64).cumulativeSum(axis: 1) - 1).clamp(minimum: 0).to(.int64) } : nil
    let places =
      given ?? fromFirst ?? lengths.map { $0[.all, .newAxis] + range } ?? (range + count)
    positions = positions.map { Tensor.joined($0, places, batch) } ?? places
    let added = new?.to(.int64).sum(axis: 1)
    let before = lengths ?? added.map { Tensor.full(like: $0, Double(count)) }
    lengths = before.map { $0 + (added ?? Tensor(length, device: device)) }
    prefixLengths = nil
    if new != nil || visible != nil {
      func whole(_ length: Int) -> Tensor {
        Tensor.ones([batch, length], dtype: .bool, device: device)
      }
      visible =
        isFirst
        ? new
        : Tensor.concatenate([visible ?? whole(count), new ?? whole(length)], axis: 1)
    }
    var newLevels: Tensor?
    if case .prefix = kind {
      let segments = segments ?? Tensor.zeros([batch, length], dtype: .int64, device: device)
      let own = segments.cumulativeSum(axis: 1)
      newLevels = levels.map { $0.narrowed(1, start: -1, length: 1) + own } ?? own
      levels =
        levels.map {
          Tensor.concatenate([$0, own + $0.narrowed(1, start: -1, length: 1)], axis: 1)
        } ?? own
    }
    count += length
    var isCausal = false
    if case .causal = kind, isFirst, visible == nil { isCausal = true }
    let mask =
      isCausal
      ? nil
      : kind.tensor(
        queries: length, keys: count, visible: visible, queryLevels: newLevels, keyLevels: levels,
        seesItself: isPaddedLeft, device: device)
    return Step(
      positions: places, keyPositions: positions ?? places, mask: mask, isCausal: isCausal)
  }
}

extension Tensor {
  /// Two tables of columns side by side, each with one row for all or `batch` rows.
  fileprivate static func joined(_ left: Tensor, _ right: Tensor, _ batch: Int) -> Tensor {
    guard left.size(0) != right.size(0) else { return concatenate([left, right], axis: 1) }
    return concatenate([left, right].map { $0.broadcast(to: [batch, $0.size(1)]) }, axis: 1)
  }
}

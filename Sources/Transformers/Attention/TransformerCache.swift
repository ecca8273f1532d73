import Messages
import Torch

/// The keys and values that a model computed of the tokens so far, and what the next ones need to know of
/// them: where they are, which are padding, and which level of a prefix mask they belong to.
///
/// A model fills an empty cache in its first call and appends in each later one. Rows may have prefixes of
/// different lengths, padded on the right; new tokens go on at each row's own position.
public struct TransformerCache {
  /// Keys and values `(B, H, S, d)` of one attention; rotary keys are turned already.
  struct Layer {
    var keys: Tensor
    var values: Tensor

    mutating func append(_ newKeys: Tensor, _ newValues: Tensor) {
      keys = Tensor.concatenate([keys, newKeys], axis: 2)
      values = Tensor.concatenate([values, newValues], axis: 2)
    }
  }

  /// One for each pass through a block; `nil` before the first call.
  var layers: [Layer?] = []
  /// What decoders see of the encoder's output, computed once.
  var crossLayers: [Layer?] = []
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

  /// - Parameter prefixLengths: The number of tokens in each row of the first call, which is padded on the
  ///   right. Without it, padding is what equals the model's padding token, if it has one.
  public init(prefixLengths: [Int]? = nil) {
    self.prefixLengths = prefixLengths.map { Tensor($0) }
  }

  /// Keeps the rows at `rows` (int64), in that order and as often as they stand there: beams change places,
  /// finished hypotheses leave.
  public mutating func select(_ rows: Tensor) {
    // One row for all stays one: (1, S) positions are the same for every row.
    func picked(_ tensor: Tensor) -> Tensor { tensor.gatherRows(rows) }
    func picked(_ layer: Layer?) -> Layer? {
      layer.map { Layer(keys: picked($0.keys), values: picked($0.values)) }
    }
    layers = layers.map(picked)
    crossLayers = crossLayers.map(picked)
    encoded = encoded.map {
      (picked($0.states), $0.mask.map { $0.size(0) == 1 ? $0 : picked($0) })
    }
    lengths = lengths.map(picked)
    prefixLengths = prefixLengths.map(picked)
    visible = visible.map(picked)
    levels = levels.map(picked)
    positions = positions.map { $0.size(0) == 1 ? $0 : picked($0) }
  }

  /// As `select` of a tensor.
  public mutating func select(_ rows: [Int]) {
    let device = layers.first.flatMap { $0?.keys.device } ?? encoded?.states.device ?? .cpu
    select(Tensor(rows, device: device))
  }

  /// Puts each row `count` times in a row: a prefix that was read once becomes the start of several beams.
  public mutating func repeatRows(_ count: Int) {
    guard let batch = layers.first.flatMap({ $0?.keys.size(0) }) ?? encoded?.states.size(0) else {
      return
    }
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
    return Tensor.range(tokens.size(1), device: tokens.device)[.newAxis, .all]
      .< prefixLengths.to(tokens.device)[.all, .newAxis]
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

    // Places: each row goes on after its own tokens.
    let range = Tensor.range(length, device: device)[.newAxis, .all]
    let places = given ?? lengths.map { $0[.all, .newAxis] + range } ?? (range + count)
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
        device: device)
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

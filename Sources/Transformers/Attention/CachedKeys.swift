import Torch

extension TransformerCache {
  /// Keys and values `(B, H, S, d)` of one attention; rotary keys are turned already.
  ///
  /// Without gradients both lie in memory with room for what comes next, so that a step neither copies what was
  /// there before nor asks for memory.
  struct Layer {
    private(set) var keys: Tensor
    private(set) var values: Tensor
    /// What `keys` and `values` are the first columns of, if there is more room.
    private var room: Room?

    private final class Room {
      let keys: Tensor
      let values: Tensor

      init(_ keys: Tensor, _ values: Tensor) {
        self.keys = keys
        self.values = values
      }
    }

    init(keys: Tensor, values: Tensor) {
      self.keys = keys
      self.values = values
    }

    mutating func append(_ newKeys: Tensor, _ newValues: Tensor) {
      guard !areGradientsEnabled else {
        room = nil
        keys = Tensor.concatenate([keys, newKeys], axis: 2)
        values = Tensor.concatenate([values, newValues], axis: 2)
        return
      }
      let (count, added) = (keys.size(2), newKeys.size(2))
      let needed = count + added
      if !ownsRoom || room.map({ $0.keys.size(2) < needed }) ?? true {
        room = Room(grown(keys, to: needed), grown(values, to: needed))
      }
      guard let room else { return }
      room.keys.narrowed(2, start: count, length: added).copyInPlace(from: newKeys)
      room.values.narrowed(2, start: count, length: added).copyInPlace(from: newValues)
      keys = room.keys.narrowed(2, start: 0, length: needed)
      values = room.values.narrowed(2, start: 0, length: needed)
    }

    /// Whether nobody else, such as a copy of the cache, has this memory.
    private var ownsRoom: Bool { mutating get { isKnownUniquelyReferenced(&room) } }

    private func grown(_ tensor: Tensor, to needed: Int) -> Tensor {
      var shape = tensor.shape
      shape[2] = needed + max(64, needed / 4)
      let grown = Tensor.empty(shape, dtype: tensor.dtype, device: tensor.device)
      grown.narrowed(2, start: 0, length: tensor.size(2)).copyInPlace(from: tensor)
      return grown
    }

    /// Keeps the rows at `rows`; their first `count` columns are what they were.
    mutating func select(_ rows: Tensor, keepingFirst count: Int) {
      guard count > 0, ownsRoom, !areGradientsEnabled else {
        room = nil
        keys = keys.gatherRows(rows)
        values = values.gatherRows(rows)
        return
      }
      let length = keys.size(2) - count
      guard length > 0 else { return }
      for tensor in [keys, values] {
        let rest = tensor.narrowed(2, start: count, length: length)
        rest.copyInPlace(from: rest.gatherRows(rows))
      }
    }
  }
}

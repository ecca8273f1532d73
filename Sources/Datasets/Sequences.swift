import Messages
import Torch

/// Rows of different lengths in memory: texts as token numbers, series of measurements.
///
/// All elements lie one after the other in one tensor `(ΣL, …)`; a batch pads its rows to the longest.
/// PyTorch: `pad_sequence`, `collate_fn`; Keras: `pad_sequences`.
public struct Sequences: @unchecked Sendable {
  // Sendable: nobody writes to the tensor once this exists.

  /// The elements of all rows, contiguous, `(ΣL, …)`.
  public let elements: Tensor
  /// Where each row begins, and the end of the last: one number more than there are rows.
  let starts: [Int]

  /// Traps unless the lengths sum to the number of elements.
  public init(elements: Tensor, lengths: [Int]) {
    var starts = [0]
    starts.reserveCapacity(lengths.count + 1)
    for length in lengths { starts.append(starts[starts.count - 1] + length) }
    require(
      elements.rank >= 1 && elements.size(0) == starts[lengths.count]
        && lengths.allSatisfy { $0 >= 0 },
      "Sequences expected lengths that sum to the elements, received \(starts[lengths.count]) for "
        + elements.summary)
    self.elements = elements.contiguous()
    self.starts = starts
  }

  /// Rows of whole numbers (int64) or of Floats (float32).
  public init<Element: TensorElement>(_ rows: [[Element]]) {
    self.init(elements: Tensor(rows.flatMap { $0 }), lengths: rows.map(\.count))
  }

  public var count: Int { starts.count - 1 }
  public func length(_ row: Int) -> Int { starts[row + 1] - starts[row] }

  func subset(_ rows: [Int]) -> Sequences {
    let positions = rows.flatMap { Array(starts[$0]..<starts[$0 + 1]) }
    return Sequences(
      elements: elements.gatherRows(Tensor(positions)), lengths: rows.map(length))
  }
}

import Parallel
import Torch

/// One by one, for loaders with transforms; a loader without any gathers whole batches.
extension Dataset: ExampleSource {
  public var classLabels: [Int]? {
    guard let labels, labels.rank == 1, !labels.dtype.isFloatingPoint else { return nil }
    return labels.integers()
  }

  /// The length of the first input of sequences.
  public func length(at index: Int) -> Int? {
    for (_, column) in columns {
      if case .sequences(let rows) = column { return rows.length(index) }
    }
    return nil
  }

  public func example(at index: Int, random: inout RandomStream) -> Example {
    func value(_ column: Column) -> ExampleValue {
      switch column {
      case .tensor(let tensor):
        let shape = Array(tensor.shape.dropFirst())
        let size = shape.reduce(tensor.dtype.byteCount, *)
        // A view of one row: the rest of a tensor that is no plain block is not copied for it.
        let row = tensor.isContiguous ? tensor : tensor[index].contiguous()
        let start = tensor.isContiguous ? index * size : 0
        return ExampleValue(
          bytes: row.withBytes { Array($0[start..<start + size]) }, dtype: tensor.dtype,
          shape: shape, isSequence: false)
      case .sequences(let rows):
        let elements = rows.elements
        let rowShape = Array(elements.shape.dropFirst())
        let width = rowShape.reduce(elements.dtype.byteCount, *)
        let range = rows.starts[index] * width..<rows.starts[index + 1] * width
        return ExampleValue(
          bytes: elements.withBytes { Array($0[range]) }, dtype: elements.dtype,
          shape: [rows.length(index)] + rowShape, isSequence: true)
      }
    }
    return Example(
      inputs: columns.map { ($0.name, value($0.column)) }, label: labelColumn.map(value))
  }
}

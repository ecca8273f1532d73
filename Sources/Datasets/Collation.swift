import Foundation
import Messages
import Torch

/// Memory that a batch's tensor keeps, filled row by row before libtorch sees it.
final class BatchBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: max(byteCount, 1), alignment: 64)
  }

  deinit { bytes.deallocate() }

  func tensor(_ shape: [Int], _ dtype: DType) throws -> Tensor {
    let byteCount = shape.reduce(dtype.byteCount, *)
    guard byteCount > 0 else { return Tensor.zeros(shape, dtype: dtype) }
    return try Tensor.onMemory(
      UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]), shape: shape, dtype: dtype, owner: self
    )
  }
}

/// Rows of different lengths as one tensor: padded to the longest, with the mask and the lengths beside.
struct PaddedRows {
  let tensor: Tensor
  let mask: Tensor
  let lengths: Tensor

  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - row: Calls its closure with the bytes of a row.
  ///   - padding: The element that fills up.
  init(
    rows: Int, lengths: [Int], rowShape: [Int], dtype: DType, padding: Double,
    row: (_ index: Int, _ body: (UnsafeRawBufferPointer) -> Void) -> Void
  ) throws {
    // A batch of empty rows still has a place to look at.
    let longest = max(1, lengths.max() ?? 0)
    let width = rowShape.reduce(dtype.byteCount, *)
    let buffer = BatchBuffer(byteCount: rows * longest * width)
    let mask = BatchBuffer(byteCount: rows * longest)
    let element = Self.bytes(of: padding, dtype)
    let isZero = element.allSatisfy { $0 == 0 }
    for index in 0..<rows {
      let start = index * longest * width
      let used = lengths[index] * width
      row(index) { source in
        guard used > 0 else { return }
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[start..<start + used])
          .copyMemory(from: source)
      }
      let rest = start + used..<start + longest * width
      guard let base = buffer.bytes.baseAddress, let flags = mask.bytes.baseAddress else {
        continue
      }
      if isZero {
        memset(base + rest.lowerBound, 0, rest.count)
      } else {
        for place in stride(from: rest.lowerBound, to: rest.upperBound, by: element.count) {
          for (offset, byte) in element.enumerated() { buffer.bytes[place + offset] = byte }
        }
      }
      memset(flags + index * longest, 1, lengths[index])
      memset(flags + index * longest + lengths[index], 0, longest - lengths[index])
    }
    tensor = try buffer.tensor([rows, longest] + rowShape, dtype)
    self.mask = try mask.tensor([rows, longest], .bool)
    self.lengths = Tensor(lengths)
  }

  private static func bytes(of value: Double, _ dtype: DType) -> [UInt8] {
    func raw(_ value: some BitwiseCopyable) -> [UInt8] { withUnsafeBytes(of: value, Array.init) }
    switch dtype {
    case .int64: return raw(Int64(value))
    case .int32: return raw(Int32(value))
    case .float32: return raw(Float(value))
    case .float64: return raw(value)
    default:
      require(value == 0, "padding of \(dtype) expected 0, received \(value)")
      return [UInt8](repeating: 0, count: dtype.byteCount)
    }
  }
}

/// Puts rows of a dataset, or examples one by one, together to a batch.
struct Collation {
  let pixelScale: PixelScale
  let padding: Double
  let labelPadding: Double

  /// The named tensors of a batch under way.
  private struct Parts {
    var inputs: [(name: String, tensor: Tensor)] = []
    var masks: [(name: String, tensor: Tensor)] = []
    var lengths: [(name: String, tensor: Tensor)] = []
    var labels: Tensor?

    mutating func add(_ name: String, _ rows: PaddedRows) {
      inputs.append((name, rows.tensor))
      masks.append((name, rows.mask))
      lengths.append((name, rows.lengths))
    }
  }

  private func batch(
    _ parts: Parts, _ indices: [Int], _ state: BatchLoader.State, isLast: Bool
  ) -> Batch {
    Batch(
      inputs: NamedTensors(parts.inputs.map { ($0.name, pixelScale.apply(to: $0.tensor)) }),
      labels: parts.labels, attentionMasks: NamedTensors(parts.masks),
      sequenceLengths: NamedTensors(parts.lengths), indices: indices, epoch: state.epoch,
      position: state.position, isLast: isLast)
  }

  /// The rows `indices` of a dataset.
  func batch(
    of dataset: Dataset, _ indices: [Int], _ state: BatchLoader.State, isLast: Bool
  ) throws -> Batch {
    try withoutGradients {
      var parts = Parts()
      let rows = Tensor(indices)
      for (name, column) in dataset.columns {
        switch column {
        case .tensor(let tensor): parts.inputs.append((name, tensor.gatherRows(rows)))
        case .sequences(let sequences):
          parts.add(name, try padded(sequences, indices, padding))
        }
      }
      switch dataset.labelColumn {
      case .tensor(let tensor): parts.labels = tensor.gatherRows(rows)
      case .sequences(let sequences):
        parts.labels = try padded(sequences, indices, labelPadding).tensor
      case nil: break
      }
      return batch(parts, indices, state, isLast: isLast)
    }
  }

  private func padded(
    _ sequences: Sequences, _ indices: [Int], _ padding: Double
  ) throws -> PaddedRows {
    let elements = sequences.elements
    let rowShape = Array(elements.shape.dropFirst())
    let width = rowShape.reduce(elements.dtype.byteCount, *)
    return try elements.withBytes { bytes in
      try PaddedRows(
        rows: indices.count, lengths: indices.map(sequences.length), rowShape: rowShape,
        dtype: elements.dtype, padding: padding
      ) { row, body in
        let start = sequences.starts[indices[row]] * width
        let end = sequences.starts[indices[row] + 1] * width
        body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
    }
  }

  /// Examples that were made one by one. Throws `InputError` if they do not fit each other.
  func batch(
    of examples: [Example], _ indices: [Int], _ state: BatchLoader.State, isLast: Bool
  ) throws -> Batch {
    try withoutGradients {
      var parts = Parts()
      let first = examples[0]
      for (index, example) in examples.enumerated() {
        guard example.inputs.map(\.name) == first.inputs.map(\.name),
          (example.label == nil) == (first.label == nil)
        else {
          throw InputError(
            "example \(indices[index]) has the inputs \(example.inputs.map(\.name))"
              + "\(example.label == nil ? "" : " and a label"), example \(indices[0]) has "
              + "\(first.inputs.map(\.name))\(first.label == nil ? "" : " and a label")")
        }
      }
      for (place, (name, value)) in first.inputs.enumerated() {
        let values = examples.map { $0.inputs[place].value }
        try check(values, name, indices)
        if value.isSequence {
          parts.add(name, try padded(values, padding))
        } else {
          parts.inputs.append((name, try stacked(values)))
        }
      }
      if let label = first.label {
        let labels = examples.compactMap(\.label)
        try check(labels, "label", indices)
        parts.labels = try label.isSequence ? padded(labels, labelPadding).tensor : stacked(labels)
      }
      return batch(parts, indices, state, isLast: isLast)
    }
  }

  private func check(_ values: [ExampleValue], _ name: String, _ indices: [Int]) throws {
    func fixed(_ value: ExampleValue) -> [Int] {
      value.isSequence ? Array(value.shape.dropFirst()) : value.shape
    }
    let first = values[0]
    for (place, value) in values.enumerated()
    where value.dtype != first.dtype || value.isSequence != first.isSequence
      || fixed(value) != fixed(first)
    {
      throw InputError(
        "'\(name)' of example \(indices[place]) is \(value.dtype) \(value.shape), that of example "
          + "\(indices[0]) \(first.dtype) \(first.shape); one shape was expected"
          + (value.isSequence || first.isSequence
            ? "" : ", or .sequence(…) for values of different lengths"))
    }
  }

  private func stacked(_ values: [ExampleValue]) throws -> Tensor {
    let size = values[0].bytes.count
    let buffer = BatchBuffer(byteCount: size * values.count)
    for (row, value) in values.enumerated() where size > 0 {
      value.bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[row * size..<(row + 1) * size])
          .copyMemory(from: $0)
      }
    }
    return try buffer.tensor([values.count] + values[0].shape, values[0].dtype)
  }

  private func padded(_ values: [ExampleValue], _ padding: Double) throws -> PaddedRows {
    try PaddedRows(
      rows: values.count, lengths: values.map(\.length),
      rowShape: Array(values[0].shape.dropFirst()),
      dtype: values[0].dtype, padding: padding
    ) { row, body in values[row].bytes.withUnsafeBytes(body) }
  }
}

import Formats
import Messages

/// Lines of `label place:value place:value …`, places from 1, as libsvm and svmlight write them.
struct LibSVMRows {
  private(set) var labels: [String] = []
  private var starts = [0]
  private var columns: [Int32] = []
  private var values: [Float] = []

  /// Throws `FileError` for what is no such line; empty lines and comments (#) are passed over.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>, path: String, line: Int) throws {
    let words = text.prefix { $0 != 0x23 }.split { $0 <= 0x20 }
    guard let label = words.first else { return }
    var last: Int32 = 0
    for word in words.dropFirst() {
      let parts = word.split(separator: 0x3A, maxSplits: 1)
      guard parts.count == 2,
        let place = Int32(String(decoding: parts[0], as: UTF8.self)), place > last,
        place < 1 << 30, let value = DecimalText.double(UnsafeBufferPointer(rebasing: parts[1])),
        value.isFinite
      else {
        throw FileError(
          path: path,
          reason:
            "line \(line): '\(String(decoding: word.prefix(40), as: UTF8.self))': place:value "
            + "was expected, places from 1 and rising")
      }
      last = place
      columns.append(place - 1)
      values.append(Float(value))
    }
    labels.append(String(decoding: label, as: UTF8.self))
    starts.append(columns.count)
  }

  /// The features; those beyond `width` are left out.
  func matrix(width: Int?) -> SparseMatrix {
    let found = columns.max().map { Int($0) + 1 } ?? 0
    guard let width, width < found else {
      return SparseMatrix(
        columnCount: width ?? found, starts: starts, columns: columns, values: values)
    }
    var result = SparseMatrix(columnCount: width)
    for row in labels.indices {
      for index in starts[row]..<starts[row + 1] where columns[index] < width {
        result.append(Int(columns[index]), values[index])
      }
      result.endRow()
    }
    return result
  }

  mutating func removeAll() { self = LibSVMRows() }
}

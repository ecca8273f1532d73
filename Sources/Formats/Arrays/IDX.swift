import Messages

/// The array files of the MNIST family: two zero bytes, a type, a number of dimensions, the
/// dimensions and then the elements, all big endian; plain or gzip.
public enum IDX {
  public static func read(path: String) throws -> NumericArray {
    let bytes = try ByteSource(path: path).readAll()
    return try bytes.withUnsafeBytes { try parse($0, path: path) }
  }

  /// Reads labels: one integer of any type for each example, or QMNIST's row of eight, whose first is the
  /// class. Throws `FileError`.
  public static func labels(path: String) throws -> [Int] {
    try labels(of: read(path: path), path: path)
  }

  /// The labels that `array` holds, read from `path`.
  public static func labels(of array: NumericArray, path: String) throws -> [Int] {
    let isRow = array.shape.count == 2 && array.shape[1] == 8
    guard array.shape.count == 1 || isRow, let integers = array.integers() else {
      throw FileError(
        path: path,
        reason: "expected an IDX file of integer labels of shape (N) or (N, 8), received "
          + "\(array.elementType.rawValue) \(array.shape)")
    }
    return isRow ? stride(from: 0, to: integers.count, by: 8).map { integers[$0] } : integers
  }

  /// Parses a whole (unpacked) file. Throws `FileError` naming `path`.
  public static func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws -> NumericArray {
    var cursor = ByteCursor(bytes, path: path)
    let magic = try cursor.take(4, "IDX signature")
    guard magic[0] == 0, magic[1] == 0, let elementType = elementType(code: magic[2]) else {
      let found = magic.map { String($0, radix: 16) }.joined(separator: " ")
      throw FileError(
        path: path,
        reason: "not an IDX file: expected it to start with 0 0, a type (8, 9, b, c, d, e) and the "
          + "number of dimensions, found \(found)")
    }
    var shape: [Int] = []
    for axis in 0..<Int(magic[3]) {
      shape.append(Int(try cursor.bigEndian(UInt32.self, "IDX dimension \(axis)")))
    }
    guard let count = elementCount(of: shape),
      case (let size, false) = count.multipliedReportingOverflow(by: elementType.size)
    else { throw FileError(path: path, reason: "IDX shape \(shape) is too large") }
    guard size == cursor.remaining else {
      let what = size > cursor.remaining ? "truncated" : "not a valid IDX file"
      throw FileError(
        path: path,
        reason: "\(what): IDX shape \(shape) of \(elementType.rawValue) takes \(size) bytes, found "
          + "\(cursor.remaining)")
    }
    var data = Array(try cursor.take(size, "IDX data"))
    reverseBytes(of: &data, width: elementType.size)
    return NumericArray(elementType: elementType, shape: shape, bytes: data)
  }

  private static func elementType(code: UInt8) -> ElementType? {
    switch code {
    case 0x08: .uint8
    case 0x09: .int8
    case 0x0b: .int16
    case 0x0c: .int32
    case 0x0d: .float32
    case 0x0e: .float64
    default: nil
    }
  }
}

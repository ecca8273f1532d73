import Messages

/// Reads bytes in order and never past their end: the base of the binary parsers.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  let path: String
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  var remaining: Int { bytes.count - offset }

  /// The next `count` bytes; throws if there are fewer, saying `what` they were to be.
  mutating func take(_ count: Int, _ what: String) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw FileError(
        path: path,
        reason: "truncated: expected \(count) bytes of \(what) at \(offset), found \(remaining)")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  mutating func bigEndian<T: FixedWidthInteger>(_: T.Type, _ what: String) throws -> T {
    T(bigEndian: try take(MemoryLayout<T>.size, what).loadUnaligned(as: T.self))
  }

  mutating func littleEndian<T: FixedWidthInteger>(_: T.Type, _ what: String) throws -> T {
    T(littleEndian: try take(MemoryLayout<T>.size, what).loadUnaligned(as: T.self))
  }
}

extension String {
  /// The text in quotes on one line, escaped and cut, for messages about hostile input.
  package var quotedForMessage: String {
    let limit = 60
    let head = unicodeScalars.prefix(limit)
    let text = String(String.UnicodeScalarView(head)).debugDescription
    return head.endIndex == unicodeScalars.endIndex ? text : text.dropLast() + "…\""
  }
}

/// The product of `shape`, or `nil` if a dimension is negative or it overflows.
func elementCount(of shape: [Int]) -> Int? {
  if shape.contains(where: { $0 < 0 }) { return nil }
  if shape.contains(0) { return 0 }
  var product = 1
  for dimension in shape {
    let (value, overflow) = product.multipliedReportingOverflow(by: dimension)
    if overflow { return nil }
    product = value
  }
  return product
}

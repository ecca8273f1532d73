/// Writes the fields of a protocol-buffers message, in the order they are added.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func integer(_ field: Int, _ value: Int) {
    varint(UInt64(field << 3))
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ field: Int, _ value: Double) {
    varint(UInt64(field << 3 | 1))
    bytes += withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
  }

  mutating func float(_ field: Int, _ value: Float) { fixed32(field, value.bitPattern) }

  mutating func fixed32(_ field: Int, _ value: UInt32) {
    varint(UInt64(field << 3 | 5))
    append(withUnsafeBytes(of: value.littleEndian, Array.init))
  }

  /// Bytes as they are, between fields.
  mutating func append(_ more: [UInt8]) { bytes += more }

  mutating func data(_ field: Int, _ value: [UInt8]) {
    varint(UInt64(field << 3 | 2))
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

  mutating func message(_ field: Int, _ build: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    build(&inner)
    data(field, inner.bytes)
  }

  /// Packed `repeated double`.
  mutating func doubles(_ field: Int, _ values: [Double]) {
    data(field, values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
  }
}

/// Reads the fields of a protocol-buffers message one after the other; hostile bytes end the walk
/// with `ProtobufReader.Malformed`.
public struct ProtobufReader {
  public enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case data(UnsafeRawBufferPointer)

    public var data: UnsafeRawBufferPointer? {
      if case .data(let bytes) = self { bytes } else { nil }
    }
    public var double: Double? {
      if case .fixed64(let bits) = self { Double(bitPattern: bits) } else { nil }
    }
    public var float: Float? {
      if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil }
    }
    public var integer: Int? {
      if case .varint(let bits) = self { Int(Int64(bitPattern: bits)) } else { nil }
    }
    public var text: String? { data.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The bytes are not a message.
  public struct Malformed: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field's number and value, or `nil` at the end.
  public mutating func next() throws -> (field: Int, value: Value)? {
    if offset == bytes.count { return nil }
    let key = try varint()
    let field = Int(truncatingIfNeeded: key >> 3)
    switch key & 7 {
    case 0: return (field, .varint(try varint()))
    case 1:
      let bits = try take(8).loadUnaligned(as: UInt64.self)
      return (field, .fixed64(UInt64(littleEndian: bits)))
    case 2:
      let length = try varint()
      guard length <= bytes.count - offset else { throw Malformed() }
      return (field, .data(try take(Int(length))))
    case 5:
      let bits = try take(4).loadUnaligned(as: UInt32.self)
      return (field, .fixed32(UInt32(littleEndian: bits)))
    default: throw Malformed()
    }
  }

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= bytes.count - offset else { throw Malformed() }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard offset < bytes.count else { throw Malformed() }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Malformed()
  }
}

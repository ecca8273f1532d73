/// Converts UTF-16 to UTF-8 piece by piece.
struct UTF16Bytes {
  private let isBigEndian: Bool
  /// The first half of a pair.
  private var lead: UInt16?
  /// A byte whose other half is still to come.
  private var half: UInt8?

  init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  /// The order of bytes in a text that begins with `bytes`: by its mark, otherwise by where zeros and
  /// the high bytes of ideographs stand.
  static func isBigEndian(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xFE, 0xFF]) { return true }
    if bytes.starts(with: [0xFF, 0xFE]) { return false }
    var votes = 0
    for (index, byte) in bytes.prefix(1 << 12).enumerated()
    where byte == 0 || (0x4E...0x9F).contains(byte) {
      votes += (byte == 0 ? 4 : 1) * (index % 2 == 0 ? 1 : -1)
    }
    return votes > 0
  }

  /// The UTF-8 of the next bytes; a mark is left out, halves without their other half become U+FFFD.
  mutating func utf8(from bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count * 3 / 2)
    func append(_ scalar: Unicode.Scalar) {
      if scalar.value != 0xFEFF, let bytes = UTF8.encode(scalar) {
        output.append(contentsOf: bytes)
      }
    }
    for byte in bytes {
      guard let first = half else {
        half = byte
        continue
      }
      half = nil
      let unit =
        isBigEndian ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first)
      if let lead {
        self.lead = nil
        if UTF16.isTrailSurrogate(unit) {
          let value = 0x10000 + (UInt32(lead) - 0xD800) * 0x400 + (UInt32(unit) - 0xDC00)
          append(Unicode.Scalar(value) ?? "\u{FFFD}")
          continue
        }
        append("\u{FFFD}")
      }
      if UTF16.isLeadSurrogate(unit) {
        lead = unit
      } else {
        append(Unicode.Scalar(unit) ?? "\u{FFFD}")
      }
    }
    return output
  }
}

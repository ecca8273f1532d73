/// Strings as JSON writes them, in quotes and escaped: the one place that does it.
public enum JSONText {
  /// Appends the string whose UTF-8 is `bytes`; what is not UTF-8 is passed on as it is.
  ///
  /// U+2028 and U+2029 are escaped too, so that the text may stand in a script. With `insideHTML`,
  /// `<` is escaped as well: a `</script>` would end the script.
  @inlinable
  public static func append(
    _ bytes: some Collection<UInt8>, insideHTML: Bool = false, to output: inout [UInt8]
  ) {
    output.append(UInt8(ascii: "\""))
    // The two bytes before the present one: U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
    var before: (UInt8, UInt8) = (0, 0)
    for byte in bytes {
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte | 1 != 0xA9,
        !insideHTML || byte != UInt8(ascii: "<")
      {
        output.append(byte)
      } else {
        appendSpecial(byte, after: before, to: &output)
      }
      before = (before.1, byte)
    }
    output.append(UInt8(ascii: "\""))
  }

  /// `text` in quotes, as `append` writes it.
  public static func quoted(_ text: String, insideHTML: Bool = false) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count + 2)
    append(text.utf8, insideHTML: insideHTML, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @usableFromInline
  static func appendSpecial(
    _ byte: UInt8, after before: (UInt8, UInt8), to output: inout [UInt8]
  ) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      output.append(UInt8(ascii: "\\"))
      output.append(byte)
    case UInt8(ascii: "<"): output.append(contentsOf: "\\u003C".utf8)
    case 0x0A: output.append(contentsOf: "\\n".utf8)
    case 0x0D: output.append(contentsOf: "\\r".utf8)
    case 0x09: output.append(contentsOf: "\\t".utf8)
    case 0x08: output.append(contentsOf: "\\b".utf8)
    case 0x0C: output.append(contentsOf: "\\f".utf8)
    case ..<0x20:
      let digits = String(byte, radix: 16)
      output.append(contentsOf: (digits.count == 1 ? "\\u000" : "\\u00").utf8)
      output.append(contentsOf: digits.utf8)
    case 0xA8, 0xA9:
      if before == (0xE2, 0x80) {
        output.removeLast(2)
        output.append(contentsOf: (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8)
      } else {
        output.append(byte)
      }
    default: output.append(byte)
    }
  }
}

// MARK: Reading

extension JSONText {
  /// Why what follows a backslash is no escape.
  public enum EscapeError: String, Error {
    case unterminated = "unterminated string"
    case unknown = "unknown escape in a string"
    case digits = "expected four hexadecimal digits"
    case loneSurrogate = "a lone surrogate in a string"
  }

  /// The scalar that the escape at `offset`, just behind its backslash, stands for; `offset` moves
  /// behind the escape, or to where it is wrong.
  public static func unescape(
    _ bytes: UnsafeRawBufferPointer, at offset: inout Int
  ) throws(EscapeError) -> Unicode.Scalar {
    guard offset < bytes.count else { throw .unterminated }
    offset += 1
    switch bytes[offset - 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw .unknown
    }
    var code = try hexadecimal(bytes, at: &offset)
    if (0xD800..<0xDC00).contains(code) {
      for byte in "\\u".utf8 {
        guard offset < bytes.count, bytes[offset] == byte else { throw .loneSurrogate }
        offset += 1
      }
      let low = try hexadecimal(bytes, at: &offset)
      guard (0xDC00..<0xE000).contains(low) else { throw .loneSurrogate }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw .loneSurrogate }
    return scalar
  }

  private static func hexadecimal(
    _ bytes: UnsafeRawBufferPointer, at offset: inout Int
  ) throws(EscapeError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count else { throw .digits }
      let digit: UInt8
      switch bytes[offset] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[offset] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[offset] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[offset] - UInt8(ascii: "A") + 10
      default: throw .digits
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}

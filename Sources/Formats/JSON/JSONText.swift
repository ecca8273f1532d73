/// Strings as JSON writes them, in quotes and escaped: the one place that does it.
public enum JSONText {
  /// Appends the string whose UTF-8 is `bytes`; what is not UTF-8 is passed on as it is.
  ///
  /// U+2028 and U+2029 are escaped too, so that the text may stand in a script.
  @inlinable
  public static func append(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    // The two bytes before the present one: U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
    var before: (UInt8, UInt8) = (0, 0)
    for byte in bytes {
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte | 1 != 0xA9 {
        output.append(byte)
      } else {
        appendSpecial(byte, after: before, to: &output)
      }
      before = (before.1, byte)
    }
    output.append(UInt8(ascii: "\""))
  }

  /// `text` in quotes. With `insideHTML`, `<` is escaped: a `</script>` would end the script.
  public static func quoted(_ text: String, insideHTML: Bool = false) -> String {
    var output: [UInt8] = []
    append(text.utf8, to: &output)
    let quoted = String(decoding: output, as: UTF8.self)
    return insideHTML ? quoted.replacing("<", with: "\\u003c") : quoted
  }

  @usableFromInline
  static func appendSpecial(
    _ byte: UInt8, after before: (UInt8, UInt8), to output: inout [UInt8]
  ) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      output.append(UInt8(ascii: "\\"))
      output.append(byte)
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

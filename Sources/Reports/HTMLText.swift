/// Text made safe for HTML and XML, in elements and in attributes in double quotes.
package enum HTMLText {
  /// Escapes markup; control characters, which XML does not have, become `�`.
  package static func escaped(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      byte >= 0x20 && byte != 0x7f && byte != UInt8(ascii: "&") && byte != UInt8(ascii: "<")
        && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'")
        || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
    }
    if isPlain { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + 32)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): result += "&amp;".utf8
      case UInt8(ascii: "<"): result += "&lt;".utf8
      case UInt8(ascii: ">"): result += "&gt;".utf8
      case UInt8(ascii: "\""): result += "&quot;".utf8
      case UInt8(ascii: "'"): result += "&#39;".utf8
      case UInt8(ascii: "\n"), UInt8(ascii: "\t"): result.append(byte)
      case ..<0x20, 0x7f: result += "\u{fffd}".utf8
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// JSON for a `<script>` element, which no content can close early.
  package static func script(_ json: String) -> String {
    json.replacing("<", with: "\\u003c")
  }

  /// About how wide `text` is in a sans-serif font of `size`: CJK characters are square, the others
  /// a little over half as wide as high. On the large side, as labels must not collide.
  static func width(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { width, scalar in
      width + (scalar.value >= 0x2e80 ? 1 : scalar.value >= 0x300 && scalar.value < 0x370 ? 0 : 0.6)
    } * size
  }

  /// `text`, cut with an ellipsis so that it is at most `width` wide.
  static func cut(_ text: String, to width: Double, size: Double) -> String {
    if Self.width(text, size: size) <= width { return text }
    var result = ""
    for character in text {
      if Self.width(result + String(character) + "…", size: size) > width { break }
      result.append(character)
    }
    return result + "…"
  }
}

/// A number in SVG: two decimals are a hundredth of a pixel.
func pixel(_ value: Double) -> String {
  guard value.isFinite else { return "0" }
  let hundredths = (max(-1e6, min(1e6, value)) * 100).rounded()
  if hundredths.truncatingRemainder(dividingBy: 100) == 0 { return String(Int(hundredths) / 100) }
  return String(hundredths / 100)
}

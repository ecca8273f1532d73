import Formats
import Parallel
import Testing

@Suite struct JSONTextTests {
  /// Scalar by scalar, as RFC 8259 has it.
  private func reference(_ text: String) -> String {
    "\""
      + text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{8}": return "\\b"
        case "\u{c}": return "\\f"
        case ..<" ", "\u{2028}", "\u{2029}":
          let digits = String(scalar.value, radix: 16)
          return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return String(scalar)
        }
      }.joined() + "\""
  }

  @Test func randomTextIsEscapedScalarByScalarAndReadBack() throws {
    var random = RandomStream(seed: 3)
    let special =
      (0...0x22).map { Unicode.Scalar(UInt8($0)) }
      + "\\<¨©层😀\u{2027}\u{2028}\u{2029}".unicodeScalars
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<random.below(12) {
        let any = Unicode.Scalar(UInt32(random.below(0x11_0000))) ?? "x"
        text.unicodeScalars.append(
          random.below(2) == 0 ? any : special[random.below(special.count)])
      }
      let quoted = JSONText.quoted(text)
      #expect(quoted == reference(text))
      #expect(
        JSONText.quoted(text, insideHTML: true) == quoted.replacing("<", with: "\\u003C"))
      let value = try JSONValue(parsing: quoted)
      #expect(value.stringValue.map { Array($0.utf8) } == Array(text.utf8))
      #expect(value.text() == quoted)
    }
  }

  @Test func bytesThatAreNoUTF8ArePassedOn() {
    var output: [UInt8] = []
    JSONText.append([0xFF, 0xA8, 0x80, 0xA9, 0xE2, 0x80], to: &output)
    #expect(output == [0x22, 0xFF, 0xA8, 0x80, 0xA9, 0xE2, 0x80, 0x22])
  }

  private func unescaped(_ text: String) -> (
    result: Result<Unicode.Scalar, JSONText.EscapeError>, offset: Int
  ) {
    var offset = 0
    let result = Array(text.utf8).withUnsafeBytes { bytes in
      Result { () throws(JSONText.EscapeError) in try JSONText.unescape(bytes, at: &offset) }
    }
    return (result, offset)
  }

  @Test(
    arguments: [
      ("n…", "\n", 1), ("\"", "\"", 1), ("/x", "/", 1), ("u4e39x", "丹", 5), ("u00E9", "é", 5),
      ("ud83d\\ude00x", "😀", 11),
    ] as [(String, Unicode.Scalar, Int)])
  func anEscapeIsOneScalar(_ text: String, _ scalar: Unicode.Scalar, _ length: Int) {
    #expect(unescaped(text) == (.success(scalar), length))
  }

  @Test(
    arguments: [
      ("", .unterminated), ("x", .unknown), ("u", .digits), ("u12", .digits), ("u+123", .digits),
      ("ud83d", .loneSurrogate), ("ud83d\\n", .loneSurrogate), ("ud83d\\u0041", .loneSurrogate),
      ("ude00", .loneSurrogate), ("ud83d\\u12", .digits),
    ] as [(String, JSONText.EscapeError)])
  func whatIsNoEscapeIsSaid(_ text: String, _ error: JSONText.EscapeError) {
    #expect(unescaped(text).result == .failure(error))
  }
}

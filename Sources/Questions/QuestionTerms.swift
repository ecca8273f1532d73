import Foundation

/// What a text is searched by: neighboring characters, single characters, and whole runs of Latin letters and
/// digits.
public struct QuestionTerms: Sendable {
  /// Characters in lower case without punctuation; full-width letters and digits as ASCII.
  public let characters: [UInt32]
  /// Pairs of neighbors (two code points of 21 bits) and hashed runs (the highest bit set), in order.
  public let pairs: [UInt64]

  public init(_ text: String) {
    var characters: [UInt32] = []
    var pairs: [UInt64] = []
    var run: UInt64 = 0
    var runLength = 0
    var last: UInt32?
    func endRun(_ pairs: inout [UInt64]) {
      if runLength > 0 { pairs.append(1 << 63 | run >> 1) }
      runLength = 0
    }
    for scalar in text.unicodeScalars {
      var code = scalar.value
      if 0xFF01...0xFF5E ~= code { code -= 0xFEE0 }
      if 0x41...0x5A ~= code { code += 0x20 }
      let isLatin = 0x61...0x7A ~= code || 0x30...0x39 ~= code
      if isLatin {
        if runLength == 0 { run = 0xCBF2_9CE4_8422_2325 }
        run = (run ^ UInt64(code)) &* 0x0000_0100_0000_01B3
        runLength += 1
        characters.append(code)
        last = nil
        continue
      }
      endRun(&pairs)
      guard code > 0x7F, scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      else {
        last = nil
        continue
      }
      if let last { pairs.append(UInt64(last) << 21 | UInt64(code)) }
      last = code
      characters.append(code)
    }
    endRun(&pairs)
    self.characters = characters
    self.pairs = pairs
  }

  /// The text as duplicates are compared.
  public var normalized: String {
    var text = String.UnicodeScalarView()
    for code in characters { if let scalar = Unicode.Scalar(code) { text.append(scalar) } }
    return String(text)
  }

  /// What the index holds: the pairs, and each character for itself.
  var indexed: [UInt64] { pairs + characters.map(UInt64.init) }
}

import Foundation

/// What ALBERT's tokenizer does to text before SentencePiece cuts it: quotes made of two marks become one, accents go,
/// capitals become small (Lan et al. 2019, the authors' code).
public struct TextFolding: Sendable, Equatable {
  public var lowercases: Bool
  /// Whether letters keep their accents and other compatibility forms.
  public var keepsAccents: Bool

  public init(lowercases: Bool = true, keepsAccents: Bool = false) {
    self.lowercases = lowercases
    self.keepsAccents = keepsAccents
  }

  /// The folded text in UTF-8, and where in `text` each byte comes from; one more for the end.
  func fold(_ text: UnsafeBufferPointer<UInt8>) -> NormalizedText {
    var folded = NormalizedText()
    folded.bytes.reserveCapacity(text.count)
    folded.origins.reserveCapacity(text.count + 1)
    var position = 0
    // Whether the scalar before was the first of two marks.
    var isOpen = false
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      let length = UTF8.width(scalar)
      defer { position += length }
      // Of two marks the first becomes the quote.
      let isMark = scalar == "`" || scalar == "'"
      if isOpen {
        isOpen = false
        continue
      }
      isOpen = isMark && position + 1 < text.count && text[position + 1] == text[position]
      let part = isOpen ? "\"" : self.part(scalar)
      for byte in part.utf8 {
        folded.bytes.append(byte)
        folded.origins.append(position)
      }
    }
    folded.origins.append(text.count)
    return folded
  }

  private func part(_ scalar: Unicode.Scalar) -> String {
    if scalar.isASCII, !(lowercases && ("A"..."Z").contains(scalar)) { return String(scalar) }
    var part = String(scalar)
    if !keepsAccents {
      let kept = part.decomposedStringWithCompatibilityMapping.unicodeScalars.filter {
        $0.properties.canonicalCombiningClass == .notReordered
      }
      part = String(String.UnicodeScalarView(kept))
    }
    return lowercases ? part.lowercased() : part
  }
}

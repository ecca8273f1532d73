import Foundation

/// A text after canonical composition (NFC), and where its scalars come from.
struct ComposedText {
  private(set) var scalars: [UInt32] = []
  private var sources: [Range<Int>] = []

  init(_ text: String) {
    var index = 0
    // Composition crosses a grapheme's bounds nowhere.
    for character in text {
      let count = character.unicodeScalars.count
      let source = index..<index + count
      let composed = String(character).precomposedStringWithCanonicalMapping.unicodeScalars
      // What did not change keeps its own place.
      let isSame = composed.elementsEqual(character.unicodeScalars)
      for (offset, scalar) in composed.enumerated() {
        scalars.append(scalar.value)
        sources.append(isSame ? index + offset..<index + offset + 1 : source)
      }
      index += count
    }
  }

  func source(of range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    return sources[range.lowerBound].lowerBound..<sources[range.upperBound - 1].upperBound
  }
}

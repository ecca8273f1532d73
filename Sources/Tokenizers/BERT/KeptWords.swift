import Foundation
import Memory

/// Words that are found in a text before it is cut, longest first at each place.
struct KeptWords: Sendable {
  private var byFirst: [UInt32: [[UInt32]]] = [:]

  init(_ words: [String]) {
    for word in words {
      let scalars = word.unicodeScalars.map(\.value)
      guard let first = scalars.first else { continue }
      byFirst[first, default: []].append(scalars)
    }
    for first in byFirst.keys { byFirst[first]?.sort { $0.count > $1.count } }
  }

  func matches(in scalars: [UInt32]) -> [Range<Int>] {
    if byFirst.isEmpty { return [] }
    var matches: [Range<Int>] = []
    var index = 0
    // Special tokens begin with a bracket: one comparison passes over all other text.
    let only = byFirst.count == 1 ? byFirst.keys.first : nil
    while index < scalars.count {
      if let only, scalars[index] != only {
        index += 1
      } else if let word = byFirst[scalars[index]]?.first(where: {
        scalars[index...].starts(with: $0)
      }) {
        matches.append(index..<index + word.count)
        index += word.count
      } else {
        index += 1
      }
    }
    return matches
  }
}

/// The ids of tokens of one scalar, by the scalar.
struct SingleScalars: Sendable {
  private let ids: Block<Int32>

  init(_ vocabulary: Vocabulary) {
    ids = Block(repeating: -1, count: 1 << 16)
    for (id, token) in vocabulary.tokens.enumerated() {
      guard let scalar = token.unicodeScalars.first, token.unicodeScalars.count == 1,
        scalar.value < 1 << 16
      else { continue }
      ids[Int(scalar.value)] = Int32(id)
    }
  }

  @inline(__always)
  func id(_ scalar: UInt32, _ vocabulary: Vocabulary) -> Int? {
    guard scalar >= 1 << 16 else {
      let id = ids.pointer[Int(scalar)]
      return id < 0 ? nil : Int(id)
    }
    return withUnsafePointer(to: scalar) {
      vocabulary.id(Vocabulary.hash(Vocabulary.emptyHash, scalar), $0, 1)
    }
  }
}

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

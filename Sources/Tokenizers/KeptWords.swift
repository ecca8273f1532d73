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

  /// Cuts a text at kept words: `text` gets what lies between and after them, `kept` each of them.
  static func cut(
    _ scalars: [UInt32], at matches: [Range<Int>], text: (Range<Int>) -> Void,
    kept: (Range<Int>) -> Void
  ) {
    var start = 0
    for match in matches {
      text(start..<match.lowerBound)
      kept(match)
      start = match.upperBound
    }
    text(start..<scalars.count)
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

extension String {
  /// The text of scalars by their numbers; those that are none are left out.
  init(scalars: some Sequence<UInt32>) {
    self.init(String.UnicodeScalarView(scalars.lazy.compactMap(Unicode.Scalar.init)))
  }
}

/// What a text is found by: pairs of neighbouring Chinese characters, the site's own Chinese words, and
/// words of letters and digits in small letters.
///
/// `Assets/search.js` does the same with the same ranges of characters, so that an export ranks as a
/// server does.
struct SearchTerms: Sendable {
  /// A term: two characters packed, or a hash with its highest bit set.
  typealias Key = UInt64

  /// A term and where it stands, counted in Unicode scalars.
  struct Occurrence {
    let key: Key
    let range: Range<Int>
  }

  /// Chinese words of three to six characters.
  let words: [String]
  private let wordKeys: Set<Key>
  /// The first three characters of each, packed.
  private let beginnings: Set<Key>

  static let longestWord = 6

  init(words: [String] = []) {
    self.words = words.sorted()
    let scalars = words.map { Array($0.unicodeScalars.map(\.value)) }
      .filter { (3...Self.longestWord).contains($0.count) && $0.allSatisfy(Self.isIdeograph) }
    wordKeys = Set(scalars.map { Self.hash($0[...]) })
    beginnings = Set(scalars.map { Self.packed($0[...]) })
  }

  /// The terms of a text, in order; `lowered` are its scalars in small letters (`lowered(_:)`).
  func forEach(in lowered: [UInt32], _ body: (Occurrence) -> Void) {
    var place = 0
    while place < lowered.count {
      if Self.isIdeograph(lowered[place]) {
        let start = place
        while place < lowered.count, Self.isIdeograph(lowered[place]) { place += 1 }
        ideographs(lowered, start..<place, body)
      } else if Self.isWordCharacter(lowered[place]) {
        let start = place
        while place < lowered.count, Self.isWordCharacter(lowered[place]) { place += 1 }
        body(Occurrence(key: Self.hash(lowered[start..<place]), range: start..<place))
      } else {
        place += 1
      }
    }
  }

  private func ideographs(_ text: [UInt32], _ run: Range<Int>, _ body: (Occurrence) -> Void) {
    if run.count == 1 {
      return body(Occurrence(key: Self.packed(text[run]), range: run))
    }
    for start in run.lowerBound..<(run.upperBound - 1) {
      body(Occurrence(key: Self.packed(text[start..<(start + 2)]), range: start..<(start + 2)))
      guard !beginnings.isEmpty, start + 3 <= run.upperBound,
        beginnings.contains(Self.packed(text[start..<(start + 3)]))
      else { continue }
      for end in (start + 3)...min(run.upperBound, start + Self.longestWord) {
        let key = Self.hash(text[start..<end])
        if wordKeys.contains(key) { body(Occurrence(key: key, range: start..<end)) }
      }
    }
  }

  /// Scalars in small letters; only A to Z have them here, so that every language does the same.
  static func lowered(_ text: String) -> [UInt32] {
    text.unicodeScalars.map { (0x41...0x5A).contains($0.value) ? $0.value + 32 : $0.value }
  }

  /// The characters that terms are made of, nothing between them: what is compared where a whole sentence
  /// is looked for.
  static func joined(_ lowered: [UInt32]) -> [UInt32] {
    lowered.filter { isIdeograph($0) || isWordCharacter($0) }
  }

  static func isIdeograph(_ scalar: UInt32) -> Bool {
    (0x3400...0x9FFF).contains(scalar) || (0x3040...0x30FF).contains(scalar)
      || (0xF900...0xFAFF).contains(scalar) || (0x20000...0x3FFFF).contains(scalar)
  }

  static func isWordCharacter(_ scalar: UInt32) -> Bool {
    (0x61...0x7A).contains(scalar) || (0x30...0x39).contains(scalar)
      || (0xC0...0x24F).contains(scalar)
      || (0x370...0x4FF).contains(scalar)
  }

  private static func packed(_ scalars: ArraySlice<UInt32>) -> Key {
    scalars.reduce(0) { $0 << 21 | UInt64($1) }
  }

  private static func hash(_ scalars: ArraySlice<UInt32>) -> Key {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for scalar in scalars {
      value = (value ^ UInt64(scalar)) &* 0x100_0000_01b3
      value ^= value >> 32
    }
    return value | 1 << 63
  }

  /// The key of a term as it is spelled.
  static func key(of term: String) -> Key {
    let scalars = term.unicodeScalars.map(\.value)
    let isPair = scalars.count <= 2 && scalars.allSatisfy(isIdeograph)
    return isPair ? packed(scalars[...]) : hash(scalars[...])
  }

  /// The characters of a key that is no hash.
  static func pair(_ key: Key) -> String {
    let mask: UInt64 = 1 << 21 - 1
    let scalars = [UInt32(key >> 21 & mask), UInt32(key & mask)].filter { $0 != 0 }
    return text(scalars[...])
  }

  static func text(_ scalars: ArraySlice<UInt32>) -> String {
    String(scalars: scalars.compactMap(Unicode.Scalar.init))
  }
}

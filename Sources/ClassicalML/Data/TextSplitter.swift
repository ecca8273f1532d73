import Formats
import Memory
import Messages

/// Cuts texts into grams: runs of characters or of words, each a key of 64 bits.
///
/// Letters count in lower case, white space as one space. Words are runs of at least two letters, digits
/// and underscores, as scikit-learn's; characters include spaces and punctuation.
public struct TextSplitter: Sendable, Equatable {
  public enum Unit: String, Sendable, CaseIterable { case characters, words }

  public let unit: Unit
  /// How many characters (at most 3) or words in a row.
  public let lengths: ClosedRange<Int>

  /// Traps for lengths outside 1 to 3.
  public init(_ unit: Unit = .characters, lengths: ClosedRange<Int> = 1...2) {
    require(
      lengths.lowerBound >= 1 && lengths.upperBound <= 3,
      "TextSplitter expected lengths in 1...3, received \(lengths)")
    self.unit = unit
    self.lengths = lengths
  }

  /// Calls `body` for every text of a column with the keys of its grams and the memory they were cut in.
  @inline(__always)
  func forEachText(of column: TextColumn, _ body: ([UInt64], Scratch) -> Void) {
    var scratch = Scratch()
    var keys: [UInt64] = []
    column.bytes.withUnsafeBufferPointer { bytes in
      for row in 0..<column.count {
        let text = UnsafeBufferPointer(rebasing: bytes[column.starts[row]..<column.starts[row + 1]])
        keys.removeAll(keepingCapacity: true)
        forEachKey(in: text, &scratch) { keys.append($0) }
        body(keys, scratch)
      }
    }
  }

  /// Calls `body` with the key of every gram of a text. `scratch` is memory that calls share.
  @inline(__always)
  func forEachKey(
    in bytes: UnsafeBufferPointer<UInt8>, _ scratch: inout Scratch, _ body: (UInt64) -> Void
  ) {
    switch unit {
    case .characters: forEachCharacterKey(in: bytes, body)
    case .words:
      scratch.readWords(bytes)
      for (first, word) in scratch.hashes.enumerated() {
        var key = word
        if lengths.lowerBound == 1 { body(key) }
        for length in 2...3 where length <= lengths.upperBound {
          guard first + length <= scratch.hashes.count else { break }
          key = (key &* 0xD1B5_4A32_D192_ED03) ^ scratch.hashes[first + length - 1]
          if lengths.contains(length) { body(key) }
        }
      }
    }
  }

  /// A key holds up to three scalars of 21 bits each, the first one plus 1.
  @inline(__always)
  private func forEachCharacterKey(
    in bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt64) -> Void
  ) {
    let (single, double, triple) =
      (lengths.contains(1), lengths.contains(2), lengths.contains(3))
    var last: UInt64 = 0
    var beforeLast: UInt64 = 0
    var position = 0
    while position < bytes.count {
      let scalar = Self.nextScalar(bytes, &position)
      if scalar == 0x20, last == 0x21 { continue }
      let code = UInt64(scalar)
      if single { body(code &+ 1) }
      if double, last != 0 { body(last << 21 | code) }
      if triple, beforeLast != 0 { body(beforeLast << 42 | (last &- 1) << 21 | code) }
      beforeLast = last
      last = code &+ 1
    }
  }

  /// The scalar at `position`, in lower case, white space as a space; wrong bytes are U+FFFD.
  @inline(__always)
  private static func nextScalar(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int
  ) -> UInt32 {
    let first = bytes[position]
    if first < 0x80 {
      position &+= 1
      if first &- 0x41 < 26 { return UInt32(first | 0x20) }
      return first == 0x20 || first &- 9 < 5 ? 0x20 : UInt32(first)
    }
    func follower(_ offset: Int) -> UInt32 { UInt32(bytes[position &+ offset] & 0x3F) }
    let left = bytes.count &- position
    if first & 0xF0 == 0xE0, left >= 3 {
      let scalar = UInt32(first & 0x0F) << 12 | follower(1) << 6 | follower(2)
      position &+= 3
      // Ideographs, kana and the punctuation among them have no case.
      if scalar &- 0x3001 < 0x6FFF { return scalar }
      return lowered(scalar)
    }
    if first & 0xE0 == 0xC0, left >= 2 {
      let scalar = UInt32(first & 0x1F) << 6 | follower(1)
      position &+= 2
      return lowered(scalar)
    }
    if first & 0xF8 == 0xF0, left >= 4 {
      let scalar =
        UInt32(first & 0x07) << 18 | follower(1) << 12 | follower(2) << 6 | follower(3)
      position &+= 4
      return lowered(scalar)
    }
    position &+= 1
    return 0xFFFD
  }

  @inline(never)
  private static func lowered(_ scalar: UInt32) -> UInt32 {
    guard let known = Unicode.Scalar(scalar) else { return 0xFFFD }
    if known.properties.isWhitespace { return 0x20 }
    return known.properties.lowercaseMapping.unicodeScalars.first?.value ?? scalar
  }

  /// The words of one text as hashes.
  struct Scratch {
    fileprivate var hashes: [UInt64] = []
    /// The words in lower case, one after the other, and their ends.
    private(set) var text: [UInt8] = []
    private(set) var ends: [Int] = []

    init() {}

    mutating func readWords(_ bytes: UnsafeBufferPointer<UInt8>) {
      hashes.removeAll(keepingCapacity: true)
      text.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
      var position = 0
      var length = 0
      var start = 0
      while position <= bytes.count {
        let scalar = position < bytes.count ? TextSplitter.nextScalar(bytes, &position) : 0x20
        if TextSplitter.isWordScalar(scalar) {
          length += 1
          Self.append(scalar, to: &text)
        } else {
          if length >= 2 {
            text.withUnsafeBufferPointer {
              hashes.append(TextHash.hash(UnsafeBufferPointer(rebasing: $0[start...])))
            }
            ends.append(text.count)
          } else {
            text.removeSubrange(start...)
          }
          start = text.count
          length = 0
          if position >= bytes.count { break }
        }
      }
    }

    private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
      if scalar < 0x80 {
        text.append(UInt8(truncatingIfNeeded: scalar))
      } else if let scalar = Unicode.Scalar(scalar) {
        text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
  }

  private static func isWordScalar(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 {
      return scalar &- 0x61 < 26 || scalar &- 0x30 < 10 || scalar == 0x5F
    }
    guard let known = Unicode.Scalar(scalar) else { return false }
    switch known.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber:
      return true
    default: return false
    }
  }

  /// A gram of characters as people read it.
  static func characters(of key: UInt64) -> String {
    var codes: [UInt64] = [key & 0x1F_FFFF, key >> 21 & 0x1F_FFFF, key >> 42 & 0x1F_FFFF]
    while codes.count > 1, codes.last == 0 { codes.removeLast() }
    codes[codes.count - 1] -= 1
    let scalars = codes.reversed().map { Unicode.Scalar(UInt32($0)) ?? "\u{FFFD}" }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension TextSplitter {
  /// Calls `body` with the key and the text of each run of words that `scratch` holds.
  func forEachRunOfWords(_ scratch: inout Scratch, _ body: (UInt64, String) -> Void) {
    let words = scratch.ends.indices.map { index in
      let start = index == 0 ? 0 : scratch.ends[index - 1]
      return String(decoding: scratch.text[start..<scratch.ends[index]], as: UTF8.self)
    }
    for (first, word) in scratch.hashes.enumerated() {
      var key = word
      if lengths.lowerBound == 1 { body(key, words[first]) }
      for length in 2...3 where length <= lengths.upperBound {
        guard first + length <= words.count else { break }
        key = (key &* 0xD1B5_4A32_D192_ED03) ^ scratch.hashes[first + length - 1]
        if lengths.contains(length) {
          body(key, words[first..<first + length].joined(separator: " "))
        }
      }
    }
  }
}

import Formats
import Foundation
import Messages

/// Words with counts: a dictionary.
public struct WordList: Sendable {
  public private(set) var words: [String] = []
  public private(set) var counts: [Double] = []
  /// Places in `words` by hash of the bytes, open addressing; −1 is free. `String` as a key would be
  /// normalized at every look-up.
  private var slots = [Int32](repeating: -1, count: 64)
  /// Larger counts add up to nothing useful.
  private static let largestCount = 1e15
  /// Lines of a file that were left out, for whoever asked for it to know.
  public private(set) var notes: [String] = []

  public init() {}

  public init(_ pairs: some Sequence<(word: String, count: Double)>) {
    for pair in pairs { add(pair.word, count: pair.count) }
  }

  /// Adds to the count of `word`.
  public mutating func add(_ word: String, count: Double) {
    guard !word.isEmpty else { return }
    if (words.count + 1) * 2 > slots.count { grow() }
    let slot = slot(of: word)
    if slots[slot] >= 0 {
      counts[Int(slots[slot])] += count
    } else {
      slots[slot] = Int32(words.count)
      words.append(word)
      counts.append(count)
    }
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (place, word) in words.enumerated() { slots[slot(of: word)] = Int32(place) }
  }

  /// Where `word` stands or would stand.
  private func slot(of word: String) -> Int {
    var hash: UInt64 = 0
    for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let mask = slots.count - 1
    // The high bits of a product depend on all bits of its factor.
    var slot = Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[slot] >= 0, !words[Int(slots[slot])].utf8.elementsEqual(word.utf8) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func place(of word: String) -> Int? {
    let place = slots[slot(of: word)]
    return place >= 0 ? Int(place) : nil
  }

  public var count: Int { words.count }
  public var total: Double { counts.reduce(0, +) }
  public func count(of word: String) -> Double? { place(of: word).map { counts[$0] } }
  public func contains(_ word: String) -> Bool { place(of: word) != nil }

  /// Reads lines of `word TAB count` or `word count`, anything after the count being ignored; a word
  /// without a count has 1. Throws for a line whose count is no number, and for a file without words.
  public init(contentsOf path: String) throws {
    try self.init(try TextConversion.utf8(ofFile: path), named: path)
  }

  public init(_ text: String, named name: String) throws {
    try self.init(Array(text.utf8), named: name)
  }

  /// Reads a file of words, one a line, as user dictionaries and lists of seeds are. A word may hold
  /// blanks; what is behind a tab, and a count or a tag (or both) as jieba's user dictionaries have them,
  /// is left off. A `#` with a blank behind it begins a comment line. Throws for a file without words.
  public init(linesOf path: String) throws {
    let bytes = try TextConversion.utf8(ofFile: path)
    for (index, line) in Self.lines(of: bytes).enumerated() {
      guard let text = text(of: line, index) else { continue }
      if text.hasPrefix("# ") || text == "#" { continue }
      add(Self.word(ofLine: text), count: 1)
    }
    try finish(path)
  }

  /// The word of a line without count and tag.
  private static func word(ofLine line: String) -> String {
    if let tab = line.firstIndex(of: "\t") {
      return line[..<tab].trimmingCharacters(in: .whitespaces)
    }
    var pieces = line.split(whereSeparator: \.isWhitespace)
    func isTag(_ piece: Substring) -> Bool { tags.contains(String(piece)) }
    func isCount(_ piece: Substring) -> Bool {
      !piece.isEmpty && piece.allSatisfy { ("0"..."9").contains($0) }
    }
    let isChinese = line.unicodeScalars.contains { ScalarClass.of($0.value).isIdeograph }
    if pieces.count > 2, isCount(pieces[pieces.count - 2]), isTag(pieces[pieces.count - 1]) {
      pieces.removeLast(2)
    } else if pieces.count > 1, isCount(pieces[pieces.count - 1]) {
      pieces.removeLast()
    } else if pieces.count > 1, isTag(pieces[pieces.count - 1]), isChinese {
      pieces.removeLast()
    }
    return pieces.joined(separator: " ")
  }

  /// Tags of the ICTCLAS set, which jieba's dictionaries use.
  private static let tags: Set<String> = [
    "a", "ad", "ag", "an", "b", "c", "d", "df", "dg", "e", "eng", "f", "g", "h", "i", "j", "k", "l",
    "m",
    "mg", "mq", "n", "ng", "nr", "nrfg", "nrt", "ns", "nt", "nz", "o", "p", "q", "r", "rg", "rr",
    "rz",
    "s", "t", "tg", "u", "ud", "ug", "uj", "ul", "uv", "uz", "v", "vd", "vg", "vi", "vn", "vq", "x",
    "y",
    "z", "zg",
  ]

  private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let body = bytes.starts(with: TextConversion.byteOrderMark) ? bytes.dropFirst(3) : bytes[...]
    return body.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      $0.last == 0x0D ? $0.dropLast() : $0
    }
  }

  /// The text of a line; `nil`, with a note, where it is no UTF-8, and for blank lines.
  private mutating func text(of line: ArraySlice<UInt8>, _ index: Int) -> String? {
    guard let text = String(validating: line, as: UTF8.self) else {
      notes.append("line \(index + 1) is not valid UTF-8")
      return nil
    }
    let word = text.trimmingCharacters(in: .whitespaces)
    return word.isEmpty ? nil : word
  }

  private mutating func finish(_ name: String) throws {
    guard !words.isEmpty else { throw FileError(path: name, reason: "holds no words") }
    if notes.count > 1 { notes = ["left out \(notes.count) lines; the first: \(notes[0])"] }
  }

  init(_ bytes: [UInt8], named name: String) throws {
    for (index, line) in Self.lines(of: bytes).enumerated() {
      let fields =
        line.contains(0x09)
        ? line.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
        : line.split(separator: 0x20, maxSplits: 2)
      guard let bytes = fields.first, !bytes.isEmpty else { continue }
      guard let word = String(validating: bytes, as: UTF8.self) else {
        notes.append("line \(index + 1) is not valid UTF-8")
        continue
      }
      guard fields.count > 1 else {
        add(word, count: 1)
        continue
      }
      guard let count = Self.count(fields[1]) else {
        let shown = String(decoding: fields[1].prefix(40), as: UTF8.self)
          .split(whereSeparator: \.isNewline).joined(separator: " ")
        throw FileError(
          path: name,
          reason:
            "line \(index + 1): \"\(shown)\" is no count; lines of word and count are expected, a tab "
            + "between them if the word has spaces")
      }
      add(word, count: count)
    }
    try finish(name)
  }

  /// A number from 0 to `largestCount`.
  private static func count(_ digits: ArraySlice<UInt8>) -> Double? {
    if !digits.isEmpty, digits.count < 16, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      return Double(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
    guard let count = Double(String(decoding: digits, as: UTF8.self)) else { return nil }
    return count >= 0 && count <= largestCount ? count : nil
  }
}

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
    try self.init(try ByteSource(path: path, isText: true).readAll(), named: path)
  }

  public init(_ text: String, named name: String) throws {
    try self.init(Array(text.utf8), named: name)
  }

  init(_ bytes: [UInt8], named name: String) throws {
    let body = bytes.starts(with: TextConversion.byteOrderMark) ? bytes.dropFirst(3) : bytes[...]
    for (index, line) in body.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let line = line.last == 0x0D ? line.dropLast() : line
      let fields =
        line.contains(0x09)
        ? line.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
        : line.split(separator: 0x20, maxSplits: 2)
      guard let word = fields.first, !word.isEmpty else { continue }
      guard fields.count > 1 else {
        add(String(decoding: word, as: UTF8.self), count: 1)
        continue
      }
      guard let count = Self.count(fields[1]) else {
        let shown = String(decoding: fields[1].prefix(40), as: UTF8.self)
          .split(whereSeparator: \.isNewline).joined(separator: " ")
        throw FileError(
          path: name,
          reason:
            "line \(index + 1): \"\(shown)\" is no count; lines of word and count are expected")
      }
      add(String(decoding: word, as: UTF8.self), count: count)
    }
    guard !words.isEmpty else { throw FileError(path: name, reason: "holds no words") }
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

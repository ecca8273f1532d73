import Formats
import Messages

/// Sequences of symbols and, for training, a tag for each symbol.
public struct TaggedSequences: Sendable {
  /// One after the other.
  public internal(set) var symbols: [Int32] = []
  /// Empty where they are not known.
  public internal(set) var tags: [Int32] = []
  public internal(set) var starts: [Int] = [0]

  public init() {}

  public var count: Int { starts.count - 1 }

  public mutating func append(_ symbols: [Int32], tags: [Int32] = []) {
    require(
      tags.isEmpty || tags.count == symbols.count,
      "TaggedSequences expected \(symbols.count) tags, received \(tags.count)")
    self.symbols += symbols
    self.tags += tags
    starts.append(self.symbols.count)
  }
}

/// Words cut into characters with the tags B, M, E and S: begin, middle, end of a word, a word alone.
public enum WordTags {
  public static let names = ["B", "M", "E", "S"]
  static let begin: Int32 = 0
  static let middle: Int32 = 1
  static let end: Int32 = 2
  static let single: Int32 = 3

  /// The scalars of a line whose words are separated by spaces, and their tags.
  public static func read(_ line: some StringProtocol) -> (scalars: [UInt32], tags: [Int32]) {
    var scalars: [UInt32] = []
    var tags: [Int32] = []
    for word in line.unicodeScalars.split(whereSeparator: { $0.properties.isWhitespace }) {
      scalars += word.map(\.value)
      if word.count == 1 {
        tags.append(single)
      } else {
        tags.append(begin)
        tags += repeatElement(middle, count: word.count - 2)
        tags.append(end)
      }
    }
    return (scalars, tags)
  }

  /// Whether a word ends with this tag.
  @inline(__always)
  public static func ends(_ tag: Int32) -> Bool { tag >= end }
}

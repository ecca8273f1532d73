import Formats
import Memory
import Messages

/// Reads numbers and words from a block of bytes that ends at the end of a line.
struct ByteScanner {
  let start: UnsafePointer<UInt8>
  let end: Int
  var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    // An empty buffer may have no address; nothing is read from it then.
    start = bytes.baseAddress ?? UnsafePointer(Self.nothing.pointer)
    end = bytes.count
  }

  private static let nothing = Block<UInt8>(zeros: 1)
  static let newline = UInt8(ascii: "\n")

  @inline(__always)
  var byte: UInt8 { position < end ? start[position] : Self.newline }

  @inline(__always)
  mutating func skipBlanks() {
    while position < end {
      let byte = start[position]
      guard byte == 32 || byte == 9 || byte == 13 || byte == UInt8(ascii: ",") else { return }
      position += 1
    }
  }

  @inline(__always)
  var isAtLineEnd: Bool {
    let byte = byte
    return byte == Self.newline || byte == UInt8(ascii: "#")
  }

  /// To the first byte of the next line.
  @inline(__always)
  mutating func skipLine() {
    while position < end, start[position] != Self.newline { position += 1 }
    if position < end { position += 1 }
  }

  /// A whole number below 2^32; `nil`, with nothing consumed, if there is none here.
  @inline(__always)
  mutating func unsigned() -> UInt32? {
    var value: UInt64 = 0
    var index = position
    while index < end {
      let digit = start[index] &- 48
      guard digit < 10 else { break }
      value = value &* 10 &+ UInt64(digit)
      guard value <= UInt64(UInt32.max) else { return nil }
      index += 1
    }
    guard index > position, isDelimiter(at: index) else { return nil }
    position = index
    return UInt32(truncatingIfNeeded: value)
  }

  @inline(__always)
  private func isDelimiter(at index: Int) -> Bool {
    guard index < end else { return true }
    let byte = start[index]
    return byte == 32 || byte == 9 || byte == 10 || byte == 13 || byte == UInt8(ascii: ",")
      || byte == UInt8(ascii: "#")
  }

  /// A decimal number; `nil`, with nothing consumed, if there is none here.
  mutating func decimal() -> Double? {
    let rest = UnsafeBufferPointer(start: start + position, count: end - position)
    if let (value, length) = DecimalText.exactPrefix(rest), isDelimiter(at: position + length) {
      position += length
      return value
    }
    var stop = position
    while !isDelimiter(at: stop), stop - position < 400 { stop += 1 }
    guard stop > position, isDelimiter(at: stop),
      let value = DecimalText.double(UnsafeBufferPointer(rebasing: rest[..<(stop - position)]))
    else { return nil }
    position = stop
    return value
  }

  /// What stands between two fields.
  enum Separator {
    case nothing, blanks
    /// A comma with nothing around it: between columns, or inside a number that is written with one.
    case bareComma
  }

  /// Skips blanks and commas.
  @inline(__always)
  mutating func skipSeparator() -> Separator {
    let before = position
    skipBlanks()
    if position == before { return .nothing }
    return position == before + 1 && start[before] == UInt8(ascii: ",") ? .bareComma : .blanks
  }

  /// Whether a number, or what is meant to be one, begins here.
  var isAtNumber: Bool {
    var index = position
    while index < end,
      [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(start[index])
    {
      index += 1
    }
    return index < end && start[index] &- 48 < 10
  }

  /// The bytes up to the next blank, comma or comment.
  mutating func word() -> String? {
    var index = position
    while !isDelimiter(at: index) { index += 1 }
    guard index > position else { return nil }
    defer { position = index }
    return text(position, index)
  }

  /// The end of the line, blanks before it left out.
  var lineEnd: Int {
    var index = position
    while index < end, start[index] != Self.newline { index += 1 }
    while index > position, isBlank(at: index - 1) { index -= 1 }
    return index
  }

  func isBlank(at index: Int) -> Bool {
    guard index < end else { return true }
    return start[index] == 32 || start[index] == 9 || start[index] == 13
  }

  /// Places of the double quotes from here to the end of the line.
  var quotes: [Int] { (position..<lineEnd).filter { start[$0] == UInt8(ascii: "\"") } }

  /// The text between two places, which must be UTF-8. Throws `InputError`.
  func name(_ from: Int, _ to: Int) throws -> String {
    let bytes = UnsafeBufferPointer(start: start + from, count: to - from)
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw InputError(
        "the name is not valid UTF-8; `iconv -f ENCODING -t utf-8` converts a file, such as from "
          + "gb18030 or latin1")
    }
    return name
  }

  private func text(_ from: Int, _ to: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: start + from, count: to - from), as: UTF8.self)
  }

  /// The rest of the line, shortened for a message.
  func lineText(from index: Int) -> String {
    var stop = index
    while stop < end, start[stop] != Self.newline, stop - index < 60 { stop += 1 }
    while stop > index, isBlank(at: stop - 1) { stop -= 1 }
    return text(index, stop)
  }
}

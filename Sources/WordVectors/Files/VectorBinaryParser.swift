import Formats
import Messages
import Parallel

/// Reads vectors in word2vec's binary format: a text line `rows dimension`, then for each row its
/// name, a space and its numbers as little-endian Float32; some programs end rows with a line end, which
/// tells a space inside a name from the one behind it.
///
/// Memory grows with what is there, never with what the head promises.
struct VectorBinaryParser {
  private static let longestName = 1 << 16

  private let path: String
  private let rows: Int
  private let dimension: Int
  private var words: [String] = []
  private var matrix: [Float] = []
  /// Rows end with a line end, as the first one shows; `nil` before it.
  private var endsRows: Bool?

  /// Whether bytes that begin a file are of this format: a head, and behind the first name something
  /// that no line of numbers has.
  static func isBinary(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let (head, first) = head(bytes),
      let space = bytes[first...].prefix(longestName).firstIndex(of: 0x20)
    else { return false }
    return bytes[(space + 1)...].prefix(4 * max(0, min(head.dimension, 1 << 14))).prefix {
      $0 != 0x0A
    }.contains { $0 >= 0x7F || $0 < 0x20 && $0 != 0x09 && $0 != 0x0D }
  }

  private static func head(
    _ bytes: ArraySlice<UInt8>
  ) -> (head: (rows: Int, dimension: Int), first: Int)? {
    guard let end = bytes.prefix(64).firstIndex(of: 0x0A),
      let head = bytes[..<end].withUnsafeBufferPointer({ VectorTextParser.head($0) })
    else { return nil }
    return (head, end + 1)
  }

  /// Reads the rows from the bytes at hand and then from `rest`. Throws `FileError`.
  static func read(
    path: String, begin: ArraySlice<UInt8>, rest: ByteSource, _ phase: Work.Phase
  ) throws -> VectorTable {
    guard let (head, first) = head(begin),
      (1...VectorTextParser.maximumDimension).contains(head.dimension), head.rows >= 0
    else {
      throw FileError(
        path: path,
        reason: "a dimension from 1 to \(VectorTextParser.maximumDimension) was expected in line 1")
    }
    var parser = VectorBinaryParser(path: path, rows: head.rows, dimension: head.dimension)
    var held = Array(begin[first...])
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      held.removeFirst(try parser.parseRows(held, isAtEnd: false))
      let count = try block.withUnsafeMutableBytes { try rest.read(into: $0) }
      if count == 0 {
        held.removeFirst(try parser.parseRows(held, isAtEnd: true))
        return try parser.finish(unread: held)
      }
      try phase.advance(count)
      held.append(contentsOf: block[..<count])
    }
  }

  private init(path: String, rows: Int, dimension: Int) {
    self.path = path
    self.rows = rows
    self.dimension = dimension
  }

  private func failure(_ reason: String) -> FileError { FileError(path: path, reason: reason) }

  /// Parses whole rows; returns how many bytes they were. A row is whole when the byte behind it, which
  /// may be its line end, is there too or the file has ended.
  private mutating func parseRows(_ bytes: [UInt8], isAtEnd: Bool) throws -> Int {
    try bytes.withUnsafeBytes { bytes in
      var position = 0
      while words.count < rows {
        var start = position
        while start < bytes.count, bytes[start] == 0x0A { start += 1 }
        guard let space = try nameEnd(bytes, from: start, isAtEnd: isAtEnd) else { return position }
        let end = space + 1 + 4 * dimension
        guard let word = String(validating: bytes[start..<space], as: UTF8.self),
          bytes[start..<space].allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
          throw failure(
            "vector \(words.count + 1) has a name that is no text: a name before it holds a space, or "
              + "the file is damaged")
        }
        for place in stride(from: space + 1, to: end, by: 4) {
          let value = Float(
            bitPattern: UInt32(
              littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
          guard value.isFinite else {
            throw failure("vector \(words.count + 1), '\(word)', has a number that is not finite")
          }
          matrix.append(value)
        }
        words.append(word)
        position = end
      }
      return position
    }
  }

  /// The space behind the name that begins at `start`; `nil` where the row is not there as a whole.
  private mutating func nameEnd(
    _ bytes: UnsafeRawBufferPointer, from start: Int, isAtEnd: Bool
  ) throws -> Int? {
    let limit = min(bytes.count, start + Self.longestName)
    var space = start
    var first: Int?
    while let next = bytes[space..<limit].firstIndex(of: 0x20) {
      let end = next + 1 + 4 * dimension
      let isLast = isAtEnd || words.count + 1 == rows
      guard end < bytes.count || end == bytes.count && isLast else { break }
      let isEnded = end == bytes.count || bytes[end] == 0x0A
      if endsRows == false || isEnded && bytes[start..<next].allSatisfy({ $0 >= 0x20 }) {
        if endsRows == nil { endsRows = isEnded }
        return next
      }
      first = first ?? next
      // Names have few spaces; what comes later is numbers.
      if next - start > Self.longestNameWithSpaces { break }
      space = next + 1
    }
    if let first {
      // No space is followed by a row and a line end: rows of this file have none.
      if endsRows == nil { endsRows = false }
      return first
    }
    if limit - start == Self.longestName, bytes[start..<limit].firstIndex(of: 0x20) == nil {
      throw failure("vector \(words.count + 1) has no name: another format, or damaged?")
    }
    return nil
  }

  private static let longestNameWithSpaces = 256

  private func finish(unread: [UInt8]) throws -> VectorTable {
    guard words.count == rows else {
      throw failure("ends after \(words.count) vectors, its first line says \(rows) (truncated?)")
    }
    guard unread.allSatisfy({ $0 == 0x0A }) else {
      throw failure("goes on after the \(rows) vectors that its first line says")
    }
    return VectorTable(words: words, dimension: dimension, matrix: matrix)
  }
}

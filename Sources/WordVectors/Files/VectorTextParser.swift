import Formats
import Foundation
import Messages
import Parallel

/// Reads vectors as word2vec's programs write them, as text: a line `rows dimension`, then a line
/// `name number number …` for each row. Without the first line (as GloVe writes) the dimension is
/// that of the first row. The last numbers of a line, as many as the dimension, are the vector; what
/// is before them is the name, blanks too (`. . .`, `at name@domain.com` in GloVe's files).
///
/// Files come from anywhere: the head may lie, lines may be cut, numbers may be none. Memory grows
/// with what is there, never with what the head promises.
struct VectorTextParser {
  static let maximumDimension = 65_536
  /// A name, and a generous 64 bytes for each number.
  private static let longestLine = 1 << 23

  private let path: String
  private var words: [String] = []
  private var matrix: [Float] = []
  private var promised: (rows: Int, dimension: Int)?
  private var dimension = 0
  private var line = 0
  /// The fields of the line at hand, in room that lines share.
  private var fields: [UnsafeBufferPointer<UInt8>] = []
  /// Lines whose name is no text, and the first of them.
  private var unnamed = 0
  private var firstUnnamed = 0

  private init(path: String) { self.path = path }

  /// Reads a file (`-` is standard input; gzip is unpacked). Throws `FileError` naming the line.
  static func read(path: String, work: Work) throws -> VectorTable {
    let source = try ByteSource(path: path, isText: true)
    return try work.phase("reading \(path)", unit: "bytes") { phase in
      try read(path: path, source, phase)
    }
  }

  private static func read(
    path: String, _ source: ByteSource, _ phase: Work.Phase
  ) throws -> VectorTable {
    var parser = VectorTextParser(path: path)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var held = 0
    while true {
      let start = held
      let count = try buffer.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
      }
      try phase.advance(count)
      let end = held + count
      if parser.line == 0, VectorBinaryParser.isBinary(buffer[..<end]) {
        return try VectorBinaryParser.read(
          path: path, begin: buffer[..<end], rest: source, phase)
      }
      let used = try buffer.withUnsafeBufferPointer { buffer in
        try parser.parseLines(UnsafeBufferPointer(rebasing: buffer[..<end]), isLast: count == 0)
      }
      if count == 0 { return try parser.finish() }
      held = end - used
      for index in 0..<held { buffer[index] = buffer[used + index] }
      if held == buffer.count {
        guard held < longestLine else {
          throw parser.failure(
            "is longer than \(longestLine >> 20) MiB; not a vector file?", next: 1)
        }
        buffer.append(contentsOf: [UInt8](repeating: 0, count: held))
      }
    }
  }

  private func failure(_ reason: String, next: Int = 0) -> FileError {
    FileError(path: path, reason: "line \(line + next) \(reason)")
  }

  /// Parses whole lines; returns how many bytes they were.
  private mutating func parseLines(
    _ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool
  ) throws -> Int {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      if end == bytes.count, !isLast { return start }
      line += 1
      try parse(UnsafeBufferPointer(rebasing: bytes[start..<end]))
      start = end + 1
    }
    return bytes.count
  }

  private mutating func parse(_ text: UnsafeBufferPointer<UInt8>) throws {
    var cursor = FieldCursor(text)
    guard let name = cursor.next() else {
      // Empty lines between rows are nothing; programs end files with one.
      return
    }
    if line == 1, let head = Self.head(text) {
      guard (1...Self.maximumDimension).contains(head.dimension), head.rows >= 0 else {
        throw failure(
          "promises \(head.rows) vectors of dimension \(head.dimension); a dimension from 1 to "
            + "\(Self.maximumDimension) was expected")
      }
      promised = head
      dimension = head.dimension
      return
    }
    fields.removeAll(keepingCapacity: true)
    fields.append(name)
    while let field = cursor.next() { fields.append(field) }
    if dimension == 0 {
      guard fields.count > 1 else { throw failure("has no numbers: not a vector file") }
      dimension = trailingNumbers
      guard dimension > 0 else { throw notFinite(fields[fields.count - 1]) }
    }
    let first = fields.count - dimension
    // fastText's files have a word that is a blank.
    guard first > 0 || first == 0 && text[0] == 0x20 && DecimalText.float(name) != nil else {
      throw otherDimension(trailingNumbers)
    }
    // A name may end with a whole number (`area 51`); another number is one too many.
    if first > 1, DecimalText.float(fields[first - 1]) != nil, fields[first - 1].contains(0x2E) {
      throw otherDimension(trailingNumbers)
    }
    let before = matrix.count
    for field in fields[first...] {
      guard let value = DecimalText.float(field), value.isFinite else { throw notFinite(field) }
      matrix.append(value)
    }
    if let word = String(validating: Self.name(of: text, before: fields[first]), as: UTF8.self) {
      words.append(word)
    } else {
      matrix.removeLast(matrix.count - before)
      if unnamed == 0 { firstUnnamed = line }
      unnamed += 1
    }
    if let promised, words.count + unnamed > promised.rows {
      throw failure("is one vector more than the \(promised.rows) that the first line says")
    }
  }

  /// Numbers at the end of the line, its first field left out.
  private var trailingNumbers: Int {
    fields.dropFirst().reversed().prefix { DecimalText.float($0)?.isFinite == true }.count
  }

  private func otherDimension(_ found: Int) -> FileError {
    failure(
      "has \(found) numbers, the first line \(promised == nil ? "has" : "says") \(dimension)")
  }

  private func notFinite(_ field: UnsafeBufferPointer<UInt8>) -> FileError {
    let shown = String(decoding: field.prefix(40), as: UTF8.self)
    return failure("has '\(shown)' where a finite number was expected")
  }

  /// What a line has before its first number; where that is blanks only, all but the last.
  private static func name(
    of text: UnsafeBufferPointer<UInt8>, before number: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    guard let start = text.baseAddress, let end = number.baseAddress else { return text }
    let before = text[..<(end - start)]
    guard let first = before.firstIndex(where: { !FieldCursor.isSpace($0) }),
      let last = before.lastIndex(where: { !FieldCursor.isSpace($0) })
    else { return UnsafeBufferPointer(rebasing: before.dropLast()) }
    return UnsafeBufferPointer(rebasing: before[first...last])
  }

  /// Two whole numbers and nothing else.
  static func head(_ text: UnsafeBufferPointer<UInt8>) -> (rows: Int, dimension: Int)? {
    var cursor = FieldCursor(text)
    guard let first = cursor.next(), let second = cursor.next(), cursor.next() == nil,
      let rows = Int(String(decoding: first, as: UTF8.self)),
      let dimension = Int(String(decoding: second, as: UTF8.self))
    else { return nil }
    return (rows, dimension)
  }

  private func finish() throws -> VectorTable {
    guard dimension > 0 else { throw FileError(path: path, reason: "is empty: no vectors in it") }
    if let promised, words.count + unnamed < promised.rows {
      throw FileError(
        path: path,
        reason:
          "ends after \(words.count) vectors, its first line says \(promised.rows) (truncated?)")
    }
    guard !words.isEmpty || unnamed == 0 else {
      throw FileError(path: path, reason: "line \(firstUnnamed) has a name that is not valid UTF-8")
    }
    var table = VectorTable(words: words, dimension: dimension, matrix: matrix)
    if unnamed > 0 {
      table.notes = [
        "left out \(unnamed) vectors whose names are not valid UTF-8, the first in line "
          + "\(firstUnnamed)"
      ]
    }
    return table
  }
}

/// The fields of a line, separated by spaces, tabs and carriage returns.
private struct FieldCursor {
  private let text: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }

  mutating func next() -> UnsafeBufferPointer<UInt8>? {
    while position < text.count, Self.isSpace(text[position]) { position += 1 }
    guard position < text.count else { return nil }
    let start = position
    while position < text.count, !Self.isSpace(text[position]) { position += 1 }
    return UnsafeBufferPointer(rebasing: text[start..<position])
  }
}

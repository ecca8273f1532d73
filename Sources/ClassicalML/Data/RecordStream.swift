import Formats
import Messages

/// The rows of a file as frames of a trained model's schema, a few thousand at a time: what prediction
/// reads, whatever the file's size.
public final class RecordStream {
  public struct Batch {
    public let frame: Frame
    /// What the file says the labels are; `nil` where it has none.
    public let labels: [String]?
  }

  private let schema: Schema
  private let path: String
  private let format: ExampleFormat
  private let source: ByteSource
  private var buffer: [UInt8]
  private var filled = 0
  private var position = 0
  private var isAtEnd = false
  private var line = 0
  private var separator: UInt8
  private var width = 0
  private var places: [Int] = []
  private var labelPlace: Int?
  private var hasStarted = false
  private var row = DelimitedRow()
  private var builders: [ColumnBuilder]
  private var labels: [String] = []

  /// Throws `FileError` if the file cannot be opened. `-` is standard input.
  public init(_ path: String, format: ExampleFormat? = nil, schema: Schema) throws {
    self.path = path
    self.format = format ?? ExampleFormat(path: path)
    self.schema = schema
    source = try ByteSource(path: path, isText: true)
    buffer = [UInt8](repeating: 0, count: 1 << 20)
    separator = self.format == .tsv ? 0x09 : 0x2C
    builders = schema.columns.map { ColumnBuilder($0.kind) }
    let isSparse = schema.columns.contains { if case .sparse = $0.kind { true } else { false } }
    if isSparse != (self.format == .libsvm) {
      throw InputError(
        isSparse
          ? "\(path): the model was trained on libsvm rows; \(self.format.rawValue) was received"
          : "\(path): the model was trained on named columns; libsvm rows were received")
    }
  }

  /// The next rows, at most `limit`; `nil` at the end.
  ///
  /// Throws `InputError` for missing columns and for a text in a column of numbers, `FileError` for damaged
  /// rows, with the line's number.
  public func next(limit: Int = 4096) throws -> Batch? {
    var count = 0
    if format == .libsvm { return try nextSparse(limit) }
    if !hasStarted { try start() }
    while count < limit, try readRow() { count += 1 }
    guard count > 0 else { return nil }
    let frame = Frame(builders.indices.map { builders[$0].take() })
    defer { labels.removeAll(keepingCapacity: true) }
    return Batch(frame: frame, labels: labels.count == count ? labels : nil)
  }

  // MARK: - Rows

  private func start() throws {
    hasStarted = true
    guard format != .jsonl else { return }
    if format == .csv { separator = try findSeparator() }
    let begin = position
    let beginLine = line
    guard try scanRow() else { return }
    let names = row.texts
    width = names.count
    // A file without names begins with a row.
    let isHeader = schema.columns.allSatisfy { names.contains($0.name) }
    if isHeader {
      (places, labelPlace) = try schema.places(in: names, path: path)
    } else {
      let numbered = names.indices.map { "column\($0 + 1)" }
      let isUnnamed = schema.columns.allSatisfy { $0.name.hasPrefix("column") }
      (places, labelPlace) = try schema.places(in: isUnnamed ? numbered : names, path: path)
      position = begin
      line = beginLine
    }
  }

  private func findSeparator() throws -> UInt8 {
    while !isAtEnd, !buffer[position..<filled].contains(0x0A) { try fill() }
    let first = buffer[position..<filled].prefix { $0 != 0x0A }
    let candidates: [UInt8] = [0x2C, 0x09, 0x3B, 0x7C]
    var counts = [0, 0, 0, 0]
    var isQuoted = false
    for byte in first {
      if byte == 0x22 { isQuoted.toggle() }
      if !isQuoted, let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    return most == 0 ? 0x2C : candidates[counts.firstIndex(of: most) ?? 0]
  }

  private func readRow() throws -> Bool {
    if format == .jsonl { return try readJSON() }
    guard try scanRow() else { return false }
    guard row.cells.count == width else {
      throw FileError(
        path: path,
        reason:
          "line \(line): \(row.cells.count) cells, \(width) were expected as in the first line")
    }
    try buffer.withUnsafeBufferPointer { bytes in
      for (index, place) in places.enumerated() {
        let cell = row.cells[place]
        let text = row.bytes(cell, in: bytes)
        guard builders[index].append(text, isQuoted: cell.isQuoted) else {
          throw misfit(schema.columns[index].name, String(decoding: text, as: UTF8.self))
        }
      }
      if let labelPlace {
        labels.append(
          String(decoding: row.bytes(row.cells[labelPlace], in: bytes), as: UTF8.self))
      }
    }
    return true
  }

  private func misfit(_ column: String, _ text: String) -> InputError {
    InputError(
      "\(path): line \(line): '\(column)' is '\(String(text.prefix(40)))'; the model was trained on numbers "
        + "or dates there")
  }

  private func readJSON() throws -> Bool {
    while let text = try nextLine() {
      let value: JSONValue? = try buffer.withUnsafeBytes { bytes in
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[text])
        guard bytes.contains(where: { $0 > 0x20 }) else { return nil }
        do { return try JSONValue(parsing: bytes) } catch {
          throw FileError(path: path, reason: "line \(line): \(error)")
        }
      }
      guard let value else { continue }
      guard let members = value.members else {
        throw FileError(path: path, reason: "line \(line): a JSON object was expected")
      }
      if places.isEmpty {
        (places, _) = try schema.places(in: members.map(\.key), path: path)
      }
      for (index, column) in schema.columns.enumerated() {
        guard let member = value[column.name] else {
          _ = builders[index].append(nil as String?)
          continue
        }
        let text: String?
        switch member {
        case .null: text = nil
        case .string(let string): text = string
        case .bool(let flag): text = flag ? "true" : "false"
        case .integer(let number): text = "\(number)"
        case .number(let number): text = "\(number)"
        default:
          throw InputError("\(path): line \(line): '\(column.name)' is a list or an object")
        }
        guard builders[index].append(text) else { throw misfit(column.name, text ?? "") }
      }
      switch value[schema.label] {
      case .string(let string): labels.append(string)
      case .bool(let flag): labels.append(flag ? "true" : "false")
      case .integer(let number): labels.append("\(number)")
      case .number(let number): labels.append("\(number)")
      default: break
      }
      return true
    }
    return false
  }

  private func nextSparse(_ limit: Int) throws -> Batch? {
    var rows = LibSVMRows()
    while rows.labels.count < limit, let text = try nextLine() {
      try buffer.withUnsafeBufferPointer { bytes in
        try rows.append(UnsafeBufferPointer(rebasing: bytes[text]), path: path, line: line)
      }
    }
    guard !rows.labels.isEmpty, case .sparse(let width) = schema.columns.first?.kind else {
      return nil
    }
    return Batch(frame: Frame([.sparse(rows.matrix(width: width))]), labels: rows.labels)
  }

  // MARK: - Bytes

  /// Reads more behind what is there; what was read is dropped first.
  private func fill() throws {
    if position > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<filled])
        bytes.copyMemory(from: rest)
      }
      filled -= position
      position = 0
    }
    if filled == buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
    let count = try buffer.withUnsafeMutableBytes {
      try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
    }
    filled += count
    isAtEnd = count == 0
  }

  /// The next line without its end; `nil` at the end of the file.
  private func nextLine() throws -> Range<Int>? {
    var searched = 0
    while true {
      let found = buffer.withUnsafeBufferPointer {
        $0[(position + searched)..<filled].firstIndex(of: 0x0A)
      }
      if let found {
        defer { position = found + 1 }
        line += 1
        return position..<(found > position && buffer[found - 1] == 0x0D ? found - 1 : found)
      }
      if isAtEnd {
        guard position < filled else { return nil }
        defer { position = filled }
        line += 1
        return position..<filled
      }
      searched = filled - position
      try fill()
    }
  }

  /// Reads the cells of the next row that is not empty into `row`; `false` at the end.
  private func scanRow() throws -> Bool {
    while true {
      let outcome = try buffer.withUnsafeBufferPointer {
        try row.scan($0, from: position, to: filled, separator: separator, isAtEnd: isAtEnd)
      }
      switch outcome {
      case .row(let end, let lines):
        position = end
        line += lines
        if row.isEmpty { continue }
        return true
      case .end: return false
      case .more: try fill()
      case .openQuotes:
        throw FileError(
          path: path, reason: "line \(line + 1): the quotes that begin here do not end")
      }
    }
  }
}

/// The cells of one row of a CSV or TSV file (RFC 4180).
private struct DelimitedRow {
  struct Cell {
    let start: Int
    let end: Int
    let isQuoted: Bool
    /// Its bytes lie in `unescaped`.
    var isUnescaped = false
  }

  enum Outcome {
    case row(end: Int, lines: Int)
    case more, end, openQuotes
  }

  private(set) var cells: [Cell] = []
  private var unescaped: [UInt8] = []
  private(set) var texts: [String] = []

  var isEmpty: Bool { cells.count == 1 && cells[0].start == cells[0].end && !cells[0].isQuoted }

  @inline(__always)
  func bytes(
    _ cell: Cell, in bytes: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    if cell.isUnescaped {
      return unescaped.withUnsafeBufferPointer {
        UnsafeBufferPointer(rebasing: $0[cell.start..<cell.end])
      }
    }
    return UnsafeBufferPointer(rebasing: bytes[cell.start..<cell.end])
  }

  mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, separator: UInt8,
    isAtEnd: Bool
  ) throws -> Outcome {
    cells.removeAll(keepingCapacity: true)
    unescaped.removeAll(keepingCapacity: true)
    guard start < end else { return isAtEnd ? .end : .more }
    var position = start
    var lines = 1
    while true {
      var first = position
      while first < end, bytes[first] == 0x20 || bytes[first] == 0x09 && separator != 0x09 {
        first += 1
      }
      if first < end, bytes[first] == 0x22 {
        let begin = unescaped.count
        var last = first + 1
        while true {
          guard last < end else { return isAtEnd ? .openQuotes : .more }
          if bytes[last] == 0x22 {
            if last + 1 == end, !isAtEnd { return .more }
            guard last + 1 < end, bytes[last + 1] == 0x22 else { break }
            last += 1
          } else if bytes[last] == 0x0A {
            lines += 1
          }
          unescaped.append(bytes[last])
          last += 1
        }
        cells.append(
          Cell(start: begin, end: unescaped.count, isQuoted: true, isUnescaped: true))
        position = last + 1
        while position < end, bytes[position] != separator, bytes[position] != 0x0A {
          position += 1
        }
      } else {
        var last = first
        while last < end, bytes[last] != separator, bytes[last] != 0x0A { last &+= 1 }
        position = last
        while last > first, bytes[last - 1] <= 0x20 { last -= 1 }
        cells.append(Cell(start: first, end: last, isQuoted: false))
      }
      if position >= end {
        guard isAtEnd else { return .more }
        readTexts(bytes)
        return .row(end: end, lines: lines)
      }
      let isLast = bytes[position] == 0x0A
      position += 1
      if isLast {
        readTexts(bytes)
        return .row(end: position, lines: lines)
      }
    }
  }

  private mutating func readTexts(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard texts.isEmpty else { return }
    texts = cells.map { String(decoding: self.bytes($0, in: bytes), as: UTF8.self) }
  }
}

/// Collects the cells of one column.
private struct ColumnBuilder {
  private let kind: Schema.Kind
  private var numbers: [Double] = []
  private var categories: [Int32] = []
  private var texts = TextColumn()
  private var known: GramTable?

  init(_ kind: Schema.Kind) {
    self.kind = kind
    guard case .category(let names) = kind else { return }
    known = GramTable(
      keys: names.map { name in
        var name = name
        return name.withUTF8 { TextHash.hash($0) }
      })
  }

  private static let missing = ["NA", "N/A", "NaN", "nan", "null", "NULL", "?"].map {
    Array($0.utf8)
  }

  /// Whether the cell could be taken in.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> Bool {
    let isMissing =
      !isQuoted
      && (text.isEmpty
        || text.count <= 4 && Self.missing.contains { $0.elementsEqual(text) })
    switch kind {
    case .number:
      let value = isMissing ? .nan : DecimalText.double(text)
      guard let value else { return false }
      numbers.append(value)
    case .date:
      let value = isMissing ? .nan : CalendarDate.days(String(decoding: text, as: UTF8.self))
      guard let value else { return false }
      numbers.append(value)
    case .category:
      categories.append(
        isMissing ? -1 : Int32(truncatingIfNeeded: known?.number(of: TextHash.hash(text)) ?? -1))
    case .text:
      if isMissing { texts.append("") } else { texts.append(text) }
    case .sparse: return false
    }
    return true
  }

  mutating func append(_ text: String?) -> Bool {
    guard var text else {
      return append(UnsafeBufferPointer(start: nil, count: 0), isQuoted: false)
    }
    return text.withUTF8 { append($0, isQuoted: true) }
  }

  mutating func take() -> Frame.Column {
    switch kind {
    case .number, .date:
      defer { numbers.removeAll(keepingCapacity: true) }
      return .numbers(numbers)
    case .category:
      defer { categories.removeAll(keepingCapacity: true) }
      return .categories(categories)
    case .text, .sparse:
      defer { texts = TextColumn() }
      return .texts(texts)
    }
  }
}

extension Examples {
  /// Reads a file with labels by a trained model's schema: to judge the model by.
  ///
  /// Throws as `RecordStream` does, and `InputError` for a file without labels or a class that training
  /// did not have.
  public init(_ path: String, format: ExampleFormat? = nil, schema: Schema) throws {
    let stream = try RecordStream(path, format: format, schema: schema)
    guard let batch = try stream.next(limit: .max) else {
      throw FileError(path: path, reason: "holds no rows")
    }
    guard let labels = batch.labels else {
      throw InputError("\(path): has no column '\(schema.label)' to compare predictions with")
    }
    let targets: Targets
    if schema.isRegression {
      targets = .numbers(
        try labels.map { text in
          guard let number = Double(text) else {
            throw InputError("\(path): the label '\(text)' is no number")
          }
          return number
        })
    } else {
      let numbers = Dictionary(
        uniqueKeysWithValues: schema.classes.enumerated().map { ($1, Int32($0)) })
      targets = .classes(
        try labels.map { try numbers[$0] ?? schema.classNumber($0) }, count: schema.classes.count)
    }
    self.init(schema: schema, frame: batch.frame, targets: targets)
  }
}

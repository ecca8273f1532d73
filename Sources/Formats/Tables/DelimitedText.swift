import Foundation
import Messages
import Parallel

/// How a CSV or TSV file is read.
public struct DelimitedOptions: Sendable {
  /// Between cells; `nil`: whichever of comma, tab, semicolon and bar is most frequent in the first line.
  public var separator: Character?
  /// Whether the first line names the columns; `nil`: found out. It does if it has no number where the rest
  /// of a column has only numbers or, in a table of texts, if none of its cells occurs below it.
  public var hasHeader: Bool?
  /// Names in place of the file's, or for a file without.
  public var names: [String]?
  /// Cells without quotes that stand for no value.
  public var missing: Set<String>
  /// Columns that are texts whatever they look like: codes, telephone numbers.
  public var textColumns: Set<String>

  public init(
    separator: Character? = nil, hasHeader: Bool? = nil, names: [String]? = nil,
    missing: Set<String> = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"],
    textColumns: Set<String> = []
  ) {
    self.separator = separator
    self.hasHeader = hasHeader
    self.names = names
    self.missing = missing
    self.textColumns = textColumns
  }
}

extension Table {
  /// Reads a CSV or TSV file (RFC 4180: quotes, doubled quotes, line breaks within quotes; LF or CRLF; a
  /// byte order mark), plain or gzip.
  ///
  /// A column is of integers if all its cells are (one with a leading zero, such as 007, is a text), of
  /// decimals if all are numbers, else of categories. Spaces around cells without quotes do not count,
  /// empty lines neither.
  ///
  /// Throws `FileError` with the line's number: a row with more or fewer cells than the first, quotes that
  /// do not end.
  public init(csv path: String, _ options: DelimitedOptions = DelimitedOptions()) throws {
    let bytes = try ByteSource(path: path).readAll()
    self = try bytes.withUnsafeBytes { try Table(parsingCSV: $0, path: path, options) }
  }

  /// Parses a text as `init(csv:)` does a file.
  public init(
    parsingCSV text: String, path: String = "text", _ options: DelimitedOptions = DelimitedOptions()
  ) throws {
    self = try Array(text.utf8).withUnsafeBytes {
      try Table(parsingCSV: $0, path: path, options)
    }
  }

  package init(
    parsingCSV bytes: UnsafeRawBufferPointer, path: String,
    _ options: DelimitedOptions = DelimitedOptions()
  ) throws {
    self = try DelimitedParser(bytes.bindMemory(to: UInt8.self), path: path, options).table()
  }
}

/// Reads the columns, each on a thread of its own, from the cells of the text.
private struct DelimitedParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let path: String
  private let options: DelimitedOptions
  private let cells: [DelimitedCell]
  private let width: Int
  /// Quoted cells without their doubled quotes.
  private let unescaped: [UInt8]
  private let missing: [[UInt8]]
  /// Whether a cell that stands for no value begins with this byte: few cells need a closer look.
  private let beginsMissing: [Bool]

  init(
    _ bytes: UnsafeBufferPointer<UInt8>, path: String, _ options: DelimitedOptions
  ) throws {
    self.bytes = bytes
    self.path = path
    self.options = options
    let missing = options.missing.map { Array($0.utf8) }
    self.missing = missing
    beginsMissing = (0..<256).map { byte in missing.contains { $0.first == UInt8(byte) } }
    let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      throw FileError(path: path, reason: "is in UTF-16; UTF-8 was expected")
    }
    let separator: UInt8
    if let given = options.separator {
      guard let code = given.asciiValue, code != 0x22, code != 0x0a, code != 0x0d else {
        throw OptionError(
          "separator", expected: "one ASCII character but quote and line break",
          received: "'\(given)'")
      }
      separator = code
    } else {
      separator = DelimitedScan.commonSeparator(bytes[start...])
    }
    if !bytes.contains(0x0a), bytes.dropLast().contains(0x0d) {
      throw FileError(path: path, reason: "ends its lines by CR alone; LF or CRLF were expected")
    }
    let scan = try DelimitedScan(bytes, from: start, separator: separator, path: path)
    (cells, width, unescaped) = (scan.cells, scan.width, scan.unescaped)
  }

  // MARK: - Columns

  func table() throws -> Table {
    guard width > 0 else { throw FileError(path: path, reason: "holds no rows") }
    let known = options.hasHeader ?? (rowCount > 1 ? nil : isTextInFirstLine)
    // Most files have a header, and what stands below it tells.
    var columns = columns(hasHeader: known ?? true)
    let hasHeader = known ?? isHeader(above: columns)
    if known == nil, !hasHeader { columns = self.columns(hasHeader: false) }
    return Table(
      zip(try names(hasHeader: hasHeader), columns).map { name, column in
        Table.Column(name, column.values, isMissing: column.isMissing)
      })
  }

  private func names(hasHeader: Bool) throws -> [String] {
    let names = options.names ?? (0..<width).map { name($0, hasHeader) }
    guard names.count == width else {
      throw FileError(path: path, reason: "\(width) columns, but \(names.count) names were given")
    }
    if let twice = Dictionary(grouping: names, by: { $0 }).first(where: { $1.count > 1 })?.key {
      throw FileError(
        path: path,
        reason:
          "two columns are called '\(twice)'; names of their own, or hasHeader: false, would work")
    }
    if let unknown = options.textColumns.subtracting(names).sorted().first {
      throw FileError(
        path: path,
        reason: "has no column '\(unknown)'; it has \(names.joined(separator: ", "))")
    }
    return names
  }

  private func name(_ index: Int, _ hasHeader: Bool) -> String {
    if let names = options.names { return index < names.count ? names[index] : "" }
    return hasHeader ? text(cells[index]) : "column\(index + 1)"
  }

  private var rowCount: Int { cells.count / width }

  private var isTextInFirstLine: Bool {
    cells[..<width].allSatisfy { number($0) == nil && !isMissing($0) }
  }

  /// Whether the first line names what stands below it.
  private func isHeader(above columns: [Column]) -> Bool {
    let first = cells[..<width]
    let areNumbers = columns.map { column in
      guard case .categories(_, let names) = column.values else { return true }
      // Codes such as 007 are numbers, too.
      return !names.isEmpty
        && names.allSatisfy { Array($0.utf8).withUnsafeBufferPointer(DecimalText.double) != nil }
    }
    if areNumbers.contains(true) {
      return zip(first, areNumbers).contains { $1 && number($0) == nil && !isMissing($0) }
    }
    guard isTextInFirstLine else { return false }
    return zip(first, columns).allSatisfy { cell, column in
      guard case .categories(_, let names) = column.values else { return true }
      return !names.contains(text(cell))
    }
  }

  @inline(__always)
  private func withBytes<Result>(
    _ cell: DelimitedCell, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    guard cell.isUnescaped else {
      return body(UnsafeBufferPointer(rebasing: bytes[cell.start..<cell.start + cell.count]))
    }
    return unescaped.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[cell.start..<cell.start + cell.count]))
    }
  }

  private func text(_ cell: DelimitedCell) -> String {
    withBytes(cell) { String(decoding: $0, as: UTF8.self) }
  }

  private func isMissing(_ cell: DelimitedCell) -> Bool {
    if cell.isQuoted { return false }
    guard cell.count > 0 else { return options.missing.contains("") }
    guard beginsMissing[Int(bytes[cell.start])] else { return false }
    return withBytes(cell) { bytes in
      missing.contains { $0.count == bytes.count && bytes.elementsEqual($0) }
    }
  }

  private func number(_ cell: DelimitedCell) -> Double? {
    withBytes(cell) { DecimalText.double($0) }
  }

  /// The whole number that a cell spells without leading zeros; `nil` if it spells none.
  @inline(__always)
  private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var index = 0
    let isNegative = bytes.first == 0x2d
    if isNegative || bytes.first == 0x2b { index = 1 }
    let digits = bytes.count - index
    // 18 digits always fit.
    guard 1...18 ~= digits, digits == 1 || bytes[index] != 0x30 else { return nil }
    var value = 0
    while index < bytes.count {
      let digit = bytes[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
      index &+= 1
    }
    return isNegative ? -value : value
  }

  /// The number that a cell spells; `nil` for codes, which stay texts.
  @inline(__always)
  private static func decimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    isCode(bytes) ? nil : DecimalText.double(bytes)
  }

  /// Whether a cell looks like a number but must stay a text: digits that begin with 0, or too many.
  @inline(__always)
  private static func isCode(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let digits = bytes.first == 0x2d || bytes.first == 0x2b ? bytes.dropFirst() : bytes[...]
    return digits.count > 1 && (digits.first == 0x30 || digits.count > 18)
      && digits.allSatisfy { $0 &- 0x30 < 10 }
  }

  /// What a column holds, before it has a name.
  private typealias Column = (values: Table.Column.Values, isMissing: [Bool]?)

  private func columns(hasHeader: Bool) -> [Column] {
    // Nobody writes to the bytes while they are read.
    nonisolated(unsafe) let parser = self
    let columns = try? parallelMap(
      count: width, threads: cells.count > 100_000 ? defaultThreadCount : 1
    ) { index in
      let isText = parser.options.textColumns.contains(parser.name(index, hasHeader))
      return parser.column(index, firstRow: hasHeader ? 1 : 0, isText: isText)
    }
    return columns ?? []
  }

  private func column(_ index: Int, firstRow: Int, isText: Bool) -> Column {
    if !isText {
      if let (values, isMissing) = numbers(index, firstRow, missing: 0, Self.integer) {
        return (.integers(values), isMissing)
      }
      if let (values, isMissing) = numbers(index, firstRow, missing: .nan, Self.decimal) {
        return (.decimals(values), isMissing)
      }
    }
    return categories(index, firstRow)
  }

  /// A column of numbers; `nil` if a cell spells none, or no cell has a value.
  @inline(__always)
  private func numbers<Value>(
    _ index: Int, _ firstRow: Int, missing: Value,
    _ read: (UnsafeBufferPointer<UInt8>) -> Value?
  ) -> (values: [Value], isMissing: [Bool]?)? {
    let count = rowCount - firstRow
    var values = [Value](repeating: missing, count: count)
    var isMissing: [Bool]?
    var present = 0
    for row in 0..<count {
      let cell = cells[(row + firstRow) * width + index]
      if self.isMissing(cell) {
        if isMissing == nil { isMissing = [Bool](repeating: false, count: count) }
        isMissing?[row] = true
      } else if let value = withBytes(cell, read) {
        values[row] = value
        present += 1
      } else {
        return nil
      }
    }
    return present > 0 ? (values, isMissing) : nil
  }

  private func categories(_ index: Int, _ firstRow: Int) -> Column {
    var known = DistinctCells()
    var numbers = [Int](repeating: -1, count: rowCount - firstRow)
    var hasMissing = false
    for row in numbers.indices {
      let cell = cells[(row + firstRow) * width + index]
      if isMissing(cell) {
        hasMissing = true
        continue
      }
      numbers[row] = withBytes(cell) { bytes in
        known.number(of: bytes, cell) { other in
          withBytes(other) { $0.elementsEqual(bytes) }
        }
      }
    }
    let names = known.cells.map(text)
    let order = names.indices.sorted { names[$0] < names[$1] }
    var rank = [Int](repeating: 0, count: names.count)
    for (place, number) in order.enumerated() { rank[number] = place }
    return (
      .categories(numbers.map { $0 < 0 ? -1 : rank[$0] }, names: order.map { names[$0] }),
      hasMissing ? numbers.map { $0 < 0 } : nil
    )
  }
}

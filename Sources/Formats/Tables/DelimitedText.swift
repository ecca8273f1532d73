import Foundation
import Messages

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
    self = try bytes.withUnsafeBufferPointer { bytes in
      try DelimitedParser(bytes, path: path, options).table()
    }
  }

  /// Parses a text as `init(csv:)` does a file.
  public init(
    parsingCSV text: String, path: String = "text", _ options: DelimitedOptions = DelimitedOptions()
  ) throws {
    self = try Array(text.utf8).withUnsafeBufferPointer { bytes in
      try DelimitedParser(bytes, path: path, options).table()
    }
  }
}

/// Finds all cells in one pass, then reads column after column.
private struct DelimitedParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let path: String
  private let options: DelimitedOptions
  private let separator: UInt8
  private var cells: [DelimitedCell] = []
  private var width = 0
  /// Quoted cells without their doubled quotes.
  private var unescaped: [UInt8] = []
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
    if let separator = options.separator {
      guard let code = separator.asciiValue, code != 0x22, code != 0x0a, code != 0x0d else {
        throw OptionError(
          "separator", expected: "one ASCII character but quote and line break",
          received: "'\(separator)'")
      }
      self.separator = code
    } else {
      separator = Self.commonSeparator(bytes[start...])
    }
    if !bytes.contains(0x0a), bytes.dropLast().contains(0x0d) {
      throw FileError(path: path, reason: "ends its lines by CR alone; LF or CRLF were expected")
    }
    try scan(from: start)
  }

  private static func commonSeparator(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8 {
    let candidates: [UInt8] = [0x2c, 0x09, 0x3b, 0x7c]
    var counts = [0, 0, 0, 0]
    var isQuoted = false
    var seesText = false
    for byte in bytes {
      if byte == 0x22 { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if byte == 0x0a, seesText { break }
      if byte > 0x20 { seesText = true }
      if let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    return most == 0 ? 0x2c : candidates[counts.firstIndex(of: most) ?? 0]
  }

  private func failure(_ line: Int, _ reason: String) -> FileError {
    FileError(path: path, reason: "line \(line): \(reason)")
  }

  // MARK: - Cells

  private mutating func scan(from start: Int) throws {
    cells.reserveCapacity(bytes.count / 6)
    var position = start
    var line = 1
    var inRow = 0
    var rowLine = 1
    let end = bytes.count
    while position < end {
      if inRow == 0 {
        rowLine = line
        // An empty line is no row.
        if bytes[position] == 0x0a || bytes[position] == 0x0d {
          if bytes[position] == 0x0a { line += 1 }
          position += 1
          continue
        }
      }
      var first = position
      while first < end, bytes[first] == 0x20 || (bytes[first] == 0x09 && separator != 0x09) {
        first += 1
      }
      if first < end, bytes[first] == 0x22 {
        position = try scanQuoted(from: first + 1, &line)
      } else {
        // The hot loop: nothing but bytes up to the separator or the line's end.
        var last = first
        while last < end, bytes[last] != separator, bytes[last] != 0x0a { last &+= 1 }
        position = last
        while last > first, bytes[last - 1] <= 0x20 { last -= 1 }
        try append(start: first, end: last, line)
      }
      inRow += 1
      if position < end, bytes[position] == separator {
        position += 1
        // A separator at the very end has an empty cell behind it.
        guard position == end else { continue }
        cells.append(DelimitedCell(start: position, count: 0))
        inRow += 1
      }
      if width == 0 { width = inRow }
      guard inRow == width else {
        throw failure(
          rowLine, "\(inRow) cells, \(width) were expected as in the first line")
      }
      inRow = 0
      if position < end {
        position += 1
        line += 1
      }
    }
  }

  private mutating func append(start: Int, end: Int, _ line: Int) throws {
    guard end - start <= DelimitedCell.longest else {
      throw failure(line, "a cell of more than 8 MB")
    }
    cells.append(DelimitedCell(start: start, count: end - start))
  }

  /// Reads a cell from behind its opening quote; returns the place of the separator or line break.
  private mutating func scanQuoted(from start: Int, _ line: inout Int) throws -> Int {
    let first = line
    var position = start
    var hasDoubled = false
    while true {
      guard position < bytes.count else {
        throw failure(first, "the quotes that begin here do not end")
      }
      let byte = bytes[position]
      if byte == 0x22 {
        guard position + 1 < bytes.count, bytes[position + 1] == 0x22 else { break }
        hasDoubled = true
        position += 1
      } else if byte == 0x0a {
        line += 1
      }
      position += 1
    }
    guard position - start <= DelimitedCell.longest else {
      throw failure(first, "a cell of more than 8 MB")
    }
    if hasDoubled {
      let begin = unescaped.count
      var place = start
      while place < position {
        unescaped.append(bytes[place])
        place += bytes[place] == 0x22 ? 2 : 1
      }
      cells.append(
        DelimitedCell(
          start: begin, count: unescaped.count - begin, isQuoted: true, isUnescaped: true))
    } else {
      cells.append(DelimitedCell(start: start, count: position - start, isQuoted: true))
    }
    position += 1
    while position < bytes.count, bytes[position] != separator, bytes[position] != 0x0a {
      guard bytes[position] <= 0x20 else {
        throw failure(line, "text after closing quotes; quotes within a cell are doubled")
      }
      position += 1
    }
    return position
  }

  // MARK: - Columns

  func table() throws -> Table {
    guard width > 0 else { throw FileError(path: path, reason: "holds no rows") }
    let hasHeader = options.hasHeader ?? findsHeader()
    let found =
      hasHeader
      ? (0..<width).map { text(cells[$0]) } : (0..<width).map { "column\($0 + 1)" }
    let names = options.names ?? found
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
    let firstRow = hasHeader ? 1 : 0
    return Table(
      (0..<width).map { index in
        column(names[index], index, firstRow, isText: options.textColumns.contains(names[index]))
      })
  }

  private var rowCount: Int { cells.count / width }

  private func findsHeader() -> Bool {
    let first = (0..<width).map { cells[$0] }
    guard rowCount > 1 else { return first.allSatisfy { number($0) == nil && !isMissing($0) } }
    var isTextTable = true
    for index in 0..<width {
      var hasNumber = false
      var hasText = false
      for row in 1..<rowCount where !hasText {
        let cell = cells[row * width + index]
        if isMissing(cell) { continue }
        if number(cell) == nil { hasText = true } else { hasNumber = true }
      }
      guard hasNumber, !hasText else { continue }
      isTextTable = false
      if number(first[index]) == nil, !isMissing(first[index]) { return true }
    }
    guard isTextTable, first.allSatisfy({ number($0) == nil && !isMissing($0) }) else {
      return false
    }
    return (0..<width).allSatisfy { index in
      let name = text(first[index])
      return !(1..<rowCount).contains { text(cells[$0 * width + index]) == name }
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

  /// Whether a cell looks like a number but must stay a text: digits that begin with 0, or too many.
  @inline(__always)
  private static func isCode(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let digits = bytes.first == 0x2d || bytes.first == 0x2b ? bytes.dropFirst() : bytes[...]
    return digits.count > 1 && (digits.first == 0x30 || digits.count > 18)
      && digits.allSatisfy { $0 &- 0x30 < 10 }
  }

  private func column(_ name: String, _ index: Int, _ firstRow: Int, isText: Bool) -> Table.Column {
    let count = rowCount - firstRow
    var isMissing = [Bool](repeating: false, count: count)
    var hasMissing = false
    var present = 0
    for row in 0..<count where self.isMissing(cells[(row + firstRow) * width + index]) {
      isMissing[row] = true
      hasMissing = true
    }
    present = count - (hasMissing ? isMissing.count { $0 } : 0)
    let mask = hasMissing ? isMissing : nil
    if !isText, present > 0 {
      if let values = integers(index, firstRow, mask) {
        return Table.Column(name, .integers(values), isMissing: mask)
      }
      if let values = decimals(index, firstRow, mask) {
        return Table.Column(name, .decimals(values), isMissing: mask)
      }
    }
    return Table.Column(name, categories(index, firstRow, mask), isMissing: mask)
  }

  private func integers(_ index: Int, _ firstRow: Int, _ mask: [Bool]?) -> [Int]? {
    var values = [Int](repeating: 0, count: rowCount - firstRow)
    for row in values.indices {
      if let mask, mask[row] { continue }
      guard let value = withBytes(cells[(row + firstRow) * width + index], Self.integer) else {
        return nil
      }
      values[row] = value
    }
    return values
  }

  private func decimals(_ index: Int, _ firstRow: Int, _ mask: [Bool]?) -> [Double]? {
    var values = [Double](repeating: .nan, count: rowCount - firstRow)
    for row in values.indices {
      if let mask, mask[row] { continue }
      let value = withBytes(cells[(row + firstRow) * width + index]) {
        Self.isCode($0) ? nil : DecimalText.double($0)
      }
      guard let value else { return nil }
      values[row] = value
    }
    return values
  }

  private func categories(_ index: Int, _ firstRow: Int, _ mask: [Bool]?) -> Table.Column.Values {
    var known = DistinctCells()
    var numbers = [Int](repeating: -1, count: rowCount - firstRow)
    for row in numbers.indices {
      if let mask, mask[row] { continue }
      let cell = cells[(row + firstRow) * width + index]
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
    return .categories(numbers.map { $0 < 0 ? -1 : rank[$0] }, names: order.map { names[$0] })
  }
}

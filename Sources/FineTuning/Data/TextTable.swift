import Formats
import Messages

/// Rows of texts under names: what a TSV or CSV file holds.
struct TextTable {
  /// Numbers from 1 where the file names no columns.
  var names: [String]
  var rows: [[String]]
  /// Whether the first line named the columns.
  let hasNames: Bool

  /// TSV is cut at tabs and nothing else, as collections of sentences come: a quote is a quote. CSV is as in RFC
  /// 4180. The first line names columns if one of its cells is in `known`.
  init(path: String, isTSV: Bool, known: Set<String>) throws {
    var rows: [[String]]
    let bytes = try ByteSource(path: path).readAll()
    if isTSV {
      let text = String(
        decoding: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...], as: UTF8.self)
      rows = text.split(whereSeparator: \.isLineEnd)
        .filter { !$0.allSatisfy(\.isWhitespace) }
        .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    } else {
      rows = try TextTable.csv(String(decoding: bytes, as: UTF8.self), path)
    }
    guard let first = rows.first else { throw FileError(path: path, reason: "is empty") }
    hasNames = first.contains(where: known.contains)
    names = hasNames ? first : first.indices.map { String($0 + 1) }
    if hasNames { rows.removeFirst() }
    guard !rows.isEmpty else {
      throw FileError(path: path, reason: "holds no rows but the names of its columns")
    }
    let width = names.count
    for (index, row) in rows.enumerated() where row.count != width {
      throw FileError(
        path: path,
        reason: "row \(index + (hasNames ? 2 : 1)) has \(row.count) cells, the first \(width)")
    }
    self.rows = rows
  }

  private static func csv(_ text: String, _ path: String) throws -> [[String]] {
    let widest = DelimitedOptions(hasHeader: false, missing: [])
    var table = try Table(parsingCSV: text, path: path, widest)
    // Everything is a text: 007 and 1.50 stay as they are written.
    table = try Table(
      parsingCSV: text, path: path,
      DelimitedOptions(hasHeader: false, missing: [], textColumns: Set(table.names)))
    let columns = table.columns.map { $0.texts ?? [] }
    return (0..<table.rowCount).map { row in columns.map { $0[row] ?? "" } }
  }

  func values(_ name: String) -> [String] {
    guard let column = names.firstIndex(of: name) else { return [] }
    return rows.map { $0[column] }
  }

  /// Which columns of a table without names hold what: labels are few, texts are not.
  func guess(_ task: FineTuningTask, expectsLabel: Bool) -> ColumnNames {
    var rest = names
    var found = ColumnNames()
    let texts = task == .pair || task == .generate ? 2 : 1
    if task.hasClasses, expectsLabel || names.count > texts {
      let label = rest.min { Set(values($0)).count < Set(values($1)).count }
      found.label = label
      rest.removeAll { $0 == label }
    }
    if texts == 1, rest.count > 1 {
      func length(_ name: String) -> Int { values(name).prefix(1000).reduce(0) { $0 + $1.count } }
      found.text = rest.max { length($0) < length($1) }
    } else {
      found.text = rest.first
      if texts == 2 { found.second = rest.dropFirst().first }
    }
    return found
  }
}

extension Character {
  /// Whether lines of a file end here; U+2028 and its like are text.
  var isLineEnd: Bool { self == "\n" || self == "\r\n" }
}

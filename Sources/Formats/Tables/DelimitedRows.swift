import Foundation
import Messages

/// The cells of a CSV or TSV file as texts, whatever stands in them: headers that repeat or are empty, columns of
/// mixed types. `Table(csv:)` reads columns of one type each.
///
///     let rows = try DelimitedRows(csv: "prices.csv")
///     rows.header, rows[0, 2]
public struct DelimitedRows: Sendable {
  private let bytes: [UInt8]
  private let cells: [DelimitedCell]
  private let unescaped: [UInt8]
  public let columnCount: Int

  /// Throws `FileError` as `Table(csv:)` does.
  public init(csv path: String) throws {
    try self.init(bytes: ByteSource(path: path).readAll(), path: path)
  }

  /// Cells of a text in UTF-8 that `path` is said to hold.
  public init(bytes: [UInt8], path: String) throws {
    self.bytes = bytes
    let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let scan = try bytes.withUnsafeBufferPointer {
      try DelimitedScan(
        $0, from: start, separator: DelimitedScan.commonSeparator($0[start...]), path: path)
    }
    guard scan.width > 0 else { throw FileError(path: path, reason: "holds no rows") }
    (cells, unescaped, columnCount) = (scan.cells, scan.unescaped, scan.width)
  }

  /// The cells of the first line.
  public var header: [String] { (0..<columnCount).map { text(cells[$0]) } }

  /// How many rows stand below the header.
  public var count: Int { cells.count / columnCount - 1 }

  /// A cell below the header.
  public subscript(row: Int, column: Int) -> String {
    text(cells[(row + 1) * columnCount + column])
  }

  private func text(_ cell: DelimitedCell) -> String {
    let source = cell.isUnescaped ? unescaped : bytes
    return String(decoding: source[cell.start..<cell.start + cell.count], as: UTF8.self)
  }
}

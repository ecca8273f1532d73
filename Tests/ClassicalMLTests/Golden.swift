import Formats
import Foundation
import Testing

@testable import ClassicalML

/// What scikit-learn says (Scripts/golden/classical.py).
struct Golden {
  let json: JSONValue

  init() throws {
    let path = try #require(Bundle.module.path(forResource: "Golden/classical.json", ofType: nil))
    json = try JSONValue(parsing: try String(contentsOfFile: path, encoding: .utf8))
  }

  func numbers(_ name: String) throws -> [Double] { try Self.flat(try #require(json[name])) }

  private static func flat(_ value: JSONValue) throws -> [Double] {
    if let values = value.arrayValue { return try values.flatMap(flat) }
    return [try #require(value.doubleValue)]
  }

  private func rows(_ name: String) throws -> [[Double]] {
    try #require(json["dense"]?[name]?.arrayValue).map { try Self.flat($0) }
  }

  /// 60 rows of four numbers in three classes.
  func dense() throws -> (columns: ColumnMatrix, rows: SparseMatrix, labels: [Int32]) {
    let rows = try rows("rows")
    let columns = (0..<4).map { column in
      ColumnMatrix.Column(values: rows.map { $0[column] })
    }
    return (ColumnMatrix(columns, rowCount: rows.count), Self.sparse(rows), try labels())
  }

  func counts() throws -> SparseMatrix { Self.sparse(try rows("counts")) }

  func labels() throws -> [Int32] {
    try Self.flat(try #require(json["dense"]?["labels"])).map { Int32($0) }
  }

  static func sparse(_ rows: [[Double]]) -> SparseMatrix {
    var matrix = SparseMatrix(columnCount: rows[0].count)
    for row in rows {
      for (column, value) in row.enumerated() where value != 0 {
        matrix.append(column, Float(value))
      }
      matrix.endRow()
    }
    return matrix
  }

  func texts(_ name: String) throws -> TextColumn {
    TextColumn(try #require(json[name]?.arrayValue).compactMap(\.stringValue))
  }
}

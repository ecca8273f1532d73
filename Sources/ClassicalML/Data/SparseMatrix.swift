import Messages

/// Rows of few numbers among many columns (CSR). The columns of a row are in any order and distinct.
public struct SparseMatrix: Sendable, Equatable {
  public let columnCount: Int
  /// Where each row begins, and the end: rowCount + 1 values.
  public private(set) var starts: [Int]
  public private(set) var columns: [Int32]
  public private(set) var values: [Float]

  public init(columnCount: Int) {
    self.columnCount = columnCount
    starts = [0]
    columns = []
    values = []
  }

  /// Traps unless the parts fit together and every column is below `columnCount`.
  public init(columnCount: Int, starts: [Int], columns: [Int32], values: [Float]) {
    require(
      starts.first == 0 && starts.last == columns.count && columns.count == values.count
        && columns.allSatisfy { $0 >= 0 && $0 < columnCount },
      "SparseMatrix expected starts from 0 to \(columns.count) and columns below \(columnCount)")
    self.columnCount = columnCount
    self.starts = starts
    self.columns = columns
    self.values = values
  }

  public var rowCount: Int { starts.count - 1 }

  @inline(__always)
  mutating func append(_ column: Int, _ value: Float) {
    columns.append(Int32(truncatingIfNeeded: column))
    values.append(value)
  }

  @inline(__always)
  mutating func endRow() { starts.append(columns.count) }

  /// Scales the values appended since `start` to length 1.
  mutating func normalize(from start: Int) {
    var square = 0.0
    for index in start..<values.count { square += Double(values[index]) * Double(values[index]) }
    guard square > 0 else { return }
    let factor = Float(1 / square.squareRoot())
    for index in start..<values.count { values[index] *= factor }
  }

  public func range(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// The chosen rows, in that order.
  public func rows(_ chosen: [Int]) -> SparseMatrix {
    var result = SparseMatrix(columnCount: columnCount)
    for row in chosen {
      result.columns += columns[range(row)]
      result.values += values[range(row)]
      result.endRow()
    }
    return result
  }

  /// The squared length of each row.
  var squaredLengths: [Double] {
    (0..<rowCount).map { row in
      range(row).reduce(0) { $0 + Double(values[$1]) * Double(values[$1]) }
    }
  }

  /// The same numbers by column: rows and values of each.
  func transposed() -> SparseMatrix {
    var starts = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { starts[Int(column) + 1] += 1 }
    for column in 0..<columnCount { starts[column + 1] += starts[column] }
    var next = starts
    var rows = [Int32](repeating: 0, count: columns.count)
    var moved = [Float](repeating: 0, count: columns.count)
    for row in 0..<rowCount {
      for index in range(row) {
        let column = Int(columns[index])
        rows[next[column]] = Int32(row)
        moved[next[column]] = values[index]
        next[column] += 1
      }
    }
    return SparseMatrix(columnCount: rowCount, starts: starts, columns: rows, values: moved)
  }
}

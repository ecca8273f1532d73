/// A tree of questions about one column each; a leaf says how the training rows in it were divided.
///
/// Numbers at most the threshold go left, a missing one too; categories go left where their bit is set.
public struct DecisionTree: Sendable {
  /// For each node the column it asks about; −1 in a leaf.
  var columns: [Int32] = []
  /// The threshold; for categories the bits of those that go left.
  var thresholds: [Double] = []
  var isCategory: [Bool] = []
  /// The left child, the right one follows it; in a leaf the place of its values.
  var next: [Int32] = []
  /// For each leaf the shares of the classes, or one mean.
  var values: [Float] = []

  public var nodeCount: Int { columns.count }
  public var leafCount: Int { columns.count { $0 < 0 } }

  public var depth: Int {
    var depths = [Int](repeating: 0, count: nodeCount)
    for node in columns.indices where columns[node] >= 0 {
      depths[Int(next[node])] = depths[node] + 1
      depths[Int(next[node]) + 1] = depths[node] + 1
    }
    return depths.max() ?? 0
  }

  /// Where the values of the leaf begin that a row falls into.
  @inline(__always)
  func leaf(_ matrix: PreparedColumns, _ row: Int) -> Int {
    var node = 0
    while columns[node] >= 0 {
      let column = Int(columns[node])
      let goesLeft: Bool
      if isCategory[node] {
        goesLeft = thresholds[node].bitPattern >> UInt64(matrix.bit(column, row)) & 1 == 1
      } else {
        let value = matrix.value(column, row)
        goesLeft = !(value > thresholds[node])
      }
      node = Int(next[node]) &+ (goesLeft ? 0 : 1)
    }
    return Int(next[node])
  }
}

/// The columns of a matrix as trees want them: categories as bits of a word.
///
/// A column of more than 62 categories keeps the 62 most frequent ones of the training set; the others share
/// a bit, and what is missing has its own.
struct PreparedColumns: Sendable {
  static let mostCategories = 62
  static let otherBit = 62
  static let missingBit = 63

  let columns: [ColumnMatrix.Column]
  let rowCount: Int
  /// For each column of categories the bit of each.
  let bits: [[UInt8]]

  init(_ matrix: ColumnMatrix, bits: [[UInt8]]) {
    columns = matrix.columns
    rowCount = matrix.rowCount
    self.bits = bits
  }

  /// The bits of categories, by frequency.
  static func bits(learntFrom matrix: ColumnMatrix) -> [[UInt8]] {
    matrix.columns.map { column in
      guard column.categoryCount > 0 else { return [] }
      var counts = [Int](repeating: 0, count: column.categoryCount)
      for value in column.values where !value.isNaN { counts[Int(value)] += 1 }
      var bits = [UInt8](repeating: UInt8(otherBit), count: column.categoryCount)
      let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
      for (bit, category) in order.prefix(mostCategories).enumerated() {
        bits[category] = UInt8(bit)
      }
      return bits
    }
  }

  @inline(__always)
  func value(_ column: Int, _ row: Int) -> Double { columns[column].values[row] }

  @inline(__always)
  func bit(_ column: Int, _ row: Int) -> Int {
    let value = columns[column].values[row]
    return value.isNaN ? Self.missingBit : Int(bits[column][Int(value)])
  }
}

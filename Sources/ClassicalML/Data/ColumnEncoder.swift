import Messages

/// Frames as full columns, for trees and for naive Bayes on mixed columns.
///
/// Dates become days, month and weekday; texts the TF-IDF of their most frequent grams.
public struct ColumnEncoder: Sendable {
  /// The most grams of a text column, and the most features of a libsvm file, that become columns.
  static let mostGrams = 300
  static let mostSparse = 5000

  enum Part: Sendable {
    case number
    case date
    case category(count: Int)
    case text(TextFeatures, chosen: [Int32])
    case sparse(width: Int)

    var width: Int {
      switch self {
      case .number, .category: 1
      case .date: 3
      case .text(_, let chosen): chosen.count
      case .sparse(let width): width
      }
    }
  }

  let parts: [Part]

  static func learn(
    _ frame: Frame, _ schema: Schema, _ options: TextFeatures.Options
  ) throws -> ColumnEncoder {
    ColumnEncoder(
      parts: try frame.columns.enumerated().map { index, column in
        switch column {
        case .numbers: return schema.columns[index].kind == .date ? .date : .number
        case .categories:
          var count = 0
          if case .category(let names) = schema.columns[index].kind { count = names.count }
          return .category(count: count)
        case .texts(let texts):
          let (features, counts) = TextFeatures.learn(texts, options)
          var frequency = [Int](repeating: 0, count: features.count)
          for column in counts.columns { frequency[Int(column)] += 1 }
          let order = frequency.indices.sorted {
            (frequency[$1], $0) < (frequency[$0], $1)
          }
          return .text(features, chosen: order.prefix(mostGrams).map { Int32($0) })
        case .sparse(let matrix):
          guard matrix.columnCount <= mostSparse else {
            throw InputError(
              "trees take at most \(mostSparse) features, these rows have \(matrix.columnCount); "
                + "linear models take them")
          }
          return .sparse(width: matrix.columnCount)
        }
      })
  }

  func columns(of frame: Frame) -> ColumnMatrix {
    var columns: [ColumnMatrix.Column] = []
    for (part, column) in zip(parts, frame.columns) {
      switch (part, column) {
      case (.number, .numbers(let values)): columns.append(.init(values: values))
      case (.date, .numbers(let values)):
        columns.append(.init(values: values))
        columns.append(
          .init(values: values.map { $0.isNaN ? .nan : Double(CalendarDate.month($0)) }))
        columns.append(
          .init(values: values.map { $0.isNaN ? .nan : Double(CalendarDate.weekday($0)) }))
      case (.category(let count), .categories(let values)):
        columns.append(
          .init(values: values.map { $0 < 0 ? .nan : Double($0) }, categoryCount: count))
      case (.text(let features, let chosen), .texts(let texts)):
        let rows = features.weighted(features.counts(of: texts), .tfidf)
        columns += Self.full(rows, chosen)
      case (.sparse(let width), .sparse(let matrix)):
        columns += Self.full(matrix, (0..<width).map { Int32($0) })
      default: break
      }
    }
    return ColumnMatrix(columns, rowCount: frame.rowCount)
  }

  private static func full(_ rows: SparseMatrix, _ chosen: [Int32]) -> [ColumnMatrix.Column] {
    var place = [Int](repeating: -1, count: rows.columnCount)
    for (index, column) in chosen.enumerated() { place[Int(column)] = index }
    var columns = [[Double]](
      repeating: [Double](repeating: 0, count: rows.rowCount), count: chosen.count)
    for row in 0..<rows.rowCount {
      for index in rows.range(row) where place[Int(rows.columns[index])] >= 0 {
        columns[place[Int(rows.columns[index])]][row] = Double(rows.values[index])
      }
    }
    return columns.map { ColumnMatrix.Column(values: $0) }
  }

  public func featureNames(_ schema: Schema) -> [String] {
    zip(parts, schema.columns).flatMap { part, column -> [String] in
      switch part {
      case .number, .category: [column.name]
      case .date: [column.name, column.name + " month", column.name + " weekday"]
      case .text(let features, let chosen):
        chosen.map { "\(column.name): \(features.name(Int($0)))" }
      case .sparse(let width): (1...max(1, width)).map { "\($0)" }
      }
    }
  }
}

/// Columns of numbers, NaN where one is missing.
public struct ColumnMatrix: Sendable {
  public struct Column: Sendable {
    public var values: [Double]
    /// 0 for numbers; else the values are below it and mean categories.
    public var categoryCount = 0

    public init(values: [Double], categoryCount: Int = 0) {
      self.values = values
      self.categoryCount = categoryCount
    }
  }

  public let columns: [Column]
  public let rowCount: Int

  public init(_ columns: [Column], rowCount: Int) {
    for column in columns {
      require(
        column.values.count == rowCount,
        "ColumnMatrix expected columns of \(rowCount) rows, received \(column.values.count)")
    }
    self.columns = columns
    self.rowCount = rowCount
  }
}

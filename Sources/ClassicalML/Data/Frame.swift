import Messages

/// Columns of examples as models are given them: typed by a `Schema`, of equal length.
public struct Frame: Sendable {
  public enum Column: Sendable {
    /// NaN where one is missing. Dates are days since 1970-01-01.
    case numbers([Double])
    /// Numbers into the schema's names; −1 where one is missing or not among them.
    case categories([Int32])
    case texts(TextColumn)
    /// The features of a libsvm file.
    case sparse(SparseMatrix)

    func rows(_ chosen: [Int]) -> Column {
      switch self {
      case .numbers(let values): .numbers(chosen.map { values[$0] })
      case .categories(let values): .categories(chosen.map { values[$0] })
      case .texts(let texts): .texts(texts.rows(chosen))
      case .sparse(let matrix): .sparse(matrix.rows(chosen))
      }
    }

    var count: Int {
      switch self {
      case .numbers(let values): values.count
      case .categories(let values): values.count
      case .texts(let texts): texts.count
      case .sparse(let matrix): matrix.rowCount
      }
    }
  }

  public var columns: [Column]
  public let rowCount: Int

  /// Traps unless the columns are equally long.
  public init(_ columns: [Column]) {
    rowCount = columns.first?.count ?? 0
    for column in columns {
      require(
        column.count == rowCount,
        "Frame expected columns of \(rowCount) rows, received \(column.count)")
    }
    self.columns = columns
  }

  public func rows(_ chosen: [Int]) -> Frame { Frame(columns.map { $0.rows(chosen) }) }
}

/// What models learn to say: a class or a number of each example.
public enum Targets: Sendable, Equatable {
  case classes([Int32], count: Int)
  case numbers([Double])

  public var count: Int {
    switch self {
    case .classes(let classes, _): classes.count
    case .numbers(let values): values.count
    }
  }

  public func rows(_ chosen: [Int]) -> Targets {
    switch self {
    case .classes(let classes, let count): .classes(chosen.map { classes[$0] }, count: count)
    case .numbers(let values): .numbers(chosen.map { values[$0] })
    }
  }
}

/// Examples to learn from or to be judged by.
public struct Examples: Sendable {
  public let schema: Schema
  public let frame: Frame
  public let targets: Targets

  public init(schema: Schema, frame: Frame, targets: Targets) {
    require(
      frame.rowCount == targets.count,
      "Examples expected a target for each of \(frame.rowCount) rows, received \(targets.count)")
    self.schema = schema
    self.frame = frame
    self.targets = targets
  }

  public var count: Int { targets.count }

  public func rows(_ chosen: [Int]) -> Examples {
    Examples(schema: schema, frame: frame.rows(chosen), targets: targets.rows(chosen))
  }
}

import Messages

/// Columns of equal length, each of one type: what a CSV, TSV or JSON-lines file holds.
///
///     let table = try Table(csv: "abalone.csv")
///     table["rings"].integers
public struct Table: Sendable {
  public struct Column: Sendable {
    public enum Values: Sendable, Equatable {
      /// Whole numbers; 0 where one is missing.
      case integers([Int])
      /// Numbers; NaN where one is missing.
      case decimals([Double])
      /// Indices into the sorted distinct texts; −1 where one is missing.
      case categories([Int], names: [String])
      /// Lists of whole numbers (JSON only); empty where one is missing.
      case integerLists([[Int]])
      /// Lists of numbers (JSON only); empty where one is missing.
      case decimalLists([[Double]])
    }

    public let name: String
    public let values: Values
    /// Which rows have no value; `nil` if all have one.
    public let isMissing: [Bool]?

    public init(_ name: String, _ values: Values, isMissing: [Bool]? = nil) {
      self.name = name
      self.values = values
      self.isMissing = isMissing
    }

    public var count: Int {
      switch values {
      case .integers(let values): values.count
      case .decimals(let values): values.count
      case .categories(let indices, _): indices.count
      case .integerLists(let lists): lists.count
      case .decimalLists(let lists): lists.count
      }
    }

    public var missingCount: Int { isMissing?.count { $0 } ?? 0 }

    /// `integers`, `decimals`, `categories`, …: for messages.
    public var kind: String {
      switch values {
      case .integers: "integers"
      case .decimals: "decimals"
      case .categories: "categories"
      case .integerLists: "lists of integers"
      case .decimalLists: "lists of decimals"
      }
    }

    /// The whole numbers; `nil` for a column of another type.
    public var integers: [Int]? {
      if case .integers(let values) = values { values } else { nil }
    }

    /// Integers and decimals as Double, NaN where one is missing; `nil` for a column of another type.
    public var decimals: [Double]? {
      switch values {
      case .integers(let values):
        if let isMissing {
          zip(values, isMissing).map { $1 ? .nan : Double($0) }
        } else {
          values.map(Double.init)
        }
      case .decimals(let values): values
      default: nil
      }
    }

    /// The texts of a column of categories, `nil` where one is missing; `nil` for another type.
    public var texts: [String?]? {
      guard case .categories(let indices, let names) = values else { return nil }
      return indices.map { $0 < 0 ? nil : names[$0] }
    }
  }

  public let columns: [Column]

  /// Traps unless the columns have different names and equally many rows.
  public init(_ columns: [Column]) {
    require(
      Set(columns.map(\.count)).count <= 1 && Set(columns.map(\.name)).count == columns.count,
      "Table expected columns of different names with equally many rows, received "
        + columns.map { "\($0.name): \($0.count)" }.joined(separator: ", "))
    self.columns = columns
  }

  public var rowCount: Int { columns.first?.count ?? 0 }
  public var names: [String] { columns.map(\.name) }

  /// The column called `name`. Traps, with the nearest name, if there is none; `column(_:)` throws.
  public subscript(name: String) -> Column {
    do { return try column(name) } catch { fatalError("\(error)") }
  }

  /// The column called `name`; throws `InputError` if there is none.
  public func column(_ name: String) throws -> Column {
    if let column = columns.first(where: { $0.name == name }) { return column }
    throw InputError(
      "the table has no column '\(name)'; it has \(names.joined(separator: ", "))")
  }

  /// Categories numbered as in `other`: a test table by its training table.
  ///
  /// Throws `InputError` if a category does not occur there, or a column does not exist in both.
  public func aligned(with other: Table) throws -> Table {
    Table(
      try columns.map { column in
        let known = try other.column(column.name)
        guard case .categories(let indices, let names) = column.values else { return column }
        guard case .categories(_, let knownNames) = known.values else {
          throw InputError(
            "'\(column.name)' holds \(column.kind), in the other table \(known.kind)")
        }
        let numbers = Dictionary(uniqueKeysWithValues: knownNames.enumerated().map { ($1, $0) })
        let moved = try names.map { name in
          guard let number = numbers[name] else {
            throw InputError("'\(name)' of '\(column.name)' does not occur in the other table")
          }
          return number
        }
        return Column(
          column.name, .categories(indices.map { $0 < 0 ? -1 : moved[$0] }, names: knownNames),
          isMissing: column.isMissing)
      })
  }
}

/// What is asked of a column: the numbers are those of TableQA's files.
public enum Aggregate: Int, Sendable, CaseIterable, Codable {
  case none, average, maximum, minimum, count, sum

  /// SQL's word; `nil` for the values themselves.
  public var function: String? {
    switch self {
    case .none: nil
    case .average: "AVG"
    case .maximum: "MAX"
    case .minimum: "MIN"
    case .count: "COUNT"
    case .sum: "SUM"
    }
  }
}

/// How a column compares with a value, numbered as in TableQA's files.
public enum Comparison: Int, Sendable, CaseIterable, Codable {
  case greater, less, equal, unequal

  var symbol: String {
    switch self {
    case .greater: ">"
    case .less: "<"
    case .equal: "="
    case .unequal: "<>"
    }
  }
}

/// What joins conditions, numbered as in TableQA's files.
public enum Connective: Int, Sendable, CaseIterable, Codable {
  /// There is one condition, or none.
  case none
  case and, or
}

/// What a column is compared with.
public enum ConditionValue: Sendable, Equatable {
  case value(SQLValue)
  /// A year, a month or a day of texts that begin with dates.
  case period(CalendarPeriod)
}

/// A query of the form SELECT [AGG] column, … FROM one table WHERE condition [AND | OR condition …]: columns by number,
/// without any text of a question but the values.
public struct SketchQuery: Sendable, Equatable {
  public struct Selection: Sendable, Hashable {
    public var column: Int
    public var aggregate: Aggregate

    public init(column: Int, aggregate: Aggregate) {
      self.column = column
      self.aggregate = aggregate
    }
  }

  public struct Condition: Sendable, Equatable {
    public var column: Int
    public var comparison: Comparison
    public var value: ConditionValue

    public init(column: Int, comparison: Comparison, value: ConditionValue) {
      self.column = column
      self.comparison = comparison
      self.value = value
    }
  }

  public var selections: [Selection]
  public var connective: Connective
  public var conditions: [Condition]

  public init(selections: [Selection], connective: Connective, conditions: [Condition]) {
    self.selections = selections
    self.connective = connective
    self.conditions = conditions
  }

  /// Full match: the same selections, connective and conditions, in any order.
  public func matches(_ other: SketchQuery) -> Bool {
    guard Set(selections) == Set(other.selections), selections.count == other.selections.count,
      connective == other.connective, conditions.count == other.conditions.count
    else { return false }
    return conditions.allSatisfy(other.conditions.contains)
      && other.conditions.allSatisfy(conditions.contains)
  }
}

/// A statement with question marks, and the values for them.
public struct Statement: Sendable, Equatable {
  public var sql: String
  public var values: [SQLValue]

  /// The query of `table`: identifiers are its own, values are bound.
  public init(_ query: SketchQuery, on table: QueryTable) {
    var values: [SQLValue] = []
    let conditions = query.conditions.map { Self.text($0, table, &values) }
    let word = query.connective == .or ? " OR " : " AND "
    var clauses = conditions.isEmpty ? [] : [conditions.joined(separator: word)]
    let guards = query.selections.filter { ![.none, .count].contains($0.aggregate) }
      .compactMap { Self.numbersOnly($0.column, table) }
    if !guards.isEmpty {
      clauses = clauses.map { query.connective == .or ? "(\($0))" : $0 } + guards
    }
    sql =
      "SELECT \(Self.selected(query, on: table)) FROM \(Database.quoted(table.name))"
      + (clauses.isEmpty ? "" : " WHERE " + clauses.joined(separator: " AND "))
    self.values = values
  }

  private init(sql: String, values: [SQLValue]) {
    self.sql = sql
    self.values = values
  }

  /// What stands behind SELECT.
  public static func selected(_ query: SketchQuery, on table: QueryTable) -> String {
    query.selections.map { selection in
      let name = Database.quoted(table.columns[selection.column].name)
      return selection.aggregate.function.map { "\($0)(\(name))" } ?? name
    }.joined(separator: ", ")
  }

  /// A condition with its value in place, for people to read.
  public static func shown(_ condition: SketchQuery.Condition, on table: QueryTable) -> String {
    var values: [SQLValue] = []
    let sql = text(condition, table, &values)
    return Statement(sql: sql, values: values).shown
  }

  /// What keeps texts in a column of numbers out of comparisons and sums.
  private static func numbersOnly(_ column: Int, _ table: QueryTable) -> String? {
    guard table.columns[column].isMixed else { return nil }
    return "typeof(\(Database.quoted(table.columns[column].name))) IN ('integer', 'real')"
  }

  private static func text(
    _ condition: SketchQuery.Condition, _ table: QueryTable, _ values: inout [SQLValue]
  ) -> String {
    let column = Database.quoted(table.columns[condition.column].name)
    switch condition.value {
    case .value(let value):
      values.append(value)
      let comparison = "\(column) \(condition.comparison.symbol) ?"
      let isOrder = condition.comparison == .greater || condition.comparison == .less
      guard isOrder, let numbers = numbersOnly(condition.column, table) else { return comparison }
      return "(\(comparison) AND \(numbers))"
    case .period(let period):
      let (start, end) = (SQLValue.text(period.text), SQLValue.text(period.end))
      switch condition.comparison {
      case .greater:
        values.append(end)
        return "\(column) >= ?"
      case .less:
        values.append(start)
        return "\(column) < ?"
      case .equal:
        values += [start, end]
        return "(\(column) >= ? AND \(column) < ?)"
      case .unequal:
        values += [start, end]
        return "(\(column) < ? OR \(column) >= ?)"
      }
    }
  }

  /// The statement with its values in place, for people to read.
  public var shown: String {
    var text = ""
    var next = values.makeIterator()
    var isQuoted = false
    for character in sql {
      if character == "\"" { isQuoted.toggle() }
      if character == "?", !isQuoted, let value = next.next() {
        text += value.literal
      } else {
        text.append(character)
      }
    }
    return text
  }
}

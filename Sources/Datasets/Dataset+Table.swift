import Formats
import Messages
import Torch

/// What becomes of missing numbers where a table becomes tensors.
public enum MissingNumbers: Sendable {
  /// They are refused.
  case refused
  /// NaN.
  case nan
  /// The mean of the column's others.
  case mean
  /// This number.
  case value(Double)
}

extension Dataset {
  /// Rows as vectors: the columns `inputs` (by default all but the label) side by side as one float32
  /// input `(N, k)`. A column of categories becomes one number for each of its categories, 1 or 0.
  ///
  ///     let table = try Table(csv: "iris.csv", .init(names: ["a", "b", "c", "d", "kind"]))
  ///     let data = try Dataset(table, label: "kind")
  ///
  /// A label of categories or integers is int64 (with `classNames`), one of decimals float32.
  ///
  /// Throws `InputError`: no such column, lists, missing labels, missing numbers that are refused.
  public init(
    _ table: Table, inputs: [String]? = nil, label: String? = nil,
    missing: MissingNumbers = .refused
  ) throws {
    let names = inputs ?? table.names.filter { $0 != label }
    let columns = try names.flatMap { try Self.numbers(try table.column($0), missing) }
    guard !columns.isEmpty else { throw InputError("a data set of no input columns was asked for") }
    let rows = table.rowCount
    var values = [Float](repeating: 0, count: rows * columns.count)
    for (place, column) in columns.enumerated() {
      for row in 0..<rows { values[row * columns.count + place] = column[row] }
    }
    let (labels, classNames) = try Self.labels(table, label)
    self.init(
      columns: [("input", .tensor(Tensor(values, shape: [rows, columns.count])))],
      labelColumn: labels, classNames: classNames)
  }

  /// Rows as named inputs, one for each column of `inputs` (by default all but the label): integers and
  /// categories as int64 `(N)`, decimals as float32 `(N)`, lists as sequences.
  ///
  /// Throws as the other does; a missing category is refused, too.
  public init(
    columnsOf table: Table, inputs: [String]? = nil, label: String? = nil,
    missing: MissingNumbers = .refused
  ) throws {
    let names = inputs ?? table.names.filter { $0 != label }
    let columns = try names.map { name in
      let column = try table.column(name)
      switch column.values {
      case .integers(let values) where column.isMissing == nil:
        return (name, Column.tensor(Tensor(values)))
      case .categories(let indices, _):
        try Self.refuseMissing(column)
        return (name, .tensor(Tensor(indices)))
      case .integerLists(let lists): return (name, .sequences(Sequences(lists)))
      case .decimalLists(let lists):
        return (name, .sequences(Sequences(lists.map { $0.map(Float.init) })))
      case .integers, .decimals:
        return (name, .tensor(Tensor(try Self.numbers(column, missing)[0])))
      }
    }
    guard !columns.isEmpty else { throw InputError("a data set of no input columns was asked for") }
    let (labels, classNames) = try Self.labels(table, label)
    self.init(columns: columns, labelColumn: labels, classNames: classNames)
  }

  private static func refuseMissing(_ column: Table.Column) throws {
    guard let row = column.isMissing?.firstIndex(of: true) else { return }
    throw InputError(
      "'\(column.name)' lacks \(column.missingCount) of \(column.count) values, first in row "
        + "\(row + 1); rows without it, or another way with missing values, would work")
  }

  private static func labels(
    _ table: Table, _ name: String?
  ) throws -> (Column?, classNames: [String]?) {
    guard let name else { return (nil, nil) }
    let column = try table.column(name)
    try refuseMissing(column)
    switch column.values {
    case .integers(let values): return (.tensor(Tensor(values)), nil)
    case .decimals(let values): return (.tensor(Tensor(values.map(Float.init))), nil)
    case .categories(let indices, let names): return (.tensor(Tensor(indices)), names)
    case .integerLists(let lists): return (.sequences(Sequences(lists)), nil)
    case .decimalLists(let lists):
      return (.sequences(Sequences(lists.map { $0.map(Float.init) })), nil)
    }
  }

  private static func numbers(
    _ column: Table.Column, _ missing: MissingNumbers
  ) throws -> [[Float]] {
    if case .categories(let indices, let names) = column.values {
      try refuseMissing(column)
      return names.indices.map { number in indices.map { $0 == number ? 1 : 0 } }
    }
    guard let values = column.decimals else {
      throw InputError("'\(column.name)' holds \(column.kind), numbers or categories were expected")
    }
    guard let isMissing = column.isMissing else { return [values.map(Float.init)] }
    let substitute: Double
    switch missing {
    case .refused:
      try refuseMissing(column)
      substitute = .nan
    case .nan: substitute = .nan
    case .value(let value): substitute = value
    case .mean:
      let present = zip(values, isMissing).filter { !$1 }.map(\.0)
      guard !present.isEmpty else { throw InputError("'\(column.name)' has no values") }
      substitute = present.reduce(0, +) / Double(present.count)
    }
    return [zip(values, isMissing).map { Float($1 ? substitute : $0) }]
  }
}

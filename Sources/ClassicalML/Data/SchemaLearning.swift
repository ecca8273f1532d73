import Formats
import Messages

/// How the columns of a training file become features.
public struct ReadingOptions: Sendable {
  /// The label's column, by name or by number from 1; `nil`: one called label, class, target or category,
  /// else the last.
  public var label: String?
  /// Whether the label is a number to be predicted; `nil`: it is if it has decimals.
  public var isRegression: Bool?
  /// Columns that are texts, categories, or no features, whatever they look like.
  public var texts: Set<String> = []
  public var categories: Set<String> = []
  public var ignored: Set<String> = []

  public init() {}
}

/// The form of a file of examples.
public enum ExampleFormat: String, Sendable, CaseIterable {
  case csv, tsv, jsonl, libsvm

  /// By the name's end, with or without `.gz`; CSV for any other.
  public init(path: String) {
    var parts = path.lowercased().split(separator: ".")
    if parts.last == "gz" { parts.removeLast() }
    switch parts.count > 1 ? parts.last : nil {
    case "tsv", "tab": self = .tsv
    case "jsonl", "json", "ndjson": self = .jsonl
    case "libsvm", "svm", "svmlight": self = .libsvm
    default: self = .csv
    }
  }
}

extension Examples {
  /// Reads a training file and finds out what its columns hold.
  ///
  /// A column of texts is one of dates if all are, of text if most differ and are long, else of categories.
  /// Constant columns and those without a value are left out, rows without a label too; `note` is told.
  ///
  /// Throws `FileError` for what cannot be read, `InputError` where there is nothing to learn: no such
  /// label, one class only, no column that varies.
  public init(
    learning path: String, format: ExampleFormat? = nil, _ options: ReadingOptions = .init(),
    note: (String) -> Void = { _ in }
  ) throws {
    switch format ?? ExampleFormat(path: path) {
    case .libsvm: self = try Self.sparse(path, options)
    case .jsonl: self = try Self.learn(try Table(jsonLines: path), path, options, note)
    case .csv: self = try Self.learn(try Table(csv: path), path, options, note)
    case .tsv:
      self = try Self.learn(
        try Table(csv: path, DelimitedOptions(separator: "\t")), path, options, note)
    }
  }

  private static func learn(
    _ table: Table, _ path: String, _ options: ReadingOptions, _ note: (String) -> Void
  ) throws -> Examples {
    let names = table.names
    for name in options.texts.union(options.categories).union(options.ignored).sorted()
    where !names.contains(name) {
      let hint = nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw InputError("\(path): has no column '\(name)'\(hint)")
    }
    let place = try labelPlace(options.label, names, path)
    let label = table.columns[place]
    let labelled = (0..<table.rowCount).filter { !(label.isMissing?[$0] ?? false) }
    guard !labelled.isEmpty else {
      throw InputError("\(path): the label '\(label.name)' has no values")
    }
    if labelled.count < table.rowCount {
      note("\(path): left out \(table.rowCount - labelled.count) rows without a label")
    }
    let (targets, classes) = try targets(label, labelled, options.isRegression, path)
    var columns: [Schema.Column] = []
    var values: [Frame.Column] = []
    for (index, column) in table.columns.enumerated()
    where index != place && !options.ignored.contains(column.name) {
      guard let (kind, read) = Self.read(column, labelled, options) else {
        note("\(path): left out the column '\(column.name)': \(column.kind)")
        continue
      }
      guard Self.varies(read) else {
        let isEmpty = column.missingCount == column.count
        note(
          "\(path): left out the column '\(column.name)': "
            + (isEmpty ? "it has no values" : "it is the same in every row"))
        continue
      }
      columns.append(Schema.Column(column.name, kind))
      values.append(read)
    }
    guard !columns.isEmpty else {
      throw InputError("\(path): no column besides the label '\(label.name)' varies")
    }
    let schema = Schema(columns: columns, label: label.name, labelPlace: place, classes: classes)
    return Examples(schema: schema, frame: Frame(values), targets: targets)
  }

  private static func labelPlace(
    _ asked: String?, _ names: [String], _ path: String
  ) throws -> Int {
    guard names.count > 1 else {
      throw InputError("\(path): one column only; a label and at least one feature are needed")
    }
    guard let asked else {
      for usual in ["label", "class", "target", "category"] {
        if let place = names.firstIndex(where: { $0.lowercased() == usual }) { return place }
      }
      return names.count - 1
    }
    if let place = names.firstIndex(of: asked) { return place }
    if let number = Int(asked), 1...names.count ~= number { return number - 1 }
    let hint = nearestName(to: asked, among: names).map { "; did you mean '\($0)'?" } ?? ""
    throw InputError(
      "\(path): has no column '\(asked)' for a label; it has "
        + names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "") + hint)
  }

  private static func targets(
    _ label: Table.Column, _ rows: [Int], _ isRegression: Bool?, _ path: String
  ) throws -> (Targets, classes: [String]) {
    if let numbers = label.decimals {
      var isDecimal = false
      if case .decimals = label.values { isDecimal = true }
      if isRegression ?? isDecimal {
        let chosen = rows.map { numbers[$0] }
        guard let first = chosen.first, chosen.contains(where: { $0 != first }) else {
          throw InputError("\(path): every label is the same number; there is nothing to learn")
        }
        return (.numbers(chosen), [])
      }
      let distinct = Set(rows.map { numbers[$0] }).sorted()
      let names = distinct.map { isDecimal ? "\($0)" : "\(Int($0))" }
      let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, Int32($0)) })
      return try classTargets(rows.map { places[numbers[$0]] ?? 0 }, names, label.name, path)
    }
    guard case .categories(let numbers, let names) = label.values else {
      throw InputError("\(path): the label '\(label.name)' holds \(label.kind)")
    }
    if isRegression == true {
      throw InputError("\(path): the label '\(label.name)' holds texts; regression needs numbers")
    }
    return try classTargets(rows.map { Int32(numbers[$0]) }, names, label.name, path)
  }

  private static func classTargets(
    _ classes: [Int32], _ names: [String], _ label: String, _ path: String
  ) throws -> (Targets, classes: [String]) {
    guard names.count > 1 else {
      throw InputError(
        "\(path): every label in '\(label)' is '\(names.first ?? "")'; there is nothing to learn")
    }
    guard names.count <= 10_000 else {
      throw InputError(
        "\(path): '\(label)' has \(names.count) different labels; at most 10,000 classes are learnt"
      )
    }
    return (.classes(classes, count: names.count), names)
  }

  private static func read(
    _ column: Table.Column, _ rows: [Int], _ options: ReadingOptions
  ) -> (Schema.Kind, Frame.Column)? {
    if let numbers = column.decimals {
      if options.categories.contains(column.name) || options.texts.contains(column.name) {
        let texts = rows.map { row -> String? in
          numbers[row].isNaN ? nil : number(numbers[row], column)
        }
        return strings(texts, column.name, options)
      }
      return (.number, .numbers(rows.map { numbers[$0] }))
    }
    guard let texts = column.texts else { return nil }
    return strings(rows.map { texts[$0] }, column.name, options)
  }

  private static func number(_ value: Double, _ column: Table.Column) -> String {
    if case .integers = column.values { "\(Int(value))" } else { "\(value)" }
  }

  private static func strings(
    _ texts: [String?], _ name: String, _ options: ReadingOptions
  ) -> (Schema.Kind, Frame.Column) {
    let present = texts.compactMap { $0 }
    let distinct = Set(present)
    let isCategory = options.categories.contains(name)
    if !isCategory, !options.texts.contains(name), !present.isEmpty {
      let days = distinct.map { CalendarDate.days($0) }
      if days.allSatisfy({ $0 != nil }) {
        return (
          .date,
          .numbers(texts.map { text in text.flatMap { CalendarDate.days($0) } ?? .nan })
        )
      }
    }
    let length = present.reduce(0) { $0 + $1.utf8.count } / max(1, present.count)
    let looksLikeText =
      distinct.count * 2 > texts.count && length > 8 || distinct.count > 64 && length >= 24
    if options.texts.contains(name) || !isCategory && looksLikeText {
      return (.text, .texts(TextColumn(texts.map { $0 ?? "" })))
    }
    let names = distinct.sorted()
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    return (
      .category(names), .categories(texts.map { text in text.flatMap { places[$0] } ?? -1 })
    )
  }

  private static func varies(_ column: Frame.Column) -> Bool {
    switch column {
    case .numbers(let values):
      guard let first = values.first(where: { !$0.isNaN }) else { return false }
      return values.contains { $0 != first }
    case .categories(let values): return values.contains { $0 != values[0] }
    case .texts(let texts):
      return texts.count > 0 && (1..<texts.count).contains { texts[$0] != texts[0] }
    case .sparse(let matrix): return matrix.columns.count > 0
    }
  }

  private static func sparse(_ path: String, _ options: ReadingOptions) throws -> Examples {
    var rows = LibSVMRows()
    let bytes = try ByteSource(path: path, isText: true).readAll()
    try bytes.withUnsafeBufferPointer { bytes in
      for (number, line) in bytes.split(separator: 0x0A).enumerated() {
        try rows.append(UnsafeBufferPointer(rebasing: line), path: path, line: number + 1)
      }
    }
    guard !rows.labels.isEmpty else { throw FileError(path: path, reason: "holds no rows") }
    let matrix = rows.matrix(width: nil)
    guard matrix.columns.count > 0 else { throw InputError("\(path): no row has a feature") }
    let column = Schema.Column("features", .sparse(width: matrix.columnCount))
    let numbers = rows.labels.compactMap { Double($0) }
    let isRegression =
      options.isRegression
      ?? (numbers.count == rows.labels.count && numbers.contains { $0 != $0.rounded() })
    if isRegression {
      guard numbers.count == rows.labels.count else {
        throw InputError("\(path): regression needs numbers as labels")
      }
      let schema = Schema(columns: [column], label: "label", labelPlace: 0, classes: [])
      return Examples(schema: schema, frame: Frame([.sparse(matrix)]), targets: .numbers(numbers))
    }
    let names = Set(rows.labels).sorted()
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    let (targets, classes) = try classTargets(
      rows.labels.map { places[$0] ?? 0 }, names, "label", path)
    let schema = Schema(columns: [column], label: "label", labelPlace: 0, classes: classes)
    return Examples(schema: schema, frame: Frame([.sparse(matrix)]), targets: targets)
  }
}

import Messages

extension Table {
  /// Reads a file of one JSON object a line, plain or gzip: a column for each key, in the order in which
  /// keys first occur.
  ///
  /// Numbers become integers or decimals, texts and `true` and `false` categories, lists of numbers lists;
  /// `null` and keys that a line lacks are missing values. Throws `FileError` with the line's number for
  /// what is no object, for a value of another kind and for nested objects.
  public init(jsonLines path: String) throws {
    let bytes = try ByteSource(path: path).readAll()
    self = try bytes.withUnsafeBytes { try Table(parsingJSONLines: $0, path: path) }
  }

  package init(parsingJSONLines bytes: UnsafeRawBufferPointer, path: String) throws {
    var names: [String] = []
    var places: [String: Int] = [:]
    var columns: [JSONColumn] = []
    var rows = 0
    var start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var line = 0
    while start < bytes.count {
      line += 1
      let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
      let text = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      start = end + 1
      guard text.contains(where: { $0 > 0x20 }) else { continue }
      let value: JSONValue
      do { value = try JSONValue(parsing: text) } catch {
        throw FileError(path: path, reason: "line \(line): \(error)")
      }
      guard let members = value.members else {
        throw FileError(path: path, reason: "line \(line): a JSON object was expected")
      }
      for member in members {
        let place: Int
        if let known = places[member.key] {
          place = known
        } else {
          place = names.count
          places[member.key] = place
          names.append(member.key)
          columns.append(JSONColumn())
        }
        guard columns[place].set(member.value, row: rows) else {
          throw FileError(
            path: path,
            reason: "line \(line): '\(member.key)' is of another kind than in the lines before, or "
              + "neither number, text, truth value nor a list of numbers")
        }
      }
      rows += 1
    }
    guard rows > 0 else { throw FileError(path: path, reason: "holds no rows") }
    self.init(zip(names, columns).map { $1.column($0, rows: rows) })
  }
}

/// The values of one key.
private struct JSONColumn {
  private enum Kind { case number, text, list }

  private var kind: Kind?
  private var areIntegers = true
  private var numbers: [Double] = []
  private var integers: [Int] = []
  private var texts: [String] = []
  private var lists: [[Double]] = []
  /// The rows that have a value.
  private var rows: [Int] = []

  /// Whether the value could be taken in.
  mutating func set(_ value: JSONValue, row: Int) -> Bool {
    if case .null = value { return true }
    // A key given twice in one line counts once.
    if rows.last == row { return false }
    if let text = value.stringValue ?? value.boolValue.map({ $0 ? "true" : "false" }) {
      guard kind ?? .text == .text else { return false }
      kind = .text
      texts.append(text)
    } else if let number = value.doubleValue {
      guard kind ?? .number == .number else { return false }
      kind = .number
      numbers.append(number)
      if let integer = value.integerValue { integers.append(integer) } else { areIntegers = false }
    } else if let elements = value.arrayValue {
      guard kind ?? .list == .list else { return false }
      kind = .list
      let list = elements.compactMap { $0.stringValue == nil ? $0.doubleValue : nil }
      guard list.count == elements.count else { return false }
      areIntegers = areIntegers && elements.allSatisfy { $0.integerValue != nil }
      lists.append(list)
    } else {
      return false
    }
    rows.append(row)
    return true
  }

  func column(_ name: String, rows count: Int) -> Table.Column {
    var isMissing = [Bool](repeating: true, count: count)
    for row in rows { isMissing[row] = false }
    func spread<Value>(_ values: [Value], _ missing: Value) -> [Value] {
      var all = [Value](repeating: missing, count: count)
      for (row, value) in zip(rows, values) { all[row] = value }
      return all
    }
    let values: Table.Column.Values
    switch kind {
    case .number where areIntegers: values = .integers(spread(integers, 0))
    case .number: values = .decimals(spread(numbers, .nan))
    case .list where areIntegers:
      values = .integerLists(spread(lists.map { $0.map { Int($0) } }, []))
    case .list: values = .decimalLists(spread(lists, []))
    case .text, nil:
      let names = Set(texts).sorted()
      let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
      values = .categories(spread(texts.map { places[$0] ?? -1 }, -1), names: names)
    }
    return Table.Column(name, values, isMissing: rows.count == count ? nil : isMissing)
  }
}

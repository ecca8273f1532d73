import Messages

/// A link list that calls nodes by names, or whose columns have a heading: `New York → Paris` between tabs,
/// `"a","b",2` from a table, `Source,Target,Type,Id,Label,Weight` from Gephi.
///
/// Columns are separated by tabs, else semicolons, else commas, else blanks, as the first line shows; fields may
/// stand in double quotes. Lines that begin with `#` or `%` are comments, in a table only before its first line:
/// `#tag` is a name. Nodes are numbered from 1 in the order in which they occur.
struct LinkTable {
  private enum Separator: UInt8 {
    case tab = 9
    case semicolon = 59
    case comma = 44
    case blanks = 32
  }

  private let separator: Separator
  private var source = 0
  private var target = 1
  private var weight: Int? = 2
  /// How many columns every line has, where a heading says so.
  private var width: Int?
  /// Columns that a heading names and nothing reads.
  private(set) var unread: [String] = []
  private var isHeadingRead: Bool
  private var isBegun = false
  private var numbers: [String: UInt32] = [:]
  private(set) var names: [String] = []

  private static let sources: Set<String> = ["source", "from", "src", "node1", "head", "起点", "源"]
  private static let targets: Set<String> = [
    "target", "to", "dst", "dest", "node2", "tail", "终点", "目标",
  ]
  private static let weights: Set<String> = ["weight", "value", "count", "权重"]

  /// `nil` where `beginning`, that of a file, is a plain list of ids, or no list of links at all.
  init?(_ beginning: UnsafeBufferPointer<UInt8>) {
    var lines = beginning.prefix(1 << 16).split(separator: ByteScanner.newline).lazy
      .map { String(decoding: $0, as: UTF8.self) }
      .filter { !Self.isComment($0) }.prefix(2).makeIterator()
    guard var first = lines.next() else { return nil }
    if first.hasPrefix("\u{FEFF}") { first.removeFirst() }
    guard !first.hasPrefix("*") else { return nil }
    separator =
      first.contains("\t")
      ? .tab : first.contains(";") ? .semicolon : first.contains(",") ? .comma : .blanks
    guard let fields = Self.fields(first, separator), fields.count > 1 else { return nil }
    isHeadingRead = true
    if fields.prefix(2).allSatisfy({ UInt32($0) != nil }) {
      guard separator == .semicolon || first.contains("\"") else { return nil }
      return
    }
    // What is meant to be a number and is no id is an error of a list of ids.
    let digits = Set("0123456789+-., ")
    guard !fields.prefix(2).contains(where: { !$0.isEmpty && $0.allSatisfy(digits.contains) })
    else {
      return nil
    }
    let second = lines.next().flatMap { Self.fields($0, separator) } ?? []
    let lowered = fields.map { $0.lowercased() }
    let named = lowered.firstIndex(where: Self.sources.contains)
    let isHeading =
      named != nil && lowered.contains(where: Self.targets.contains)
      || second.count == fields.count && second.prefix(2).allSatisfy { UInt32($0) != nil }
    guard isHeading else {
      // Three or more words without a heading are no link.
      guard fields.count == 2 || fields.count == 3 && Self.number(fields[2]) != nil else {
        return nil
      }
      return
    }
    isHeadingRead = false
    width = fields.count
    source = named ?? 0
    target = lowered.firstIndex(where: Self.targets.contains) ?? (source == 1 ? 0 : 1)
    weight = lowered.firstIndex(where: Self.weights.contains)
    // A third column of another name is the weight if it is the only one left.
    if weight == nil, fields.count == 3, Self.number(second.count == 3 ? second[2] : "") != nil {
      weight = 2
    }
    unread = fields.indices.filter { ![source, target, weight].contains($0) }.map { fields[$0] }
  }

  private static func isComment(_ line: String) -> Bool {
    let text = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    return text.isEmpty || text.hasPrefix("#") || text.hasPrefix("%")
  }

  private static func isEmpty(_ line: String) -> Bool {
    line.allSatisfy { " \t\r".contains($0) }
  }

  private static func number(_ text: String) -> Double? {
    // What Swift takes for a number and no table writes: hexadecimal, names.
    guard let first = text.unicodeScalars.first, !text.contains(where: { "xXnN_".contains($0) }),
      "0123456789.+-".unicodeScalars.contains(first)
    else { return nil }
    return Double(text)
  }

  /// The fields of a line, `nil` where a quote does not close or something stands behind one.
  private static func fields(_ line: String, _ separator: Separator) -> [String]? {
    var fields: [String] = []
    let scalars = Array(line.unicodeScalars)
    func isSeparator(_ index: Int) -> Bool {
      separator == .blanks
        ? scalars[index] == " " || scalars[index] == "\t"
        : scalars[index].value == UInt32(separator.rawValue)
    }
    func isBlank(_ index: Int) -> Bool { " \t\r".unicodeScalars.contains(scalars[index]) }
    var index = 0
    var end = scalars.count
    while end > 0, scalars[end - 1] == "\r" || separator == .blanks && isBlank(end - 1) { end -= 1 }
    if separator == .blanks { while index < end, isBlank(index) { index += 1 } }
    while true {
      var field = String.UnicodeScalarView()
      while index < end, isBlank(index), !isSeparator(index) { index += 1 }
      if index < end, scalars[index] == "\"" {
        index += 1
        while true {
          guard index < end else { return nil }
          if scalars[index] == "\"" {
            guard index + 1 < end, scalars[index + 1] == "\"" else { break }
            index += 1
          }
          field.append(scalars[index])
          index += 1
        }
        index += 1
        while index < end, isBlank(index), !isSeparator(index) { index += 1 }
        guard index == end || isSeparator(index) else { return nil }
      } else {
        while index < end, !isSeparator(index) {
          field.append(scalars[index])
          index += 1
        }
        while let last = field.last, " \r".unicodeScalars.contains(last) { field.removeLast() }
      }
      fields.append(String(field))
      guard index < end else { return fields }
      index += 1
      if separator == .blanks { while index < end, isBlank(index) { index += 1 } }
    }
  }

  /// Reads one line; `nil` for a heading, a comment or an empty line. Throws `InputError`.
  mutating func parse(_ line: String) throws -> (source: UInt32, target: UInt32, weight: Double)? {
    if Self.isComment(line), !isBegun || separator == .blanks || Self.isEmpty(line) { return nil }
    isBegun = true
    guard isHeadingRead else {
      isHeadingRead = true
      return nil
    }
    guard let fields = Self.fields(line, separator) else {
      throw InputError("a quoted field does not end before the next separator")
    }
    if let width {
      guard fields.count == width else {
        throw InputError("the heading has \(width) columns, this line has \(fields.count)")
      }
    } else if fields.count != 2, fields.count != 3 {
      let hint = separator == .blanks ? "; names with blanks go between tabs or quotes" : ""
      throw InputError("expected “source target [weight]”, which are two or three columns\(hint)")
    }
    guard !fields[source].isEmpty, !fields[target].isEmpty else {
      throw InputError("a node without a name")
    }
    var value = 1.0
    if let weight, weight < fields.count {
      guard let number = Self.number(fields[weight]) else {
        let isComma = fields[weight].contains(",")
        throw isComma ? ColumnCommas.decimalComma : InputError("the weight is no number")
      }
      guard number >= 0, number.isFinite else { throw InputError("weights are finite and ≥ 0") }
      value = number
    }
    return (try number(of: fields[source]), try number(of: fields[target]), value)
  }

  private mutating func number(of name: String) throws -> UInt32 {
    if let number = numbers[name] { return number }
    guard names.count < Int(UInt32.max) - 1 else { throw InputError("more than 2³² names") }
    let number = UInt32(names.count + 1)
    numbers[name] = number
    names.append(name)
    return number
  }
}

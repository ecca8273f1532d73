import Messages

/// A table that questions are asked about: its name in the database, its columns, and what is known of their cells.
public struct QueryTable: Sendable {
  public struct Column: Sendable {
    public enum Kind: String, Sendable, Codable {
      case text, number
      /// Texts that begin with dates, and whose order is that of the dates.
      case date
    }

    /// As the file has it; may be empty.
    public var header: String
    /// What SQL calls it: not empty, and no other column's.
    public var name: String
    /// The header without its unit.
    public var title: String
    public var unit: MeasuringUnit?
    public var kind: Kind
    /// Distinct cells that were looked at, as texts; empty for a column of numbers.
    public var cells: [String]
    /// Whether these are all there are.
    public var areCellsComplete = true
    /// Of a column of numbers.
    public var range: ClosedRange<Double>?
    /// Whether all numbers are whole and may be years.
    public var isYear: Bool
    /// Whether a column of numbers holds other cells, too.
    public var isMixed: Bool

    public init(
      header: String, name: String, kind: Kind, cells: [String] = [],
      range: ClosedRange<Double>? = nil, isYear: Bool = false, isMixed: Bool = false,
      unit: MeasuringUnit? = nil
    ) {
      self.header = header
      self.name = name
      self.kind = kind
      self.cells = cells
      self.range = range
      self.isYear = isYear
      self.isMixed = isMixed
      let split = MeasuringUnit.split(header: header)
      title = split.core
      self.unit = unit ?? split.unit
    }
  }

  /// In the database.
  public var name: String
  public var columns: [Column]
  public var rowCount: Int
  /// What was done to the file's content, one sentence each.
  public var notes: [String]

  public init(name: String, columns: [Column], rowCount: Int, notes: [String] = []) {
    self.name = name
    self.columns = columns
    self.rowCount = rowCount
    self.notes = notes
  }

  /// Names for headers, in their order: an empty one is called by its number, one that occurred is numbered.
  static func names(for headers: [String]) -> (names: [String], notes: [String]) {
    var taken: Set<String> = []
    var notes: [String] = []
    var names: [String] = []
    for (index, header) in headers.enumerated() {
      let wanted = header.trimmed.isEmpty ? "列\(index + 1)" : header.trimmed
      var name = wanted
      var number = 2
      // SQLite's identifiers do not differ by case.
      while taken.contains(name.lowercased()) {
        name = "\(wanted)_\(number)"
        number += 1
      }
      taken.insert(name.lowercased())
      names.append(name)
      if header.trimmed.isEmpty {
        notes.append("column \(index + 1) has no header and is called '\(name)'")
      } else if name != wanted {
        notes.append("header '\(wanted)' stands twice; column \(index + 1) is called '\(name)'")
      }
    }
    return (names, notes)
  }
}

/// What the cells of one column are, cell by cell.
struct ColumnSurvey {
  /// Cells that stand for no value.
  static let missing: Set<String> = [
    "", "-", "--", "—", "——", "/", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "无",
    "暂无", "未知",
  ]
  /// Distinct texts that are kept.
  static let cellLimit = 20_000

  private(set) var count = 0
  private var numbers = 0
  private var dates = 0
  private var sortableDates = 0
  private var wholeYears = 0
  private var units: [String: Int] = [:]
  private var low = Double.infinity
  private var high = -Double.infinity
  private var seen: Set<String> = []
  private var cells: [String] = []

  mutating func add(_ cell: String) {
    let text = cell.trimmed
    guard !Self.missing.contains(text) else { return }
    count += 1
    if seen.count < Self.cellLimit, seen.insert(text).inserted { cells.append(text) }
    if let quantity = Self.number(text) {
      numbers += 1
      units[quantity.unitText, default: 0] += 1
      low = min(low, quantity.number)
      high = max(high, quantity.number)
      if quantity.number == quantity.number.rounded(), (1900...2100).contains(quantity.number) {
        wholeYears += 1
      }
    } else if let period = CalendarPeriod(text), period.month != nil {
      dates += 1
      if text.hasPrefix(period.text), period.day != nil { sortableDates += 1 }
    }
  }

  /// A cell's number, and the unit that stands behind it in every cell: 58.8%, 1,200元. Codes such as 007 are none.
  static func number(_ text: String) -> (number: Double, unitText: String)? {
    let scalars = FoldedText.scalars(text)
    var digits = ArraySlice(scalars)
    var sign = ""
    if let first = digits.first, first == "-" || first == "+" {
      sign = first == "-" ? "-" : ""
      digits = digits.dropFirst()
    }
    let body = digits.prefix {
      Quantity.isDigit($0) || $0 == "." || $0 == "," || $0 == "e" || $0 == "-" || $0 == "+"
    }
    let rest = String(String.UnicodeScalarView(digits.dropFirst(body.count)))
    var shown = String(String.UnicodeScalarView(body))
    guard let first = shown.unicodeScalars.first, Quantity.isDigit(first) || first == "." else {
      return nil
    }
    if shown.contains(",") {
      guard let quantity = Quantity(shown) else { return nil }
      shown = "\(quantity.number)"
    } else if first == "0", shown.count > 1, shown.dropFirst().first != ".",
      shown.dropFirst().first != "e"
    {
      return nil
    }
    guard let value = Double(sign + shown), value.isFinite else { return nil }
    if rest.isEmpty { return (value, "") }
    return MeasuringUnit(rest).map { _ in (value, rest) }
  }

  /// The column; dates that do not sort as texts are written anew when they are imported.
  func column(header: String, name: String) -> (column: QueryTable.Column, rewritesDates: Bool) {
    var column = QueryTable.Column(header: header, name: name, kind: .text, cells: cells)
    guard count > 0 else { return (column, false) }
    // A few stray texts do not make a column of numbers one of texts; several units do.
    if Double(numbers) >= 0.9 * Double(count), units.count == 1, let unit = units.keys.first {
      column.kind = .number
      column.cells = []
      column.range = low...high
      column.isMixed = numbers < count
      column.isYear = wholeYears == numbers && (numbers > 1 || column.title.contains("年"))
      if !unit.isEmpty { column.unit = MeasuringUnit(unit) }
      return (column, false)
    }
    if Double(dates) >= 0.9 * Double(count) {
      column.kind = .date
      return (column, sortableDates < dates)
    }
    return (column, false)
  }
}

import Formats
import Foundation
import Messages
import Text

/// Tables in a database that can be asked: those of a database file, or CSV files imported into memory.
public struct TableSource {
  public let database: Database
  public let tables: [QueryTable]

  /// Rows whose cells are looked at; more are spread evenly over the table.
  public static let sampleSize = 100_000
  /// Columns that SQLite takes in one table.
  static let columnLimit = 2000

  init(database: Database, tables: [QueryTable]) {
    self.database = database
    self.tables = tables
  }

  /// Databases are told from texts by their first bytes.
  public static func isDatabase(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    return ((try? file.read(upToCount: 16)) ?? nil) == Data("SQLite format 3\0".utf8)
  }

  /// The tables of one database, or of CSV and TSV files together.
  ///
  /// Throws `FileError` for a file that is neither, `InputError` for a database among other files.
  public init(files: [String], sampleSize: Int = TableSource.sampleSize) throws {
    let databases = files.filter(Self.isDatabase)
    if let path = databases.first {
      guard files.count == 1 else {
        throw InputError(
          "\(path) is a database, which is asked alone; \(files.count) files were given")
      }
      self = try Self.reading(path, sampleSize)
      return
    }
    let database = try Database()
    var tables: [QueryTable] = []
    for path in files {
      let stem =
        URL(fileURLWithPath: path).lastPathComponent.split(separator: ".").first.map(String.init)
        ?? "t"
      var name = stem.hasPrefix("sqlite_") ? "t_" + stem : stem
      while tables.contains(where: { $0.name.lowercased() == name.lowercased() }) { name += "_2" }
      let bytes = try TextConversion.utf8(ofFile: path)
      tables.append(
        try Self.imported(
          DelimitedRows(bytes: bytes, path: path), as: name, into: database, path: path, sampleSize)
      )
    }
    self.init(database: database, tables: tables)
  }

  /// Imports the text of a CSV or TSV file (UTF-8). Throws `FileError`, which calls it `name`.
  public init(name: String, csv bytes: [UInt8]) throws {
    let database = try Database()
    let rows = try DelimitedRows(bytes: bytes, path: name)
    let table = try Self.imported(
      rows, as: name, into: database, path: name, Self.sampleSize)
    self.init(database: database, tables: [table])
  }

  /// Imports cells that are at hand.
  public init(name: String, header: [String], rows: [[String]]) throws {
    let database = try Database()
    let names = QueryTable.names(for: header)
    let table = try Self.imported(
      name: name, headers: header, names: names.names, notes: names.notes, rowCount: rows.count,
      sample: Array(rows.indices), into: database
    ) { rows[$0][$1] }
    self.init(database: database, tables: [table])
  }

  /// Whether a column holds a text, in any row.
  public func holds(_ text: String, column: Int, of table: QueryTable) throws -> Bool {
    let (column, name) = (Database.quoted(table.columns[column].name), Database.quoted(table.name))
    return try !database.query(
      "SELECT 1 FROM \(name) WHERE \(column) = ? LIMIT 1", [.text(text)]
    ).rows.isEmpty
  }

  // MARK: - CSV

  private static func imported(
    _ rows: DelimitedRows, as name: String, into database: Database, path: String, _ sampleSize: Int
  ) throws -> QueryTable {
    guard rows.columnCount <= columnLimit else {
      throw FileError(
        path: path, reason: "has \(rows.columnCount) columns; SQLite holds \(columnLimit) at most")
    }
    guard rows.count > 0 else { throw FileError(path: path, reason: "has a header and no rows") }
    var (names, notes) = QueryTable.names(for: rows.header)
    if rows.header.count(where: { ColumnSurvey.number($0.trimmed) != nil }) * 2 > rows.columnCount {
      notes.append("the first line is taken for headers, though it looks like values")
    }
    let sample = sample(rows.count, sampleSize)
    if sample.count < rows.count {
      notes.append(
        "kinds of columns and known cells are from \(NumberText.grouped(sample.count)) of "
          + "\(NumberText.grouped(rows.count)) rows; the query is run on all")
    }
    return try imported(
      name: name, headers: rows.header, names: names, notes: notes, rowCount: rows.count,
      sample: sample, into: database
    ) { rows[$0, $1] }
  }

  /// Rows spread evenly.
  private static func sample(_ count: Int, _ size: Int) -> [Int] {
    guard count > size else { return Array(0..<count) }
    return (0..<size).map { $0 * count / size }
  }

  private static func imported(
    name: String, headers: [String], names: [String], notes: [String], rowCount: Int, sample: [Int],
    into database: Database, cell: (_ row: Int, _ column: Int) -> String
  ) throws -> QueryTable {
    var notes = notes
    var columns: [QueryTable.Column] = []
    var rewritten: Set<Int> = []
    for index in headers.indices {
      var survey = ColumnSurvey()
      for row in sample { survey.add(cell(row, index)) }
      var (column, rewritesDates) = survey.column(header: headers[index], name: names[index])
      column.areCellsComplete =
        sample.count == rowCount && column.cells.count < ColumnSurvey.cellLimit
      columns.append(column)
      if rewritesDates {
        rewritten.insert(index)
        notes.append(
          "dates of '\(column.name)' are written as 2019-05-03, so that they can be compared")
      }
    }
    var strays = [Int](repeating: 0, count: headers.count)
    func value(_ row: Int, _ index: Int) -> SQLValue {
      let text = cell(row, index).trimmed
      if ColumnSurvey.missing.contains(text) { return .null }
      switch columns[index].kind {
      case .number:
        if let found = ColumnSurvey.number(text) { return SQLValue(found.number) }
        strays[index] += 1
        return .text(text)
      case .date where rewritten.contains(index):
        return .text(CalendarPeriod(text)?.text ?? text)
      case .date, .text: return .text(text)
      }
    }
    try database.makeTable(name, columns: names) { insert in
      for row in 0..<rowCount { try insert(columns.indices.map { value(row, $0) }) }
    }
    for index in columns.indices where strays[index] > 0 {
      columns[index].isMixed = true
      notes.append(
        "\(NumberText.grouped(strays[index])) cells of '\(names[index])' are no numbers: they are left out of "
          + "comparisons, sums and means")
    }
    return QueryTable(name: name, columns: columns, rowCount: rowCount, notes: notes)
  }

  // MARK: - Databases

  private static func reading(_ path: String, _ sampleSize: Int) throws -> TableSource {
    let database = try Database(readingFrom: path)
    let tables = try database.tableNames().compactMap { try table($0, in: database, sampleSize) }
    guard !tables.isEmpty else { throw FileError(path: path, reason: "holds no table with rows") }
    return TableSource(database: database, tables: tables)
  }

  /// What is known of a table that lies in a database; `nil` for one without rows.
  private static func table(_ name: String, in database: Database, _ sampleSize: Int) throws
    -> QueryTable?
  {
    let quoted = Database.quoted(name)
    let count = Int(try database.query("SELECT count(*) FROM \(quoted)").rows[0][0].number ?? 0)
    guard count > 0 else { return nil }
    var notes: [String] = []
    var surveys: [ColumnSurvey] = []
    // Every k-th row; a view has no row numbers, so its first rows have to do.
    let step = (count + sampleSize - 1) / sampleSize
    var rows = try database.query("SELECT * FROM \(quoted) LIMIT 1")
    if step > 1 {
      notes.append(
        "kinds of columns and known cells are from about \(NumberText.grouped(count / step)) of "
          + "\(NumberText.grouped(count)) rows; the query is run on all")
      rows =
        (try? database.query("SELECT * FROM \(quoted) WHERE rowid % ? = 0", [.integer(step)]))
        ?? rows
      if rows.rows.count <= 1 {
        rows = try database.query("SELECT * FROM \(quoted) LIMIT ?", [.integer(sampleSize)])
      }
    } else {
      rows = try database.query("SELECT * FROM \(quoted)")
    }
    surveys = rows.names.map { _ in ColumnSurvey() }
    var textual = [Bool](repeating: false, count: rows.names.count)
    for row in rows.rows {
      for (index, value) in row.enumerated() {
        if case .text = value { textual[index] = true }
        surveys[index].add(value.text)
      }
    }
    let columns = rows.names.indices.map { index in
      var (column, rewritesDates) = surveys[index].column(
        header: rows.names[index], name: rows.names[index])
      // What the database holds as texts is compared as texts, and what does not sort cannot be compared as dates.
      if rewritesDates || (column.kind == .number && textual[index] && !column.isMixed) {
        if column.kind == .number {
          notes.append("numbers of '\(column.name)' are kept as texts, and compared as such")
        }
        column.kind = .text
        column.cells = rows.rows.map { $0[index].text }
      }
      column.areCellsComplete = step == 1 && column.cells.count < ColumnSurvey.cellLimit
      return column
    }
    return QueryTable(name: name, columns: columns, rowCount: count, notes: notes)
  }
}

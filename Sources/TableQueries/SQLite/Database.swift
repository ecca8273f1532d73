import Formats
import Foundation
import Messages

/// A database of SQLite's: one in memory that tables are imported into, a file that is only read, one that is made, or one
/// that is kept.
///
/// Not for several threads at once.
public final class Database {
  /// What a query gave.
  public struct Rows: Sendable, Equatable {
    public var names: [String]
    public var rows: [[SQLValue]]
    /// Whether there were more rows than asked for.
    public var isCut: Bool
  }

  private let library: SQLiteLibrary
  private var handle: SQLiteLibrary.Handle?
  private let path: String
  /// Whether statements may change it.
  private let isWritable: Bool

  private var functions: SQLiteLibrary.Functions { library.functions }

  /// An empty database in memory.
  public init() throws {
    library = try SQLiteLibrary.open()
    path = ":memory:"
    isWritable = true
    try open(":memory:", flags: 0x2 | 0x4)
  }

  /// Makes a database in a file by `fill`: it appears under its name whole or not at all, in place of what was there.
  public static func make(at path: String, _ fill: (Database) throws -> Void) throws {
    try AtomicFile.replace(path) { temporary in
      let database = try Database(making: temporary)
      // What is not whole in the end is removed: nothing needs to be undone on the way.
      try database.execute("PRAGMA journal_mode = OFF")
      try database.execute("PRAGMA synchronous = OFF")
      try fill(database)
      try database.end()
    }
  }

  private init(making path: String) throws {
    library = try SQLiteLibrary.open()
    self.path = path
    isWritable = true
    try open(path, flags: 0x2 | 0x4)
  }

  private func end() throws {
    guard functions.close(handle) == 0 else { throw InputError("\(path): SQLite: \(message)") }
    handle = nil
  }

  /// The database that is kept in a file, made where there is none: with a write-ahead log, and what a statement changed is
  /// on the disk before the statement is over.
  ///
  /// Throws `FileError` for a file that is no database or cannot be written.
  public init(keptIn path: String) throws {
    library = try SQLiteLibrary.open()
    self.path = path
    isWritable = true
    do {
      try open(path, flags: 0x2 | 0x4)
      _ = try query("SELECT count(*) FROM sqlite_master")
      for setting in ["busy_timeout = 3000", "journal_mode = WAL", "synchronous = FULL"] {
        try execute("PRAGMA \(setting)")
      }
    } catch let error as InputError {
      _ = functions.close(handle)
      handle = nil
      throw FileError(path: path, reason: "cannot be kept as a database: \(error.problem)")
    }
  }

  /// Runs one statement that may change the database, with `values` for its question marks. Throws `InputError` for one
  /// that SQLite rejects. Traps on a database that is only read.
  public func execute(_ sql: String, _ values: [SQLValue] = []) throws {
    require(isWritable, "a database that is only read cannot be changed")
    let statement = try prepare(sql)
    defer { _ = functions.finalize(statement) }
    try bind(values, to: statement)
    while try step(statement) {}
  }

  /// Runs `body` as one transaction: all of it, or, where it throws, nothing.
  public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try execute("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// The database in a file, which is neither changed nor locked for others; it need not be writable.
  ///
  /// Throws `FileError` for a file that is no database.
  public init(readingFrom path: String) throws {
    library = try SQLiteLibrary.open()
    self.path = path
    isWritable = false
    let bytes = [UInt8](try Self.beginning(of: path))
    guard bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw FileError(path: path, reason: "is no SQLite database")
    }
    do {
      try open(path, flags: 0x1)
      _ = try query("SELECT count(*) FROM sqlite_master")
    } catch {
      // A database with a write-ahead log wants to make files beside itself, which a folder that cannot be written
      // to forbids: then it is read as one that nobody changes.
      _ = functions.close(handle)
      handle = nil
      let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#"))
      let absolute = URL(fileURLWithPath: path).path
      let escaped = absolute.addingPercentEncoding(withAllowedCharacters: allowed) ?? absolute
      try open("file:\(escaped)?immutable=1", flags: 0x1 | 0x40)
    }
  }

  private static func beginning(of path: String) throws -> Data {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw FileError(path: path, action: "open", code: errno)
    }
    defer { try? file.close() }
    do { return try file.read(upToCount: 16) ?? Data() } catch {
      throw FileError(path: path, reason: "cannot be read; a file was expected")
    }
  }

  private func open(_ name: String, flags: Int32) throws {
    let status = functions.open(name, &handle, flags, nil)
    if status != 0 { throw FileError(path: path, reason: "SQLite: \(message)") }
  }

  deinit { _ = functions.close(handle) }

  private var message: String {
    functions.message(handle).map { String(cString: $0) } ?? "unknown error"
  }

  /// An identifier as SQL reads it, whatever stands in it.
  public static func quoted(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"").replacing("\0", with: "") + "\""
  }

  /// The names of the tables and views, in the order in which they were made.
  public func tableNames() throws -> [String] {
    try query(
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        + "ORDER BY rowid"
    ).rows.map { $0[0].text }
  }

  /// Runs one statement that reads, with `values` for its question marks; at most `limit` rows.
  ///
  /// Throws `InputError` for a statement that SQLite rejects, and for one that would change anything.
  public func query(_ sql: String, _ values: [SQLValue] = [], limit: Int = .max) throws -> Rows {
    let statement = try prepare(sql)
    defer { _ = functions.finalize(statement) }
    guard functions.isReadOnly(statement) != 0 else {
      throw InputError("only statements that read are run, received: \(sql)")
    }
    try bind(values, to: statement)
    let width = functions.columnCount(statement)
    var rows = Rows(
      names: (0..<width).map { index in
        functions.columnName(statement, index).map { String(cString: $0) } ?? ""
      }, rows: [], isCut: false)
    while try step(statement) {
      if rows.rows.count == limit {
        rows.isCut = true
        break
      }
      rows.rows.append((0..<width).map { value(statement, $0) })
    }
    return rows
  }

  /// Makes a table and fills it row by row; where `fill` throws, there is no table. Columns have no declared type: a
  /// value stays what it is.
  public func makeTable(
    _ name: String, columns: [String],
    _ fill: (_ insert: (_ row: [SQLValue]) throws -> Void) throws -> Void
  ) throws {
    require(isWritable, "a database that is only read cannot hold new tables")
    let list = columns.map(Self.quoted).joined(separator: ", ")
    let marks = [String](repeating: "?", count: columns.count).joined(separator: ", ")
    try transaction {
      try execute("CREATE TABLE \(Self.quoted(name)) (\(list))")
      let statement = try prepare("INSERT INTO \(Self.quoted(name)) VALUES (\(marks))")
      defer { _ = functions.finalize(statement) }
      try fill { row in
        try bind(row, to: statement)
        _ = try step(statement)
        _ = functions.reset(statement)
      }
    }
  }

  /// Makes an index of a table, by which rows are found by the values of `columns`.
  public func makeIndex(of table: String, by columns: [String]) throws {
    let name = ([table] + columns).joined(separator: "_")
    let list = columns.map(Self.quoted).joined(separator: ", ")
    try execute("CREATE INDEX \(Self.quoted(name)) ON \(Self.quoted(table)) (\(list))")
  }

  private func prepare(_ sql: String) throws -> SQLiteLibrary.Handle? {
    var statement: SQLiteLibrary.Handle?
    guard functions.prepare(handle, sql, -1, &statement, nil) == 0, statement != nil else {
      throw InputError("\(path): SQLite: \(message)")
    }
    return statement
  }

  private func bind(_ values: [SQLValue], to statement: SQLiteLibrary.Handle?) throws {
    require(
      Int(functions.parameterCount(statement)) == values.count,
      "a statement of \(functions.parameterCount(statement)) question marks received \(values.count) values"
    )
    // SQLite copies the text before the call returns.
    let copied = UnsafeRawPointer(bitPattern: -1)
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      let status =
        switch value {
        case .null, .bytes: functions.bindNull(statement, place)
        case .integer(let number): functions.bindInteger(statement, place, Int64(number))
        case .real(let number): functions.bindReal(statement, place, number)
        case .text(let text):
          functions.bindText(statement, place, text, Int32(text.utf8.count), copied)
        }
      if status != 0 { throw InputError("\(path): SQLite: \(message)") }
    }
  }

  /// Whether there is another row.
  private func step(_ statement: SQLiteLibrary.Handle?) throws -> Bool {
    switch functions.step(statement) {
    case 100: return true
    case 101: return false
    default: throw InputError("\(path): SQLite: \(message)")
    }
  }

  private func value(_ statement: SQLiteLibrary.Handle?, _ column: Int32) -> SQLValue {
    switch functions.columnType(statement, column) {
    case 1: return .integer(Int(functions.columnInteger(statement, column)))
    case 2: return .real(functions.columnReal(statement, column))
    case 3:
      guard let start = functions.columnText(statement, column) else { return .null }
      let count = Int(functions.columnBytes(statement, column))
      return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
    case 4: return .bytes(count: Int(functions.columnBytes(statement, column)))
    default: return .null
    }
  }
}

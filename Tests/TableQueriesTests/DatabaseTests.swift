import Foundation
import Messages
import TestSupport
import Testing

@testable import TableQueries

let hasSQLite = (try? SQLiteLibrary.open()) != nil
let sqliteReason: Comment = "SQLite's library is not on this machine"

@Suite(.enabled(if: hasSQLite, sqliteReason)) struct DatabaseTests {
  private static func write(_ text: String, _ path: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private static func source(_ text: String, sampleSize: Int = 1000) throws -> TableSource {
    try withTemporaryFolder { folder in
      try write(text, folder + "/t.csv")
      return try TableSource(files: [folder + "/t.csv"], sampleSize: sampleSize)
    }
  }

  private static func run(_ source: TableSource, _ query: SketchQuery) throws -> [[SQLValue]] {
    let statement = Statement(query, on: source.tables[0])
    return try source.database.query(statement.sql, statement.values).rows
  }

  private static func query(
    _ column: Int, _ aggregate: Aggregate = .none, _ conditions: [SketchQuery.Condition] = [],
    _ connective: Connective = .none
  ) -> SketchQuery {
    SketchQuery(
      selections: [.init(column: column, aggregate: aggregate)], connective: connective,
      conditions: conditions)
  }

  @Test func aLibraryThatIsMissingIsSaidInOneLine() {
    let error = #expect(throws: InputError.self) {
      try SQLiteLibrary(candidates: ["/nowhere/libsqlite3.so.0"])
    }
    #expect(error?.problem.contains("apt-get install libsqlite3-0") == true)
    #expect(error?.problem.contains("\n") == false)
  }

  @Test func valuesAreBoundAndNamesQuoted() throws {
    let source = try Self.source(
      "名称,价 \"格\"\n\"甲'); DROP TABLE t; --\",3\n乙,5\n".replacing("价 \"格\"", with: "\"价 \"\"格\"\"\"")
    )
    #expect(source.tables[0].columns[1].name == "价 \"格\"")
    let evil = "甲'); DROP TABLE t; --"
    let query = Self.query(
      1, .none, [.init(column: 0, comparison: .equal, value: .value(.text(evil)))])
    let statement = Statement(query, on: source.tables[0])
    #expect(statement.sql == "SELECT \"价 \"\"格\"\"\" FROM \"t\" WHERE \"名称\" = ?")
    #expect(!statement.sql.contains("DROP") && statement.values == [.text(evil)])
    #expect(try Self.run(source, query) == [[.integer(3)]])
    // The table is still there, and what would change it is refused.
    #expect(try Self.run(source, Self.query(1, .sum)) == [[.integer(8)]])
    #expect(throws: InputError.self) { try source.database.query("DELETE FROM t") }
    #expect(throws: InputError.self) { try source.database.query("DROP TABLE t") }
  }

  @Test func headersThatRepeatOrAreEmpty() throws {
    #expect(try Self.source("1,2\n3,4\n").tables[0].notes.count == 1)
    let source = try Self.source("价格,,价格,\n1,2,3,4\n5,6,7,8\n")
    #expect(source.tables[0].columns.map(\.name) == ["价格", "列2", "价格_2", "列4"])
    #expect(source.tables[0].notes.count == 3)
    #expect(try Self.run(source, Self.query(2, .sum)) == [[.integer(10)]])
  }

  @Test func fiveHundredColumns() throws {
    let header = (1...500).map { "列名\($0)" }.joined(separator: ",")
    let row = (1...500).map(String.init).joined(separator: ",")
    let source = try Self.source(header + "\n" + row + "\n")
    #expect(source.tables[0].columns.count == 500)
    #expect(try Self.run(source, Self.query(499)) == [[.integer(500)]])
    let wide = (1...2001).map { "c\($0)" }.joined(separator: ",")
    #expect(throws: FileError.self) { try Self.source(wide + "\n" + wide + "\n") }
  }

  @Test func mixedColumns() throws {
    let rows = (1...19).map { "\($0)" } + ["约三十"]
    let source = try Self.source("量\n" + rows.joined(separator: "\n") + "\n暂无\n")
    let column = source.tables[0].columns[0]
    #expect(column.kind == .number && column.isMixed)
    #expect(source.tables[0].notes.contains { $0.contains("1 cells of '量' are no numbers") })
    // In SQLite every text is more than every number.
    let more = Self.query(
      0, .count, [.init(column: 0, comparison: .greater, value: .value(.integer(10)))])
    #expect(try Self.run(source, more) == [[.integer(9)]])
    #expect(try Self.run(source, Self.query(0, .average)) == [[.real(10)]])
    #expect(try Self.run(source, Self.query(0, .maximum)) == [[.integer(19)]])
    // Half texts are a column of texts.
    #expect(try Self.source("a\n1\n2\nx\ny\n").tables[0].columns[0].kind == .text)
  }

  @Test func numbersAsPeopleWriteThem() throws {
    let source = try Self.source("名,占比,价\n甲,58.8%,\"1,200\"\n乙,6%,900\n")
    #expect(source.tables[0].columns.map(\.kind) == [.text, .number, .number])
    #expect(source.tables[0].columns[1].unit?.dimension == "percent")
    #expect(try Self.run(source, Self.query(2, .sum)) == [[.integer(2100)]])
    // Codes stay what they are.
    let codes = try Self.source("码\n007\n042\n")
    #expect(codes.tables[0].columns[0].kind == .text)
    #expect(try Self.run(codes, Self.query(0)) == [[.text("007")], [.text("042")]])
  }

  @Test func datesCompare() throws {
    let source = try Self.source("日期,n\n2019/5/3,1\n2019/12/31,2\n2020/1/1,3\n")
    #expect(source.tables[0].columns[0].kind == .date && source.tables[0].notes.count == 1)
    func count(_ comparison: Comparison, _ period: CalendarPeriod) throws -> SQLValue {
      try Self.run(
        source,
        Self.query(1, .count, [.init(column: 0, comparison: comparison, value: .period(period))])
      )[0][0]
    }
    #expect(try count(.equal, CalendarPeriod(year: 2019)) == .integer(2))
    #expect(try count(.greater, CalendarPeriod(year: 2019)) == .integer(1))
    #expect(try count(.less, CalendarPeriod(year: 2019, month: 12)) == .integer(1))
    #expect(try count(.unequal, CalendarPeriod(year: 2020, month: 1, day: 1)) == .integer(2))
  }

  @Test func manyRowsAreSampledAndSaid() throws {
    let rows = (0..<3000).map { "\($0),名\($0)" }.joined(separator: "\n")
    let source = try Self.source("n,名\n" + rows + "\n", sampleSize: 1000)
    #expect(
      source.tables[0].notes == [
        "kinds of columns and known cells are from 1,000 of 3,000 rows; the query is run on all"
      ])
    #expect(try Self.run(source, Self.query(0, .count)) == [[.integer(3000)]])
    #expect(source.tables[0].columns[1].cells.count == 1000)
    #expect(!source.tables[0].columns[1].areCellsComplete)
    #expect(try source.holds("名2998", column: 1, of: source.tables[0]))
    #expect(try !source.holds("名3000", column: 1, of: source.tables[0]))
  }

  @Test func databasesAreOnlyRead() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/shop.sqlite"
      try Self.makeDatabase(path)
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      chmod(path, 0o444)
      chmod(folder, 0o555)
      defer { chmod(folder, 0o755) }
      let source = try TableSource(files: [path])
      #expect(source.tables.map(\.name) == ["货", "店 铺"])
      #expect(source.tables[0].columns.map(\.kind) == [.text, .number])
      #expect(try Self.run(source, Self.query(1, .sum)) == [[.integer(7)]])
      #expect(throws: InputError.self) { try source.database.query("UPDATE 货 SET 价 = 0") }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
      #expect(throws: InputError.self) { try TableSource(files: [path, path]) }
    }
  }

  /// A database that the library itself has written.
  private static func makeDatabase(_ path: String) throws {
    try Database.make(at: path) { database in
      try database.makeTable("货", columns: ["名", "价"]) { insert in
        try insert([.text("甲"), .integer(3)])
        try insert([.text("乙"), .integer(4)])
      }
      try database.makeTable("店 铺", columns: ["址"]) { try $0([.text("东街")]) }
      try database.makeIndex(of: "货", by: ["名", "价"])
    }
  }

  @Test func aDatabaseIsMadeWholeOrNotAtAll() throws {
    struct Stopped: Error {}
    try withTemporaryFolder { folder in
      let path = folder + "/a.sqlite"
      try Self.makeDatabase(path)
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(throws: Stopped.self) {
        try Database.make(at: path) { database in
          try database.makeTable("新", columns: ["列"]) { insert in
            try insert([.text("一")])
            throw Stopped()
          }
        }
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.sqlite"])
      #expect(throws: FileError.self) { try Database.make(at: folder + "/none/a.sqlite") { _ in } }
    }
  }

  @Test func aTableThatCannotBeFilledIsNotThere() throws {
    struct Stopped: Error {}
    let database = try Database()
    #expect(throws: Stopped.self) {
      try database.makeTable("半", columns: ["列"]) { insert in
        try insert([.text("一")])
        throw Stopped()
      }
    }
    #expect(try database.tableNames().isEmpty)
    try database.makeTable("半", columns: ["列"]) { try $0([.text("二")]) }
    #expect(try database.query("SELECT 列 FROM 半").rows == [[.text("二")]])
  }

  @Test func filesThatAreNoTables() throws {
    try withTemporaryFolder { folder in
      try Self.write("只有表头,两列\n", folder + "/empty.csv")
      #expect(throws: FileError.self) { try TableSource(files: [folder + "/empty.csv"]) }
      try Self.write("a,b\n1\n", folder + "/ragged.csv")
      #expect(throws: FileError.self) { try TableSource(files: [folder + "/ragged.csv"]) }
      #expect(throws: FileError.self) { try TableSource(files: [folder + "/missing.csv"]) }
      #expect(throws: FileError.self) { try Database(readingFrom: folder + "/ragged.csv") }
    }
  }

  @Test func fullMatchIgnoresOrder() {
    let (one, two) = (
      SketchQuery.Condition(column: 0, comparison: .equal, value: .value(.text("a"))),
      SketchQuery.Condition(column: 1, comparison: .greater, value: .value(.integer(3)))
    )
    #expect(
      Self.query(2, .none, [one, two], .and).matches(Self.query(2, .none, [two, one], .and)))
    #expect(
      !Self.query(2, .none, [one, two], .and).matches(Self.query(2, .none, [one, two], .or)))
    #expect(!Self.query(2, .none, [one]).matches(Self.query(2, .none, [one, one], .and)))
    #expect(!Self.query(2, .maximum).matches(Self.query(2)))
  }
}

extension String {
  fileprivate subscript(index: Int) -> String { String(Array(self)[index]) }
}

import Formats
import Foundation
import TableQueries
import TestSupport
import Testing

@testable import danlu

/// `danlu sql` of a reader that was hardly trained: how it says what it says is checked.
@Suite(.enabled(if: hasBinary && hasTorch && hasSQLite, sqlReason), .serialized)
struct SQLCommandTests {
  @Test func asksTablesOfAnyKind() throws {
    try withTemporaryFolder { folder in
      let run = folder + "/runs/one"
      let trained = try Command([
        "run", "nl2sql", "--steps", "3", "--set", "additive-steps=2", "--set", "questions=20",
        "--set", "hidden-size=16", "--set", "layers=1", "--set", "heads=2", "--batch", "4", "--out",
        run,
      ]).run()
      #expect(trained.status == 0 || trained.status == 1, "\(trained.errors)")
      #expect(trained.output.contains("Ask a table:  danlu sql --run \(run)"))
      // What it was asked in the end is beside the weights, for other programs to score.
      let answers = try JSONLines.read(path: run + "/answers.jsonl").values
      #expect(answers.count == 20)
      for answer in answers {
        let (wanted, given) = (answer["wanted"], answer["given"])
        #expect(wanted != given || answer["right"]?.boolValue == true)
        #expect(wanted?["sel"]?.arrayValue?.count == wanted?["agg"]?.arrayValue?.count)
        #expect(given?["conds"]?.arrayValue?.allSatisfy { $0.arrayValue?.count == 3 } == true)
      }
      // Whatever it reads, what is asked is this table, and nothing of the question is in the statement.
      let evil = "'); DROP TABLE 城市; --"
      try AtomicFile.write(to: folder + "/城市.csv") {
        try $0.write("城市,人口,,人口\n北京,2000,1,x\n\"\(evil)\",5,2,y\n")
      }
      let asked = try Command([
        "sql", "--runs", folder + "/runs", "--table", folder + "/城市.csv", "--json", "\(evil)的人口",
      ]).run()
      if asked.status == 0 {
        let answer = try asked.json()
        #expect(answer["table"]?.stringValue == "城市")
        #expect(answer["sql"]?.stringValue?.contains("DROP") == false)
        #expect((answer["notes"]?.arrayValue?.count ?? 0) >= 2)
      } else {
        // It may find nothing to select.
        #expect(
          asked.status == 1 && asked.errors.contains("the nearest of 4 are '城市'"), "\(asked.errors)"
        )
        #expect(asked.errors.split(separator: "\n").count == 1)
      }
      // Several tables, and questions on standard input.
      try AtomicFile.write(to: folder + "/书.csv") { try $0.write("书名,价格\n甲,3\n乙,4\n") }
      try AtomicFile.write(to: folder + "/questions") { try $0.write("书名有哪些\n\n价格最高的书\n") }
      var several = Command([
        "sql", "--run", run, "--table", folder + "/城市.csv", "--table", folder + "/书.csv",
      ])
      several.redirection = "< \(folder)/questions"
      let lines = try several.run()
      #expect([0, 1].contains(lines.status) && lines.output.contains("书名有哪些"))
    }
  }

  @Test func badInput() throws {
    try withTemporaryFolder { folder in
      let none = try Command(["sql", "--runs", folder, "谁？"]).run()
      #expect(none.status == 2 && none.errors.contains("--table is missing"))
      try AtomicFile.write(to: folder + "/a.csv") { try $0.write("名,价\n甲,1\n") }
      let table = ["--table", folder + "/a.csv"]
      let noRun = try Command(["sql", "--runs", folder] + table + ["价格"]).run()
      #expect(noRun.status == 1 && noRun.errors.contains("no finished run of nl2sql"))
      let other = try Command(["sql", "--run", folder] + table + ["价格"]).run()
      #expect(other.status == 1 && other.errors.contains("nl2sql"))
      let empty = try Command(["sql"] + table + [" "]).run()
      #expect(empty.status == 2 && empty.errors.contains("the question is empty"))
      let missing = try Command(["sql", "--table", folder + "/no.csv", "价格"]).run()
      #expect(missing.status == 1 && missing.errors.contains("no.csv"))
      // Without the library it says so in one line, and how to get it.
      var blind = Command(["sql"] + table + ["价格"])
      blind.environment = ["DANLU_SQLITE": "/nowhere/libsqlite3.so"]
      let outcome = try blind.run()
      #expect(outcome.status == 1 && outcome.errors.contains("DANLU_SQLITE"))
      var doctor = Command(["doctor"])
      doctor.environment = ["DANLU_SQLITE": "/nowhere/libsqlite3.so"]
      #expect(try doctor.run().output.contains("· SQLite"))
    }
  }

  @Test func gridsCountIdeographsTwice() {
    #expect(
      TextGrid.lines(["城市", "n"], [["北京", "1"], ["a", "20"]]) == ["城市  n", "北京  1", "a     20"])
    #expect(TextGrid.lines(["a"], [[String(repeating: "字", count: 50)]])[1].count == 20)
  }
}

private let hasSQLite = (try? SQLiteLibrary.open()) != nil
private let sqlReason: Comment = "the program danlu, libtorch or SQLite is missing"

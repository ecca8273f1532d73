import Formats
import Foundation
import TableQueries
import TestSupport
import Testing

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct KnowledgeCommandTests {
  private func withBase<Result>(_ body: (_ base: String, _ folder: String) throws -> Result) throws
    -> Result
  {
    try withTemporaryFolder { folder in
      try AtomicFile.write(
        "实体,属性,值\n曹禺,出生地,天津\n曹禺,毕业院校,清华大学\n曹禺,中文名,万家宝\n清华大学,所在地,北京\n坏行\n",
        to: folder + "/rows.csv")
      let outcome = try succeed(
        "knowledge", "import", folder + "/rows.csv", "--db", folder + "/base.kno")
      #expect(outcome.output.contains("4 triples, generation 1"))
      #expect(outcome.output.contains("1 no triples"))
      #expect(outcome.errors.contains("line 6: three columns are needed, found one"))
      return try body(folder + "/base.kno", folder)
    }
  }

  @Test func triplesAreLookedUpBothWays() throws {
    try withBase { base, _ in
      #expect(try succeed("knowledge", "get", "曹禺", "出生地", "--db", base).output == "天津\n")
      #expect(
        try succeed("knowledge", "get", "曹禺", "--db", base).rows
          == [["出生地", "天津"], ["毕业院校", "清华大学"], ["中文名", "万家宝"]])
      #expect(
        try succeed("knowledge", "reverse", "毕业院校", "清华大学", "--db", base).output == "曹禺\n")
      #expect(try succeed("knowledge", "search", "清", "--db", base).output == "清华大学\n")
      #expect(
        try succeed("knowledge", "search", "青华大学", "--fuzzy", "--db", base).output
          == "清华大学\t1\n")
      let stats = try succeed("knowledge", "stats", "--check", "--db", base, "--json").json()
      #expect(stats["triples"]?.integerValue == 4 && stats["entities"]?.integerValue == 2)
    }
  }

  @Test func questionsAreAnsweredWithTheirRows() throws {
    try withBase { base, folder in
      let answer = try succeed("knowledge", "ask", "曹禺的出生地是哪里", "--db", base)
      #expect(answer.output == "天津\n" && answer.errors.contains("from 曹禺 · 出生地 · 天津"))
      let json = try succeed("knowledge", "ask", "万家宝的毕业院校的所在地", "--db", base, "--json").json()
      #expect(json["form"]?.stringValue == "twoHops")
      try AtomicFile.write("曹禺的出生地是哪里\n鲁迅的身高\n", to: folder + "/questions.txt")
      let batch = try succeed(
        "knowledge", "ask", "--questions", folder + "/questions.txt", "--db", base)
      #expect(batch.rows[0][1...3] == ["天津", "曹禺", "出生地"] && batch.rows[1][1].isEmpty)
      let objects = try succeed(
        "knowledge", "ask", "--questions", folder + "/questions.txt", "--db", base, "--json"
      ).output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
      #expect(objects.map { $0["answered"]?.boolValue } == [true, false])
      let refusal = try Command("knowledge", "ask", "曹禺的血型", "--db", base).run()
      expectFailure(refusal, "nearest is 曹禺")
    }
  }

  @Test func aBaseGrowsAndIsExported() throws {
    try withBase { base, folder in
      try AtomicFile.write("曹禺\t简介\t\"一行\n两行\"\n", to: folder + "/more.tsv")
      let grown = try succeed("knowledge", "import", folder + "/more.tsv", "--db", base)
      #expect(grown.output.contains("5 triples, generation 2"))
      let exported = folder + "/all.tsv"
      try succeed("knowledge", "export", "--db", base, "--out", exported)
      let again = try succeed(
        "knowledge", "import", exported, "--db", folder + "/again.kno", "--json"
      ).json()
      #expect(again["triples"]?.integerValue == 5 && again["malformed"]?.integerValue == 0)
      #expect(
        try succeed("knowledge", "get", "曹禺", "简介", "--db", folder + "/again.kno").output
          == "一行\n两行\n")
      let sqlite = folder + "/all.sqlite"
      try succeed("knowledge", "export", "--db", base, "--sqlite", sqlite)
      let database = try Database(readingFrom: sqlite)
      let rows = try database.query(
        "SELECT value FROM triples WHERE entity = ? AND attribute = ?",
        [.text("曹禺"), .text("简介")]
      ).rows
      #expect(rows == [[.text("一行\n两行")]])
      #expect(try database.query("SELECT count(*) FROM triples").rows == [[.integer(5)]])
      try expectUsage(
        "knowledge", "export", "--db", base, "--sqlite", sqlite, "--out", exported,
        says: "give one of them")
      try expectUsage(
        "knowledge", "export", "--db", base, "--sqlite", base, says: "would overwrite")
      expectFailure(
        try Command("knowledge", "export", "--db", base, "--sqlite", folder + "/no/a.sqlite").run(),
        "a.sqlite")
    }
  }

  @Test func questionsTeachWhichWordsAskForWhat() throws {
    try withTemporaryFolder { folder in
      let base = folder + "/books.kno"
      var rows = ""
      var questions = ""
      for number in 0..<40 {
        rows += "第\(number)号书,撰文,作者\(number)\n第\(number)号书,印行,书局\(number)\n"
        questions += "第\(number)号书谁写的\t第\(number)号书\t撰文\n"
        questions += "第\(number)号书哪儿出的\t第\(number)号书\t印行\n"
      }
      try AtomicFile.write(rows, to: folder + "/rows.csv")
      try AtomicFile.write(questions + "不成行的\n", to: folder + "/questions.tsv")
      try succeed("knowledge", "import", folder + "/rows.csv", "--db", base)
      let learnt = folder + "/learnt.kla"
      let learning = try succeed(
        "knowledge", "learn", folder + "/questions.tsv", "--db", base, "--out", learnt, "--passes",
        "20", "--json")
      let figures = try learning.json()
      #expect(figures["heldOut"]?.integerValue == 16 && figures["right"]?.doubleValue == 1)
      #expect((figures["rightWithout"]?.doubleValue ?? 1) < 1)
      #expect(
        learning.errors.contains(
          "1 lines were left out, the first one \(folder)/questions.tsv: line 81"))
      let answer = try succeed(
        "knowledge", "ask", "第7号书谁写的", "--db", base, "--learnt", learnt, "--threshold", "0")
      #expect(answer.output == "作者7\n")
      expectFailure(
        try Command("knowledge", "ask", "书", "--db", base, "--learnt", base).run(),
        "is not a learnt attribute matcher")
      expectFailure(
        try Command(
          "knowledge", "learn", folder + "/rows.csv", "--db", base, "--out", learnt
        ).run(), "none of the 0 questions")
    }
  }

  @Test func failuresAreOneLine() throws {
    try withBase { base, folder in
      expectFailure(
        try Command("knowledge", "get", "曹愚", "--db", base).run(), "near to it are 曹禺")
      expectFailure(
        try Command("knowledge", "get", "曹禺", "身高", "--db", base).run(), "it has 出生地")
      expectFailure(
        try Command("knowledge", "stats", "--db", folder + "/rows.csv").run(),
        "is not a knowledge base")
      expectFailure(
        try Command("knowledge", "import", folder + "/none.csv", "--db", base).run(), "cannot open")
    }
    try expectUsage("knowledge", "ask", "--db", "x", says: "give a question, or --questions FILE")
    try expectUsage(
      "knowledge", "import", "x", "--db", "y", "--separator", "", says: "--separator expects")
  }

  @Test func questionsAreImportedSearchedAndCompared() throws {
    try withTemporaryFolder { folder in
      let index = folder + "/q.que"
      try AtomicFile.write(
        "怎么学好数学\t教育\n怎样学好数学\t教育\n怎么学好数学？\t教育\n今天天气怎么样\t气象\n", to: folder + "/q.txt")
      let made = try succeed("questions", "import", folder + "/q.txt", "--db", index)
      #expect(made.output.contains("4 questions"))
      let found = try succeed("questions", "search", "怎样学好数学", "--db", index, "--top", "1")
      #expect(found.rows[0][1...2] == ["怎样学好数学", "教育"])
      try AtomicFile.write("怎样学好数学\n\n明天天气\n", to: folder + "/asked.txt")
      let batch = ["questions", "search", "--queries", folder + "/asked.txt", "--db", index]
      let answered = try Command(batch + ["--top", "1"]).run()
      #expect(
        answered.rows.map { $0[0] } == ["1", "3"] && answered.errors.contains("3 queries: half"))
      let objects = try Command(batch + ["--json"]).run().output.split(separator: "\n").map {
        try JSONValue(parsing: Array($0.utf8))
      }
      #expect(objects.map { $0["found"]?.arrayValue?.isEmpty } == [false, true, false])
      try AtomicFile.write("", to: folder + "/none.txt")
      expectFailure(
        try Command("questions", "search", "--queries", folder + "/none.txt", "--db", index).run(),
        "no lines")
      let exact = try succeed("questions", "duplicates", "--exact", "--db", index)
      #expect(exact.output == "1.000\t怎么学好数学\t怎么学好数学？\n")
      let tags = try succeed("questions", "tags", "明天天气", "--db", index, "--json").json()
      #expect(tags.arrayValue?.first?["tag"]?.stringValue == "气象")
      let measured = try succeed("questions", "tags", "--measure", "2", "--db", index, "--json")
        .json()
      #expect(measured["questions"]?.integerValue == 2, "\(measured)")
      for model in ["nearest", "naiveBayes", "logistic", "majority"] {
        #expect((0...1).contains(measured[model]?.doubleValue ?? -1), "\(model): \(measured)")
      }
      let templates = try Command("questions", "templates", "--db", index).run()
      #expect(templates.status == 0, "\(templates.errors)")
      expectFailure(
        try Command("questions", "search", "*-(", "--db", index).run(), "shares a character")
      expectFailure(
        try Command("questions", "search", "a", "--db", folder + "/q.txt").run(),
        "is not an index of questions")
    }
  }
}

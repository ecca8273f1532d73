import Formats
import Foundation
import Parallel
import TestSupport
import Testing

@Suite struct TableTests {
  @Test func typesAreInferred() throws {
    let table = try Table(
      parsingCSV: """
        id,size,kind,code,weight,empty
        1,2.5,cat,007,,
        -20,1e3,"dog",12,3,
        +3, .5 ,cat,5,NA,

        """)
    #expect(table.names == ["id", "size", "kind", "code", "weight", "empty"])
    #expect(table["id"].integers == [1, -20, 3] && table["id"].isMissing == nil)
    #expect(table["size"].decimals == [2.5, 1000, 0.5] && table["size"].integers == nil)
    #expect(table["kind"].values == .categories([0, 1, 0], names: ["cat", "dog"]))
    // A number with a leading zero is a code.
    #expect(table["code"].texts == ["007", "12", "5"])
    #expect(table["weight"].isMissing == [true, false, true])
    #expect(table["weight"].values == .integers([0, 3, 0]))
    #expect(table["weight"].decimals?[0].isNaN == true && table["weight"].missingCount == 2)
    #expect(table["empty"].texts == [nil, nil, nil])
    let texts = try Table(
      parsingCSV: "id,name\n1,5\n2,6\n", DelimitedOptions(textColumns: ["name"]))
    #expect(texts["name"].texts == ["5", "6"])
    #expect(
      message {
        _ = try Table(parsingCSV: "id,name\n1,5\n", DelimitedOptions(textColumns: ["nam"]))
      } == "text: has no column 'nam'; it has id, name")
  }

  @Test func quotesFollowTheStandard() throws {
    let text =
      "\u{FEFF}name,said\r\n\"Ann, B.\",\"a \"\"word\"\"\"\r\n \"two\nlines\" ,plain \r\n\"\",\"NA\"\r\n"
    let table = try Table(parsingCSV: text)
    #expect(table["name"].texts == ["Ann, B.", "two\nlines", ""])
    // What stands in quotes is there.
    #expect(table["said"].texts == ["a \"word\"", "plain", "NA"])
  }

  @Test func separatorsAndHeadersAreFoundOut() throws {
    #expect(try Table(parsingCSV: "a\tb\n1\tx,y\n").names == ["a", "b"])
    #expect(try Table(parsingCSV: "a;b\n1,5;2\n")["a"].texts == ["1,5"])
    #expect(try Table(parsingCSV: "a\n1\n2\n")["a"].integers == [1, 2])
    let numbers = try Table(parsingCSV: "5.1,3,Iris\n4.9,2,Iris\n")
    #expect(numbers.names == ["column1", "column2", "column3"] && numbers.rowCount == 2)
    #expect(try Table(parsingCSV: "id,2019,2020\n1,5,6\n").names == ["id", "2019", "2020"])
    // Texts alone: the first line names the columns unless it comes again.
    #expect(try Table(parsingCSV: "kind,color\ncat,red\ndog,red\n").names == ["kind", "color"])
    #expect(try Table(parsingCSV: "cat,red\ncat,blue\ndog,red\n").rowCount == 3)
    let named = try Table(
      parsingCSV: "1,2\n3,4", DelimitedOptions(hasHeader: false, names: ["x", "y"]))
    #expect(named["y"].integers == [2, 4])
  }

  @Test(arguments: [
    ("a,b\n1,2\n3\n", "line 3: 1 cells, 2 were expected as in the first line"),
    ("a,b\n1,\"x\ny\"\n3,4,5\n", "line 4: 3 cells"),
    ("a,b\n1,\"x\n", "line 2: the quotes that begin here do not end"),
    ("a,b\n1,\"x\"y\n", "line 2: text after closing quotes"),
    ("\n\n", "holds no rows"), ("", "holds no rows"),
    ("a,a\n1,2\n", "two columns are called 'a'"),
    ("a,b\r1,2\r", "ends its lines by CR alone"),
  ]) func badFilesAreExplained(text: String, problem: String) {
    #expect(message { _ = try Table(parsingCSV: text) }.contains(problem))
  }

  @Test func whatIsWrittenByTheStandardComesBack() throws {
    var random = RandomStream(seed: 8)
    let pieces = ["a", "é", ",", "\"", "\n", "\r\n", " ", "\t", ";", "007", "字"]
    for width in 1...4 {
      let rows = (0..<30).map { _ in
        (0..<width).map { _ in
          (0..<random.below(6)).map { _ in pieces[random.below(pieces.count)] }.joined()
        }
      }
      let lines = rows.map { row in
        row.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
          .joined(separator: ",")
      }
      for lineBreak in ["\n", "\r\n"] {
        let table = try Table(
          parsingCSV: lines.joined(separator: lineBreak),
          DelimitedOptions(
            separator: ",", hasHeader: false, names: (0..<width).map { "\($0)" },
            textColumns: Set((0..<width).map { "\($0)" })))
        for column in 0..<width {
          #expect(table.columns[column].texts == rows.map { $0[column] })
        }
      }
    }
  }

  @Test func namesOfSeveralLinesAreToldInOne() {
    #expect(
      message { _ = try Table(parsingCSV: "\"a\nb\",\"a\nb\"\n1,2\n") }
        == "text: two columns are called 'a b'; names of their own, or hasHeader: false, would work"
    )
  }

  @Test func severalThreadsFindWhatOneFinds() throws {
    // More than the part that a thread takes, with an empty line and a fault near the end.
    let rows = (0..<500_000).map { "\($0),\(Double($0) / 8),\($0 % 3 == 0 ? "a" : "b")" }
    let text =
      "n,x,k\n" + rows[..<400_000].joined(separator: "\n") + "\n\n"
      + rows[400_000...].joined(separator: "\n")
    let table = try Table(parsingCSV: text)
    #expect(table.names == ["n", "x", "k"])
    #expect(table["n"].integers == Array(0..<500_000))
    #expect(table["x"].decimals?[499_999] == 499_999.0 / 8)
    #expect(table["k"].texts?[499_999] == "b")
    #expect(
      message { _ = try Table(parsingCSV: text + "\n1,2\n") }
        .contains("line 500003: 2 cells, 3 were expected"))
  }

  @Test func filesMayBePacked() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("a,b\n1,2\n", to: folder + "/x.csv")
      #expect(try Table(csv: folder + "/x.csv")["b"].integers == [2])
      #expect(message { _ = try Table(csv: folder + "/y.csv") }.contains("y.csv"))
      #expect(
        message { _ = try Table(csv: folder + "/x.csv").column("c") }
          == "the table has no column 'c'; it has a, b")
    }
  }

  @Test func manyCategoriesKeepTheirNumbers() throws {
    let names = (0..<5000).map { "name \($0 * 7919 % 5000)" }
    let table = try Table(parsingCSV: "n\n" + (names + names).joined(separator: "\n"))
    #expect(table["n"].texts == names + names)
    guard case .categories(_, let found) = table["n"].values else {
      Issue.record("no categories")
      return
    }
    #expect(found == names.sorted())
  }

  @Test func categoriesOfATestTableAreThoseOfTraining() throws {
    let training = try Table(parsingCSV: "k,v\nred,1\nblue,2\ngreen,3\n")
    let test = try Table(parsingCSV: "k,v\nred,1\nred,2\n")
    #expect(
      try test.aligned(with: training)["k"].values
        == .categories([2, 2], names: ["blue", "green", "red"]))
    #expect(
      message { _ = try training.aligned(with: test) }
        == "'blue' of 'k' does not occur in the other table")
  }

  @Test func linesOfJSONBecomeColumns() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.jsonl"
      try AtomicFile.write(
        """
        {"text": "two\\nlines", "tokens": [1, 2], "score": 1, "ok": true}

        {"text": "b", "score": 2.5, "extra": null, "tokens": []}
        {"text": "b", "tokens": [3], "late": 4}
        """, to: path)
      let table = try Table(jsonLines: path)
      #expect(table.names == ["text", "tokens", "score", "ok", "extra", "late"])
      #expect(table["text"].texts == ["two\nlines", "b", "b"])
      #expect(table["tokens"].values == .integerLists([[1, 2], [], [3]]))
      #expect(table["score"].isMissing == [false, false, true])
      #expect(table["score"].decimals?.prefix(2) == [1, 2.5])
      #expect(table["ok"].texts == ["true", nil, nil])
      #expect(table["late"].values == .integers([0, 0, 4]))
      for (text, problem) in [
        ("{\"a\": 1}\n{\"a\": \"x\"}\n", "line 2: 'a' is of another kind"),
        ("{\"a\": {}}\n", "line 1: 'a'"), ("[1]\n", "line 1: a JSON object was expected"),
        ("{\"a\": 1}\n{\"a\"\n", "line 2: "), ("", "holds no rows"),
      ] {
        try AtomicFile.write(text, to: path)
        #expect(message { _ = try Table(jsonLines: path) }.contains(problem), "\(text)")
      }
    }
  }

  @Test(.enabled(if: SharedData.has("tabular"), SharedData.reason)) func theRealTablesAreRead()
    throws
  {
    let abalone = try Table(csv: SharedData.path("tabular/abalone.csv"))
    #expect(abalone.columns.count == 9 && abalone.columns[8].integers?.count == abalone.rowCount)
    guard case .categories(_, let sexes) = abalone.columns[0].values else {
      Issue.record("no categories")
      return
    }
    #expect(sexes == ["F", "I", "M"])
    let adult = try Table(csv: SharedData.path("tabular/adult.csv.gz"))
    #expect(adult.columns.count == 15 && adult.columns[0].integers != nil)
    #expect(adult.columns[1].missingCount > 0)
    for name in ["glass", "wine", "sonar", "housing", "german-credit", "pima-indians-diabetes"] {
      let table = try Table(csv: SharedData.path("tabular/\(name).csv"))
      #expect(table.names[0] == "column1" && table.rowCount > 100, "\(name)")
    }
  }
}

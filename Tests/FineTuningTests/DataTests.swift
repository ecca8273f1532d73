import TestSupport
import Testing
import Tokenizers

@testable import FineTuning

@Suite struct DataTests {
  private func items(
    _ text: String, _ name: String, _ task: FineTuningTask, _ columns: ColumnNames = ColumnNames(),
    isLabeled: Bool = true
  ) throws -> [TextItem] {
    try withTemporaryFolder { folder in
      try write(text, to: "\(folder)/\(name)")
      return try TextFiles.read(
        "\(folder)/\(name)", for: task, columns: columns, isLabeled: isLabeled)
    }
  }

  @Test func tablesWithoutNames() throws {
    // Labels are the column with the fewest values; a quote is a quote.
    let classes = try items("x\t一\"二\ny\t三四五\nx\t六\n", "a.tsv", .classify)
    #expect(classes.map(\.label) == ["x", "y", "x"])
    #expect(classes.map(\.text) == ["一\"二", "三四五", "六"])
    let pairs = try items("甲\t乙\t0\n丙\t丁\t1\n戊\t己\t0\n", "a.tsv", .pair)
    #expect(pairs.map(\.second) == ["乙", "丁", "己"])
    #expect(pairs.map(\.label) == ["0", "1", "0"])
    let new = try items("甲\t乙\n丙\t丁\n", "a.tsv", .pair, isLabeled: false)
    #expect(new[1].text == "丙" && new[1].second == "丁" && new[1].label == nil)
    #expect(try items("一行\n\n二行\n", "a.txt", .classify, isLabeled: false).count == 2)
  }

  @Test func tablesWithNames() throws {
    let csv = try items("label,review\n1,\"a, b\"\n007,c\n", "a.csv", .classify)
    #expect(csv.map(\.text) == ["a, b", "c"] && csv.map(\.label) == ["1", "007"])
    let asked = ColumnNames(text: "body", label: "kind")
    let tsv = try items("id\tkind\tbody\n1\tx\t甲\n2\ty\t乙\n", "a.tsv", .classify, asked)
    #expect(tsv.map(\.text) == ["甲", "乙"] && tsv.map(\.label) == ["x", "y"])
    let byNumber = ColumnNames(text: "1", label: "2")
    #expect(try items("长长长\tx\n短\ty\n", "a.tsv", .classify, byNumber)[0].text == "长长长")
  }

  @Test func jsonLines() throws {
    let line = "{\"text\": \"甲\", \"label\": 1}\n{\"text\": \"乙\", \"label\": true}"
    #expect(try items(line, "a.jsonl", .classify).map(\.label) == ["1", "true"])
    let cluener =
      "{\"text\": \"浙商银行叶老桂\", \"label\": {\"name\": {\"叶老桂\": [[4, 6]]}, \"company\": "
      + "{\"浙商银行\": [[0, 3]]}}}"
    #expect(
      Set(try items(cluener, "a.json", .tag)[0].spans ?? []) == [
        .init("name", 4..<7), .init("company", 0..<4),
      ])
    let answers = "{\"question\": \"q\", \"context\": \"甲乙丙\", \"answers\": [\"乙丙\"]}"
    let item = try items(answers, "a.json", .extract)[0]
    #expect(item.answers == ["乙丙"] && item.answerStart == 1)
  }

  @Test func squad() throws {
    let text =
      "{\"data\": [{\"paragraphs\": [{\"context\": \"甲乙丙\", \"qas\": [{\"id\": \"1\", \"question\": \"q\", "
      + "\"answers\": [{\"text\": \"丙\", \"answer_start\": 0}]}, {\"id\": \"2\", \"question\": \"r\", "
      + "\"answers\": []}]}]}]}"
    let found = try items(text, "a.json", .extract)
    // The file's place is wrong; what stands there decides.
    #expect(found[0].answerStart == 2 && found[1].answers == [])
  }

  @Test func taggedLines() throws {
    let bio = try items("中 B-LOC\n国 I-LOC\n人 O\nX B-PER\n\nNew B-LOC\nYork I-LOC\n", "a.bio", .tag)
    #expect(bio[0].text == "中国人X")
    #expect(bio[0].spans == [.init("LOC", 0..<2), .init("PER", 3..<4)])
    #expect(bio[1].text == "New York" && bio[1].spans == [.init("LOC", 0..<8)])
    let bmes = try items("高\tB-NAME\n勇\tE-NAME\n男\tS-SEX\n中\tB-C\n国\tM-C\n籍\tE-C\n", "a.bmes", .tag)
    #expect(
      bmes[0].spans == [.init("NAME", 0..<2), .init("SEX", 2..<3), .init("C", 3..<6)])
  }

  @Test func badFiles() throws {
    func problem(
      _ text: String, _ name: String, _ task: FineTuningTask, _ columns: ColumnNames = ColumnNames()
    ) -> String {
      message { _ = try items(text, name, task, columns) }
    }
    #expect(
      problem("a\tb\n1\t2\n", "a.tsv", .classify, ColumnNames(text: "body")).contains(
        "no column 'body'"))
    #expect(problem("{\"a\": 1, \"b\": 2}", "a.jsonl", .classify).contains("a, b"))
    #expect(problem("", "a.tsv", .classify).contains("is empty"))
    #expect(problem("label\ttext\n", "a.tsv", .classify).contains("no rows"))
    #expect(problem("a\tb\nc\n", "a.tsv", .classify).contains("row 2 has 1 cells"))
    #expect(problem("a", "a.xyz", .classify).contains(".tsv"))
    #expect(problem("a\tb\n", "a.tsv", .tag).contains("entities come as"))
    #expect(problem("中\n", "a.bio", .tag).contains("line 1"))
    let outside = "{\"text\": \"甲\", \"entities\": [{\"start\": 0, \"end\": 9, \"type\": \"x\"}]}"
    #expect(problem(outside, "a.jsonl", .tag).contains("outside the text"))
    #expect(problem("{\"text\": \"甲\"}", "a.jsonl", .tag).contains("no entities"))
  }

  @Test func dataThatCannotTeach() throws {
    func problem(_ text: String, _ name: String, _ task: FineTuningTask) throws -> String {
      try withTemporaryFolder { folder in
        try write(text, to: "\(folder)/\(name)")
        return message {
          _ = try FineTuningData(FineTuningOptions(task, data: "\(folder)/\(name)"))
        }
      }
    }
    #expect(
      try problem("label\ttext\nx\t甲\nx\t乙\n", "a.tsv", .classify).contains("have the label 'x'"))
    #expect(
      try problem("{\"text\": \"甲\", \"entities\": []}", "a.jsonl", .tag).contains("has an entity"))
    #expect(
      try problem(
        "{\"question\": \"q\", \"context\": \"甲\", \"answer\": \"乙\"}", "a.jsonl", .extract
      )
      .contains("no passage holds an answer"))
  }

  @Test func whatIsHeldOut() {
    let items = (0..<100).map {
      TextItem(id: "\($0)", text: "t\($0 / 2)", label: $0 < 2 ? "rare" : "often")
    }
    let (training, validation) = FineTuningData.split(items, share: 0.2, seed: 3)
    #expect(training.count + validation.count == 100 && validation.count == 20)
    #expect(Set(training.map(\.text)).isDisjoint(with: validation.map(\.text)))
    #expect(training.contains { $0.label == "rare" })
    #expect(FineTuningData.split(items, share: 0, seed: 3).validation.isEmpty)
  }
}

@Suite struct TextWindowTests {
  private func tokenizer() throws -> WordPieceTokenizer {
    let tokens =
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + "甲乙丙丁戊己庚辛壬癸".map(String.init) + [
        "be", "##rt",
      ]
    return try WordPieceTokenizer(
      vocabulary: Vocabulary(tokens), rules: .huggingFace(lowercases: true))
  }

  @Test func windowsOfALongText() throws {
    let text = String(repeating: "甲乙丙丁戊己庚辛壬癸", count: 5)
    let windows = TextWindows(try tokenizer(), task: .tag, maxLength: 18)
    let (parts, isCut) = try windows.windows(of: TextItem(text: text))
    #expect(!isCut && parts.count > 2 && parts.allSatisfy { $0.count <= 18 })
    // Every scalar is decided about exactly once.
    let owned = parts.flatMap { part in part.own.map { part.encoding.offsets[$0].lowerBound } }
    #expect(owned == Array(0..<50))
  }

  @Test func entitiesBecomeTokens() throws {
    let windows = TextWindows(try tokenizer(), task: .tag, maxLength: 32)
    let window = try windows.windows(of: TextItem(text: "甲 BERT乙丙"))
      .windows[0]
    #expect(window.tokens(of: 2..<6) == 2...3)
    // Half of a token is all of it; what is outside is nowhere.
    #expect(window.tokens(of: 3..<5) == 2...3)
    #expect(window.tokens(of: 20..<22) == nil)
    #expect(window.scalars(2, 3) == 2..<6)
    let spans: [TextItem.Span] = [.init("x", 2..<6), .init("y", 6..<7), .init("y", 7..<8)]
    let classes = TokenTags.classes(spans, window, ["x": 0, "y": 1])
    #expect(classes == [0, 0, 1, 2, 3, 3, 0])
    #expect(TokenTags.spans(classes).map(\.first) == [2, 4, 5])
    #expect(TokenTags.names(["x"]) == ["O", "B-x", "I-x"])
  }

  @Test func questionsStandBeforeEachWindow() throws {
    let windows = TextWindows(try tokenizer(), task: .extract, maxLength: 12)
    var item = TextItem(text: "甲乙丙丁戊己庚辛壬癸", second: "甲乙")
    let (parts, _) = try windows.windows(of: item)
    #expect(parts.count > 1)
    for part in parts {
      #expect(Array(part.encoding.ids.prefix(4)) == [2, 5, 6, 3])
      #expect(part.places.lowerBound == 4 && part.encoding.segmentIds[4] == 1)
    }
    item.second = String(repeating: "甲", count: 30)
    #expect(try windows.windows(of: item).isCut)
  }

  @Test func textsThatAreCut() throws {
    let windows = TextWindows(try tokenizer(), task: .classify, maxLength: 8)
    let (parts, isCut) = try windows.windows(of: TextItem(text: "甲乙丙丁戊己庚辛"))
    #expect(isCut && parts[0].count == 8)
    let generate = TextWindows(try tokenizer(), task: .generate, maxLength: 16)
    let item = TextItem(text: String(repeating: "甲", count: 40), second: "乙丙丁戊己庚")
    let made = try generate.windows(of: item, withTarget: true)
    #expect(made.isCut && made.windows[0].count == 16)
    #expect(made.windows[0].encoding.segmentIds.count { $0 == 1 } == 5)
  }
}

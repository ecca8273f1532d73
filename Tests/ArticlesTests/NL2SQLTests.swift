import Foundation
import Layers
import Optimizers
import Parallel
import TableQueries
import TestSupport
import Testing
import Torch
import Transformers

@testable import Articles
@testable import Datasets

/// Decoding, layout and data; what a model learns is in `NL2SQLModelTests`.
struct NL2SQLTests {
  static let table = QueryTable(
    name: "影片",
    columns: [
      .init(header: "片名", name: "片名", kind: .text, cells: ["春天", "山河记", "夏夜"]),
      .init(header: "导演", name: "导演", kind: .text, cells: ["王强", "李娜"]),
      .init(header: "票房（万元）", name: "票房（万元）", kind: .number, range: 100...9000),
      .init(header: "上映日期", name: "上映日期", kind: .date),
      .init(header: "拍摄年份", name: "拍摄年份", kind: .number, range: 1960...1999, isYear: true),
    ], rowCount: 3)

  /// What heads would say: for each token of the question a comparison and a column.
  private static func decode(
    _ question: String, selecting: [Int: Aggregate],
    tags: [(text: String, comparison: Comparison, column: Int)],
    joined: Connective = .and, rules: DecodingRules = DecodingRules()
  ) -> DecodedQuery {
    let tokens = QuestionTokens(question)
    let layout = QuestionLayout(characters: [])
    var random = RandomStream(seed: 1)
    let row = layout.row(
      tokens, table, links: SchemaLinks(table).links(of: tokens), random: &random)
    func certain(_ index: Int, of count: Int) -> [Float] {
      (0..<count).map { $0 == index ? 0.9 : 0.1 / Float(count - 1) }
    }
    var reading = QuestionReading(
      connective: certain(joined.rawValue, of: 3),
      selections: table.columns.indices.map {
        certain(selecting[$0]?.rawValue ?? QuestionModel.notSelected, of: 7)
      },
      comparisons: row.tokens.map { _ in certain(QuestionModel.noValue, of: 5) },
      columns: row.tokens.map { _ in certain(0, of: table.columns.count) })
    for tag in tags {
      let start = question.range(of: tag.text)!.lowerBound
      let first = question.unicodeScalars.distance(from: question.startIndex, to: start)
      let range = first..<first + tag.text.unicodeScalars.count
      for (place, token) in zip(row.question, tokens.tokens) where token.range.overlaps(range) {
        reading.comparisons[place] = certain(tag.comparison.rawValue, of: 5)
        reading.columns[place] = certain(tag.column, of: table.columns.count)
      }
    }
    return rules.decode(reading, row, tokens, table)
  }

  private static func value(_ decoded: DecodedQuery, _ index: Int = 0) -> ConditionValue? {
    decoded.query.conditions.indices.contains(index) ? decoded.query.conditions[index].value : nil
  }

  @Test func aRunThatEndsWithTheQuestionCounts() {
    let decoded = Self.decode(
      "票房大于2000", selecting: [0: .none], tags: [("2000", .greater, 2)])
    #expect(decoded.query.conditions.count == 1 && Self.value(decoded) == .value(.integer(2000)))
    #expect(decoded.query.connective == .none)
  }

  @Test func adjacentRunsOfTwoComparisonsAreTwo() {
    let decoded = Self.decode(
      "王强2000", selecting: [0: .none], tags: [("王强", .equal, 1), ("2000", .greater, 2)],
      joined: .or)
    #expect(decoded.query.conditions.map(\.comparison) == [.equal, .greater])
    #expect(decoded.query.connective == .or)
    // Of one comparison they are one, as in the article.
    let merged = Self.decode(
      "王强李娜", selecting: [0: .none], tags: [("王强", .equal, 1), ("李娜", .equal, 1)])
    #expect(merged.values.map(\.text) == ["王强李娜"])
  }

  @Test func aTextIsOnlyEqual() {
    let decoded = Self.decode("导演大于王强", selecting: [0: .none], tags: [("王强", .greater, 1)])
    #expect(decoded.query.conditions[0].comparison == .equal)
    let unequal = Self.decode("导演不是王强", selecting: [0: .none], tags: [("王强", .unequal, 1)])
    #expect(unequal.query.conditions[0].comparison == .unequal)
    var article = DecodingRules()
    article.keepsUnequal = false
    let forced = Self.decode(
      "导演不是王强", selecting: [0: .none], tags: [("王强", .unequal, 1)], rules: article)
    #expect(forced.query.conditions[0].comparison == .equal)
  }

  @Test func aValueGoesToTheColumnThatHoldsIt() {
    let decoded = Self.decode("王强的票房", selecting: [2: .sum], tags: [("王强", .equal, 0)])
    #expect(decoded.query.conditions[0].column == 1)
    var bare = DecodingRules()
    bare.switchesColumns = false
    let kept = Self.decode(
      "王强的票房", selecting: [2: .sum], tags: [("王强", .equal, 0)], rules: bare)
    #expect(kept.query.conditions[0].column == 0)
    // What is compared goes to a column that can be.
    let compared = Self.decode("大于2000", selecting: [0: .none], tags: [("2000", .greater, 1)])
    #expect(compared.query.conditions[0].column == 2)
  }

  @Test func valuesBecomeCells() {
    let decoded = Self.decode("山河的导演", selecting: [1: .none], tags: [("山河", .equal, 0)])
    #expect(Self.value(decoded) == .value(.text("山河记")))
    #expect(decoded.values[0].note?.contains("山河记") == true)
    let unlike = Self.decode("魑魅魍魉的导演", selecting: [1: .none], tags: [("魑魅魍魉", .equal, 0)])
    #expect(Self.value(unlike) == .value(.text("魑魅魍魉")))
  }

  @Test(arguments: [
    ("票房超过两千万的", "两千万", 2, ConditionValue.value(.integer(2000))),
    ("票房超过２０００的", "２０００", 2, .value(.integer(2000))),
    ("票房超过0.2亿元的", "0.2亿元", 2, .value(.integer(2000))),
    ("上映日期在19年5月之后的", "19年5月", 3, .period(CalendarPeriod(year: 2019, month: 5))),
    ("拍摄年份晚于62的", "62", 4, .value(.integer(1962))),
    ("拍摄年份晚于一九六二的", "一九六二", 4, .value(.integer(1962))),
  ])
  func numbersAndDates(_ question: String, _ text: String, _ column: Int, _ value: ConditionValue) {
    let decoded = Self.decode(question, selecting: [0: .none], tags: [(text, .greater, column)])
    #expect(Self.value(decoded) == value)
  }

  @Test func whatNothingIsAskedOfHasNoConditions() {
    let decoded = Self.decode("面积大于2000", selecting: [:], tags: [("2000", .greater, 2)])
    #expect(decoded.query == SketchQuery(selections: [], connective: .none, conditions: []))
    // Who never saw such a question has not learnt to refuse.
    var rules = DecodingRules()
    rules.refuses = false
    let given = Self.decode(
      "面积大于2000", selecting: [:], tags: [("2000", .greater, 2)], rules: rules)
    #expect(given.query.selections.count == 1 && given.query.conditions.count == 1)
    // But for rows, of which every table has a number.
    let counted = Self.decode(
      "面积大于2000的有几个", selecting: [:], tags: [("2000", .greater, 2)])
    #expect(counted.query.selections == [.init(column: 0, aggregate: .count)])
    #expect(counted.query.conditions.count == 1)
  }

  @Test(arguments: [
    ("2019年以后入职的有多少人", true), ("研发部有几个人？", true), ("月薪超过15000的有几位呢", true), ("有多少条", true),
    ("有多少", false), ("每个人有多少个孩子", false), ("人口是多少", false), ("有几个孩子", false), ("谁是负责人", false),
    ("", false),
  ])
  func questionsForTheNumberOfRows(_ question: String, _ isOne: Bool) {
    #expect(DecodingRules.countsRows(QuestionTokens(question)) == isOne)
  }

  @Test func rowsOfTokens() {
    let layout = QuestionLayout(characters: ["的", "导", "演", "票"])
    let question = QuestionTokens("王强的片名 2,000.5")
    #expect(question.tokens.map(\.text) == ["王", "强", "的", "片", "名", "2,000.5"])
    let links = SchemaLinks(Self.table).links(of: question)
    #expect(links == [.cell(1), .cell(1), nil, .header(0), .header(0), nil])
    var random = RandomStream(seed: 1)
    let row = layout.row(question, Self.table, links: links, random: &random)
    #expect(
      row.headers.count == 5 && row.question == 1..<7 && row.tokens.count == row.segments.count)
    func token(_ place: Int) -> String { layout.vocabulary.tokens[row.tokens[place]] }
    #expect(token(0) == "[CLS]" && token(3) == "的" && token(7) == "[SEP]")
    #expect(row.headers.map(token) == ["[TEXT]", "[TEXT]", "[REAL]", "[DATE]", "[REAL]"])
    // Unknown characters are alike where they are the same, and only there; a header's unit is not read.
    #expect(token(4).hasPrefix("[NAMELESS") && token(6).hasPrefix("[NUMBER"))
    #expect(row.tokens[4] == row.tokens[row.headers[0] + 1])
    #expect(row.tokens[4] != row.tokens[5])
    #expect(row.headers[3] - row.headers[2] == 4)
    // Segments: the column's number, and another for its cells.
    #expect(row.segments[4] == row.segments[row.headers[0]])
    #expect(row.segments[1] == row.segments[row.headers[1]] + QuestionLayout.columnLimit)
    #expect(row.segments[3] == 0)
  }

  @Test func theLongestLinkWins() {
    let table = QueryTable(
      name: "t",
      columns: [
        .init(header: "花萼长度", name: "a", kind: .number),
        .init(header: "花瓣长度", name: "b", kind: .number),
        .init(header: "sepal_width", name: "c", kind: .number),
      ], rowCount: 1)
    func links(_ text: String) -> [SchemaLinks.Link?] {
      SchemaLinks(table).links(of: QuestionTokens(text))
    }
    #expect(links("花瓣长度") == [.header(1), .header(1), .header(1), .header(1)])
    #expect(links("长度") == [.several, .several])
    #expect(links("Sepal Width") == [.header(2), .header(2)])
    // A table's name is what its rows are called.
    let named = SchemaLinks(Self.table).links(of: QuestionTokens("哪些影片的导演"))
    #expect(named == [nil, nil, .table, .table, nil, .header(1), .header(1)])
    #expect(links("花萼的长度") == [.header(0), .header(0), nil, .several, .several])
  }

  @Test func wideTablesAreNarrowedToWhatIsAsked() {
    let wide = QueryTable(
      name: "t",
      columns: (0..<500).map { .init(header: "指标\($0)", name: "指标\($0)", kind: .number) }
        + [.init(header: "毛利润", name: "毛利润", kind: .number)], rowCount: 1)
    var random = RandomStream(seed: 1)
    let question = QuestionTokens("毛利润是多少")
    let row = QuestionLayout(characters: []).row(
      question, wide, links: SchemaLinks(wide).links(of: question), random: &random)
    #expect(row.columns.count == QuestionLayout.columnLimit && row.columns.contains(500))
  }

  @Test func inventedQuestionsSayWhatTheyAsk() throws {
    var maker = QuestionMaker(random: RandomStream(seed: 3))
    var counts: [Int: Int] = [:]
    for _ in 0..<300 {
      let (invented, item) = maker.draw(InventedSchemas.training, nonsenseShare: 0.3)
      let table = invented.table
      counts[item.query.conditions.count, default: 0] += 1
      let scalars = Array(item.question.unicodeScalars)
      for span in item.spans {
        let text = String(String.UnicodeScalarView(scalars[span.range]))
        let condition = item.query.conditions[span.condition]
        // What the question says can be told from the table alone.
        let read = DecodingRules().condition(
          text, condition.comparison, columns: [condition.column], table
        ).condition
        #expect(read == condition, "\(item.question): \(text)")
      }
      #expect(Set(item.query.selections.map(\.column)).count == item.query.selections.count)
    }
    #expect((counts[2] ?? 0) > 60 && (counts[3] ?? 0) > 2)
    // Kinds of tables that are asked about in the end have headers of their own.
    func headers(_ schemas: [InventedSchemas.Schema]) -> Set<Set<String>> {
      Set(schemas.map { Set($0.attributes.flatMap(\.headers)) })
    }
    let (training, held) = (headers(InventedSchemas.training), headers(InventedSchemas.heldOut))
    for one in held {
      for other in training {
        #expect(Double(one.intersection(other).count) < 0.25 * Double(one.count))
      }
    }
  }

  @Test func filesOfQuestions() throws {
    try withTemporaryFolder { folder in
      let tables = """
        {"id": "a", "header": ["城市", "人口"], "types": ["text", "real"], "rows": [["北京市", 2000], ["上海市", 2400]]}
        """
      let questions = """
        {"question": "北京的人口是多少", "table_id": "a", "sql": {"sel": [1], "agg": [0], "cond_conn_op": 0, "conds": [[0, 2, "北京市"]]}}
        {"question": "人口大于2000的城市", "table_id": "a", "sql": {"sel": [0], "agg": [0], "cond_conn_op": 0, "conds": [[1, 0, "2000"]]}}
        {"question": "北京上海", "table_id": "a", "sql": {"sel": [1, 1], "agg": [2, 3], "cond_conn_op": 0, "conds": []}}
        {"question": "北京上海", "table_id": "a", "sql": {"sel": [1], "agg": [0], "cond_conn_op": 0, "conds": [[0, 2, "北京市"], [0, 2, "上海市"]]}}
        {"question": "苏州多大", "table_id": "b", "sql": {"sel": [2], "agg": [0], "cond_conn_op": 0, "conds": [[0, 2, "苏州"]]}}
        """
      try (questions + "\n").write(toFile: folder + "/q.jsonl", atomically: true, encoding: .utf8)
      try (tables + "\n").write(toFile: folder + "/tables.jsonl", atomically: true, encoding: .utf8)
      let file = try TableQuestionFile(folder)
      #expect(file.items.count == 3)
      #expect(
        file.notes.count == 3
          && file.notes.contains { $0.contains("1 of 5") && $0.contains("twice") })
      let item = file.items[0]
      // 北京市 is not in the question; what is most like it is.
      #expect(
        item.question.spans.first?.range == 0..<2 || item.question.spans.first?.range == 0..<3)
      #expect(item.table.columns.map(\.kind) == [.text, .number] && item.rows.count == 2)
      #expect(file.items[2].table.columns.map(\.header) == ["第1列", "第2列", "第3列"])
      try "{\"query\": 1}\n".write(toFile: folder + "/q.jsonl", atomically: true, encoding: .utf8)
      #expect(throws: (any Error).self) { try TableQuestionFile(folder + "/q.jsonl") }
    }
  }
}

import Formats
import Foundation
import Messages
import TableQueries
import Tokenizers
import Torch
import Transformers

/// A trained model in a run's folder that answers questions about tables: `sql/` with `vocab.txt`, `transformer.json`,
/// `reader.json`, `model.safetensors`, and a table with a question to try.
public struct SavedTableReader {
  private let folder: String

  /// - Parameter folder: The run's.
  public init(folder: String) { self.folder = folder + "/sql" }

  private struct Description: Codable {
    var score: ColumnScore
    var links: Bool
    /// Missing in older runs, all of invented questions.
    var refuses: Bool?
    var question: String
  }

  func write(_ reader: TableReader, example: TableItem?) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try reader.layout.vocabulary.write(to: folder + "/vocab.txt")
    func write(_ value: some Encodable, _ name: String) throws {
      let text = try JSONValue(encoding: value).text(pretty: true)
      try AtomicFile.write(text + "\n", to: folder + "/" + name)
    }
    try write(reader.model.encoder.configuration, "transformer.json")
    try write(
      Description(
        score: reader.model.columnScore, links: reader.layout.marksLinks,
        refuses: reader.rules.refuses, question: example?.question.question ?? ""), "reader.json")
    try reader.model.save(to: folder + "/model.safetensors")
    guard let example else { return }
    let rows = [example.table.columns.map(\.header)] + example.rows
    let lines = rows.map {
      $0.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",")
    }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: folder + "/example.csv")
  }

  private func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    do {
      return try JSONDecoder().decode(
        type, from: Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
    } catch {
      throw FileError(
        path: folder + "/" + name, reason: "describes no model that this version knows")
    }
  }

  /// A table and a question about it; `nil` if the folder holds no reader.
  public var example: (table: String, question: String)? {
    guard FileManager.default.fileExists(atPath: folder + "/example.csv"),
      let description = try? decoded(Description.self, "reader.json")
    else { return nil }
    return (folder + "/example.csv", description.question)
  }

  func reader() throws -> TableReader {
    guard FileManager.default.fileExists(atPath: folder + "/model.safetensors") else {
      throw InputError("\(folder) does not exist: only finished runs of nl2sql ask tables")
    }
    let configuration = try decoded(TransformerConfiguration.self, "transformer.json")
    let description = try decoded(Description.self, "reader.json")
    var layout = QuestionLayout(vocabulary: try Vocabulary(contentsOf: folder + "/vocab.txt"))
    guard layout.isWhole, layout.vocabulary.count <= configuration.vocabularySize else {
      throw FileError(path: folder + "/vocab.txt", reason: "is not the vocabulary of this model")
    }
    layout.marksLinks = description.links
    let model = QuestionModel(encoder: Transformer(configuration), score: description.score)
    try model.load(from: folder + "/model.safetensors")
    model.evaluate()
    var reader = TableReader(model: model, layout: layout)
    reader.rules.refuses = description.refuses ?? true
    return reader
  }

  /// Asks the tables of `source`.
  public func asker(_ source: TableSource) throws -> (_ question: String, _ limit: Int) throws ->
    TableAnswer
  {
    let asker = try asker()
    let tables = source.tables.map { (table: $0, links: SchemaLinks($0)) }
    return { question, limit in try asker(source, tables, question, limit) }
  }

  /// Asks any tables, with the model loaded once.
  public func answerer() throws -> (_ source: TableSource, _ question: String, _ limit: Int) throws
    -> TableAnswer
  {
    let asker = try asker()
    return { source, question, limit in
      try asker(source, source.tables.map { ($0, SchemaLinks($0)) }, question, limit)
    }
  }

  private func asker() throws -> (
    TableSource, [(table: QueryTable, links: SchemaLinks)], String, Int
  ) throws -> TableAnswer {
    let reader = try reader()
    return { try TableAnswer($2, reader, $0, $1, limit: $3) }
  }
}

/// What a question about tables got: the query, why, and its rows.
public struct TableAnswer: Sendable {
  /// A part of the query, and the words of the question that gave it.
  public struct Part: Sendable {
    /// `MAX("人口")`, `"城市" = '北京'`.
    public let sql: String
    public let words: [String]
    public let note: String?
  }

  public let question: String
  public let table: String
  /// How much spoke for each table, where there are several.
  public let scores: [(table: String, score: Double)]
  public let statement: Statement
  public let parts: [Part]
  public let rows: Database.Rows
  /// What the table's import changed, and what of the question no query of this form says.
  public let notes: [String]

  init(
    _ question: String, _ reader: TableReader, _ source: TableSource,
    _ tables: [(table: QueryTable, links: SchemaLinks)], limit: Int
  ) throws {
    let chosen = reader.choose(question, among: tables)
    let asked = chosen.asked
    var answer = chosen.answer
    self.question = question
    let table = asked.table
    self.table = table.name
    scores =
      tables.count < 2
      ? []
      : chosen.scores.sorted { $0.value > $1.value }.map { (tables[$0.key].table.name, $0.value) }
    guard !answer.query.selections.isEmpty else {
      throw InputError(Self.noColumn(asked))
    }
    // Of a large table not all cells were looked at: one that is there is not replaced by another.
    for (index, condition) in answer.query.conditions.enumerated() {
      let column = table.columns[condition.column]
      let text = answer.values[index].text
      if column.kind == .text, !column.areCellsComplete, condition.value != .value(.text(text)),
        try source.holds(text, column: condition.column, of: table)
      {
        answer.query.conditions[index].value = .value(.text(text))
        answer.values[index].note = nil
      }
    }
    statement = Statement(answer.query, on: table)
    let reasons = QueryReasons(asked, answer, by: reader.model)
    func words(_ ranges: [Range<Int>]) -> [String] {
      ranges.map { String(String.UnicodeScalarView(asked.question.scalars[$0])) }
    }
    var parts: [Part] = []
    for (selection, ranges) in zip(answer.query.selections, reasons.selections) {
      let alone = SketchQuery(selections: [selection], connective: .none, conditions: [])
      parts.append(
        Part(sql: Statement.selected(alone, on: table), words: words(ranges), note: nil))
    }
    for (index, condition) in answer.query.conditions.enumerated() {
      parts.append(
        Part(
          sql: Statement.shown(condition, on: table),
          words: words(
            (reasons.conditions[index] + [answer.values[index].range]).sorted {
              $0.lowerBound < $1.lowerBound
            }),
          note: answer.values[index].note))
    }
    self.parts = parts
    rows = try source.database.query(statement.sql, statement.values, limit: limit)
    // A word that no part of the query comes from may have meant something.
    let used = answer.values.map(\.range) + (reasons.selections + reasons.conditions).joined()
    let ignored = Self.unused(asked, besides: used).filter { $0.count > 1 }.map {
      "'\($0)' is in no part of the query"
    }
    notes = table.notes + ignored + Self.unsaid(question, answer.query, asked)
  }

  /// What is asked that the table does not have, with the columns of the nearest names.
  private static func noColumn(_ asked: TableReader.Asked) -> String {
    let names = asked.table.columns.map(\.name)
    let words = unused(asked, besides: []).max { $0.count < $1.count } ?? ""
    func shared(_ name: String) -> Int { Set(name.lowercased()).intersection(words).count }
    let near = names.indices.sorted {
      let (one, other) = (shared(names[$0]), shared(names[$1]))
      return one != other ? one > other : $0 < $1
    }.prefix(5).map { "'\(names[$0])'" }
    let what =
      words.isEmpty ? "no column of the table is asked for" : "no such column: '\(words)'"
    return "\(what); the nearest of \(names.count) are \(near.joined(separator: ", "))"
  }

  /// Characters of which questions are made, whatever they are about.
  private static let common = Set(
    "的是多少什么哪些个有几请问一下我想知道在谁查帮你能告诉列出和或并且都吗呢啊呀？?，,。、！!“”了那给看为叫大于小超过低高不到以上下前后最平均总共合计求值数量所全部分别它这时候年月日号如果则就它们其中里面还及跟与同而要且者字么当家位名本条种部每各"
  )

  /// Words that are in no header and no cell, and not what every question is made of.
  private static func unused(_ asked: TableReader.Asked, besides values: [Range<Int>]) -> [String] {
    var words: [String] = []
    var current = ""
    let known = common.union(asked.table.name)
    for (index, token) in asked.question.tokens.enumerated() {
      // A unit belongs to the number before it.
      let isPlain =
        asked.links[index] == nil && !token.isNumber && !token.text.allSatisfy(known.contains)
        && !values.contains { $0.overlaps(token.range) }
        && !(current.isEmpty && index > 0 && asked.question.tokens[index - 1].isNumber)
      if isPlain {
        current += token.text
      } else if !current.isEmpty {
        words.append(current)
        current = ""
      }
    }
    return current.isEmpty ? words : words + [current]
  }

  /// What of the question a query of this form cannot say.
  private static func unsaid(_ question: String, _ query: SketchQuery, _ asked: TableReader.Asked)
    -> [String]
  {
    var notes: [String] = []
    func has(_ words: String...) -> String? { words.first(where: question.contains) }
    if let word = has("每个", "各个", "每家", "每种", "每年", "按照"),
      query.selections.contains(where: { $0.aggregate != .none })
    {
      notes.append("'\(word)' may ask for groups: queries of this form have no GROUP BY")
    }
    if let word = has("前三", "前五", "前十", "前两", "前2", "前3", "前5", "前10", "排序", "排名前", "第二", "第三") {
      notes.append(
        "'\(word)' may ask for an order: queries of this form have no ORDER BY and no LIMIT")
    }
    if let word = has("不低于", "不少于", "至少", "不超过", "不高于", "至多", "以上", "以下", "以内"),
      query.conditions.contains(where: { $0.comparison == .greater || $0.comparison == .less })
    {
      notes.append("'\(word)' leaves out the bound itself: queries of this form know > and < alone")
    }
    let (left, right) = (asked.table.columns.count, asked.row.columns.count)
    if right < left {
      notes.append("the model read the \(right) columns nearest to the question of \(left)")
    }
    return notes
  }
}

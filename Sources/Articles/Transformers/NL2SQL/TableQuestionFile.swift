import Formats
import Foundation
import Messages
import TableQueries

/// Reads questions about tables, one JSON object a line.
///
/// - TableQA: `{question, table_id, sql: {sel, agg, cond_conn_op, conds: [[column, operator, value]]}}`; tables beside them,
///   in a file whose name holds "table": `{id, header, types, rows}`. Without tables columns have numbers for names.
/// - WikiSQL v2: `{question, table_id, columns_seen, sql: {sel, agg, conds}}` with columns by name and without rows.
struct TableQuestionFile {
  private(set) var items: [TableItem] = []
  private(set) var notes: [String] = []

  private struct KnownTable {
    var table: QueryTable
    var rows: [[String]]
  }

  /// - Parameter path: A file of questions, or a folder of files.
  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    var files = [path]
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        .filter { $0.contains(".json") }.map { path + "/" + $0 }
    } else {
      // Tables that lie beside the questions.
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      files += ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        .filter { $0.contains("table") && $0.contains(".json") }.map { folder + "/" + $0 }
        .filter { $0 != path }
    }
    var tables: [String: KnownTable] = [:]
    var questions: [JSONValue] = []
    for file in files {
      let bytes = try ByteSource(path: file).readAll()
      let text = bytes.last == 0x0A ? bytes : bytes + [0x0A]
      guard let values = try? text.withUnsafeBytes({ try JSONLines.parse($0, path: file).values })
      else { continue }
      for value in values {
        if let table = Self.table(value) {
          tables[table.table.name] = table
        } else if value["question"] != nil {
          questions.append(value)
        }
      }
    }
    guard questions.contains(where: { $0["sql"]?["sel"] != nil }) else {
      throw FileError(
        path: path,
        reason:
          "has no question with sql.sel, sql.agg and sql.conds; known are TableQA's and WikiSQL's JSON lines"
      )
    }
    read(questions, tables)
  }

  private static func table(_ value: JSONValue) -> KnownTable? {
    guard let id = value["id"]?.stringValue, let header = value["header"]?.arrayValue,
      let rows = value["rows"]?.arrayValue
    else { return nil }
    let headers = header.map { $0.stringValue ?? "" }
    let types = value["types"]?.arrayValue?.map { $0.stringValue ?? "" } ?? []
    let texts = rows.map { row in (row.arrayValue ?? []).map(text) }
      .filter { $0.count == headers.count }
    var names: Set<String> = []
    let columns = headers.enumerated().map { index, header in
      let cells = texts.map { $0[index] }
      var name = header.isEmpty ? "列\(index + 1)" : header
      while !names.insert(name.lowercased()).inserted { name += "_2" }
      let numbers = cells.compactMap(Double.init)
      let isNumber = types[safe: index] == "real" || (types.isEmpty && numbers.count == cells.count)
      return QueryTable.Column(
        header: header, name: name, kind: isNumber ? .number : .text,
        cells: isNumber ? [] : Array(Set(cells)).sorted(),
        range: numbers.min().flatMap { low in numbers.max().map { low...$0 } })
    }
    return KnownTable(
      table: QueryTable(name: id, columns: columns, rowCount: texts.count), rows: texts)
  }

  private static func text(_ value: JSONValue) -> String {
    value.stringValue ?? value.doubleValue.map { SQLValue($0).text } ?? ""
  }

  private mutating func read(_ questions: [JSONValue], _ tables: [String: KnownTable]) {
    let bare = Self.bareTables(
      questions.filter { tables[$0["table_id"]?.stringValue ?? ""] == nil })
    var left: [String: Int] = [:]
    var isTableless = 0
    for value in questions {
      let id = value["table_id"]?.stringValue ?? ""
      if tables[id] == nil { isTableless += 1 }
      guard let known = tables[id] ?? bare[id] else {
        left["their table is not described", default: 0] += 1
        continue
      }
      switch Self.item(value, known) {
      case .success(let item): items.append(item)
      case .failure(let refusal): left[refusal.reason, default: 0] += 1
      }
    }
    for (reason, count) in left.sorted(by: { $0.key < $1.key }) {
      notes.append("\(count) of \(questions.count) questions left out: \(reason)")
    }
    if isTableless > 0 {
      notes.append(
        "\(isTableless) of \(questions.count) questions come without their table's rows: no query of them is run"
      )
    }
  }

  /// Tables of which nothing but the questions is known: columns by name where these say them, else by number.
  private static func bareTables(_ questions: [JSONValue]) -> [String: KnownTable] {
    var tables: [String: KnownTable] = [:]
    for (id, group) in Dictionary(grouping: questions, by: { $0["table_id"]?.stringValue ?? "" }) {
      var names = group.first?["columns_seen"]?.arrayValue?.map { $0.stringValue ?? "" } ?? []
      if names.isEmpty {
        let numbers = group.flatMap { question -> [Int] in
          let sql = question["sql"]
          return (sql?["sel"]?.arrayValue ?? []).compactMap(\.integerValue)
            + (sql?["conds"]?.arrayValue ?? []).compactMap { $0.arrayValue?.first?.integerValue }
        }
        names = (0...(numbers.max() ?? 0)).map { "第\($0 + 1)列" }
      }
      var isText = [Bool](repeating: false, count: names.count)
      for question in group {
        for condition in question["sql"]?["conds"]?.arrayValue ?? [] {
          guard let parts = condition.arrayValue, parts.count == 3,
            let column = column(parts[0], names), names.indices.contains(column)
          else { continue }
          if Double(text(parts[2])) == nil { isText[column] = true }
        }
      }
      let columns = names.indices.map {
        QueryTable.Column(header: names[$0], name: names[$0], kind: isText[$0] ? .text : .number)
      }
      tables[id] = KnownTable(table: QueryTable(name: id, columns: columns, rowCount: 0), rows: [])
    }
    return tables
  }

  private static func column(_ value: JSONValue, _ names: [String]) -> Int? {
    value.integerValue ?? value.stringValue.flatMap(names.firstIndex)
  }

  /// Why a question is left out.
  private struct Refusal: Error {
    let reason: String
  }

  private static func item(_ value: JSONValue, _ known: KnownTable) -> Result<TableItem, Refusal> {
    func refuse(_ reason: String) -> Result<TableItem, Refusal> {
      .failure(Refusal(reason: reason))
    }
    let names = known.table.columns.map(\.header)
    guard let question = value["question"]?.stringValue, let sql = value["sql"] else {
      return refuse("they have no question or no sql")
    }
    let selected = sql["sel"]?.arrayValue ?? sql["sel"].map { [$0] } ?? []
    let aggregates = sql["agg"]?.arrayValue ?? sql["agg"].map { [$0] } ?? []
    var selections: [SketchQuery.Selection] = []
    for (column, aggregate) in zip(selected, aggregates) {
      guard let column = self.column(column, names), known.table.columns.indices.contains(column),
        let kind = aggregate.integerValue.map(Aggregate.init)
          ?? Aggregate.allCases.first(where: { ($0.function ?? "") == aggregate.stringValue })
      else { return refuse("they select a column or an aggregate that is not there") }
      selections.append(.init(column: column, aggregate: kind))
    }
    guard Set(selections.map(\.column)).count == selections.count, !selections.isEmpty else {
      return refuse("they select one column twice, or none, which the model cannot express")
    }
    var conditions: [SketchQuery.Condition] = []
    var spans: [TableQuestion.Span] = []
    for part in sql["conds"]?.arrayValue ?? [] {
      guard let parts = part.arrayValue, parts.count == 3,
        let column = self.column(parts[0], names),
        known.table.columns.indices.contains(column),
        let comparison =
          parts[1].integerValue.map(Comparison.init)
          ?? Comparison.allCases.first(where: { $0.fileSymbol == parts[1].stringValue })
      else { return refuse("they have a condition that the model cannot express") }
      let text = self.text(parts[2])
      guard let range = place(of: text, in: question) else {
        return refuse("nothing in them is like the value of a condition")
      }
      spans.append(.init(range: range, condition: conditions.count))
      let isNumber = known.table.columns[column].kind == .number
      let value = isNumber ? Double(text).map { SQLValue($0) } ?? .text(text) : .text(text)
      conditions.append(.init(column: column, comparison: comparison, value: .value(value)))
    }
    let joined = sql["cond_conn_op"]?.integerValue.flatMap(Connective.init)
    guard conditions.count < 2 || joined != Connective.none else {
      return refuse("they have several conditions and nothing that joins them")
    }
    let tokens = QuestionTokens(question).tokens.count
    guard tokens <= QuestionLayout.questionLimit else { return refuse("they are too long") }
    let query = SketchQuery(
      selections: selections, connective: conditions.count < 2 ? .none : joined ?? .and,
      conditions: conditions)
    return .success(
      TableItem(
        table: known.table, question: TableQuestion(question: question, query: query, spans: spans),
        rows: known.rows))
  }

  /// Where a value stands in a question: as it is, else the piece of like length that differs least from it.
  static func place(of value: String, in question: String) -> Range<Int>? {
    let text = FoldedText.scalars(question)
    let wanted = FoldedText.scalars(value)
    guard !wanted.isEmpty, !text.isEmpty else { return nil }
    var best: (range: Range<Int>, distance: Int)?
    for length in max(1, wanted.count - 2)...wanted.count + 2 where length <= text.count {
      for start in 0...text.count - length {
        let range = start..<start + length
        guard
          let distance = CellMatching.distance(
            Array(text[range]), wanted, limit: best.map { $0.distance - 1 } ?? wanted.count)
        else { continue }
        best = (range, distance)
        if distance == 0 { return range }
      }
    }
    return best.flatMap { $0.distance < max(1, wanted.count) ? $0.range : nil }
  }
}

extension Comparison {
  /// As files of questions write it.
  var fileSymbol: String {
    switch self {
    case .greater: ">"
    case .less: "<"
    case .equal: "="
    case .unequal: "!="
    }
  }
}

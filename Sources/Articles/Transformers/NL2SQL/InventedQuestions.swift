import Parallel
import TableQueries

/// Draws questions about an invented table, with the queries they ask for.
///
/// Most name their columns, some by a part of the name or by 谁, 哪里, 多少钱; values are cells or numbers near them,
/// written in several ways. One in sixteen asks for a column that the table does not have.
struct QuestionMaker {
  var maker: TableMaker
  /// The share of text values that are abbreviated or mistyped.
  var fuzzyShare = 0.1

  init(random: RandomStream) { maker = TableMaker(random: random) }

  struct Piece {
    enum Kind: Equatable {
      case wording, header
      case value(Int)
    }
    var text: String
    var kind = Kind.wording
  }

  struct Drawn {
    var pieces: [Piece] = []
    var selections: [SketchQuery.Selection] = []
    var connective = Connective.none
    var conditions: [SketchQuery.Condition] = []
    var needsMeaning = false
  }

  /// A table and a question about it; `nil` queries are not among them.
  mutating func draw(_ schemas: [InventedSchemas.Schema], nonsenseShare: Double) -> (
    table: InventedTable, question: TableQuestion
  ) {
    while true {
      let table = maker.table(of: schemas, nonsenseShare: nonsenseShare)
      guard let drawn = drawn(table), let item = item(drawn, table) else { continue }
      guard maker.chance(0.06) else { return (table, item) }
      if let without = unanswerable(drawn, table) { return without }
      return (table, item)
    }
  }

  // MARK: - The whole

  private mutating func drawn(_ table: InventedTable) -> Drawn? {
    var drawn = Drawn()
    let count = maker.pick([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3])
    let columns = maker.shuffled(Array(table.attributes.indices))
    guard columns.count >= 3 else { return nil }
    var clauses: [[Piece]] = []
    // One column of two conditions: 北京和上海, 大于 5 或者小于 1.
    if count == 2, maker.chance(0.22), let clause = twice(columns[0], table, &drawn) {
      clauses = [clause]
      drawn.connective = .or
    } else {
      for column in columns.prefix(min(count, columns.count - 1)) {
        guard let clause = clause(column, table, &drawn) else { return nil }
        clauses.append(clause)
      }
      if drawn.conditions.count > 1 { drawn.connective = maker.chance(0.66) ? .and : .or }
    }
    let rest = columns.filter { column in !drawn.conditions.contains { $0.column == column } }
    guard !rest.isEmpty else { return nil }
    ask(rest, table, joined(clauses, drawn.connective), isMany: drawn.conditions.count != 1, &drawn)
    return drawn.selections.isEmpty ? nil : drawn
  }

  /// Clauses as one.
  private mutating func joined(_ clauses: [[Piece]], _ connective: Connective) -> [Piece] {
    guard var pieces = clauses.first else { return [] }
    let words =
      connective == .or
      ? "或者 或 或是 ，或者 ，要么 ，或" : "并且 而且 且 ， ， ，同时 ，并且 ，还有 和 、 又 ，另外 ，且 、并且 同时"
    for clause in clauses.dropFirst() {
      pieces.append(Piece(text: maker.words(words)))
      pieces += clause
    }
    return pieces
  }

  private mutating func item(_ drawn: Drawn, _ table: InventedTable) -> TableQuestion? {
    var text = ""
    var count = 0
    var spans: [TableQuestion.Span] = []
    var content: Set<String> = []
    var wording: Set<String> = []
    for piece in drawn.pieces {
      let length = piece.text.unicodeScalars.count
      let tokens = QuestionTokens(piece.text).tokens.map(\.text)
      switch piece.kind {
      case .wording: wording.formUnion(tokens)
      case .header: content.formUnion(tokens)
      case .value(let condition):
        content.formUnion(tokens)
        spans.append(.init(range: count..<count + length, condition: condition))
      }
      text += piece.text
      count += length
    }
    for header in table.headers { content.formUnion(QuestionTokens(header).tokens.map(\.text)) }
    guard count < QuestionLayout.questionLimit else { return nil }
    return TableQuestion(
      question: text,
      query: SketchQuery(
        selections: drawn.selections, connective: drawn.connective, conditions: drawn.conditions),
      spans: spans, contentTexts: content.subtracting(wording),
      needsMeaning: drawn.needsMeaning)
  }

  /// The question without the table's column that it asks for first, by its own name.
  private mutating func unanswerable(_ drawn: Drawn, _ table: InventedTable) -> (
    table: InventedTable, question: TableQuestion
  )? {
    let column = drawn.selections[0].column
    let core = MeasuringUnit.split(header: table.headers[column]).core
    guard drawn.pieces.contains(where: { $0.kind == .header && $0.text == core }),
      table.headers.count > 3
    else { return nil }
    var table = table
    table.attributes.remove(at: column)
    table.headers.remove(at: column)
    for row in table.rows.indices { table.rows[row].remove(at: column) }
    // A column whose name shares something with it would be an answer.
    let letters = Set(core)
    guard !table.headers.contains(where: { $0.contains { letters.contains($0) } }) else {
      return nil
    }
    var nothing = drawn
    nothing.selections = []
    nothing.connective = .none
    nothing.conditions = []
    nothing.pieces = drawn.pieces.map { piece in
      if case .value = piece.kind { Piece(text: piece.text, kind: .header) } else { piece }
    }
    guard let item = item(nothing, table) else { return nil }
    return (table, item)
  }

  // MARK: - Words

  /// Wording with {h} for the column's name and {v} for the value.
  func filled(_ template: String, header: Piece?, value: Piece? = nil) -> [Piece] {
    var pieces: [Piece] = []
    var current = ""
    func flush() {
      if !current.isEmpty { pieces.append(Piece(text: current)) }
      current = ""
    }
    var rest = Substring(template)
    while let character = rest.first {
      if rest.hasPrefix("{h}"), let header {
        flush()
        pieces.append(header)
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("{v}"), let value {
        flush()
        pieces.append(value)
        rest = rest.dropFirst(3)
      } else {
        current.append(character)
        rest = rest.dropFirst()
      }
    }
    flush()
    return pieces
  }

  /// A column's name as people say it: mostly whole, at times a part that no other column's name holds.
  mutating func mention(_ column: Int, _ table: InventedTable) -> Piece {
    let core = MeasuringUnit.split(header: table.headers[column]).core
    // 国家名称 of a column called 名称.
    if column == table.subject, core.count <= 2, core.hasPrefix("名") || core == "姓名",
      maker.chance(0.4)
    {
      return Piece(
        text: table.entity + maker.words("的 . .").replacing(".", with: "") + core, kind: .header)
    }
    if core.count >= 4, core.allSatisfy({ !$0.isASCII }), maker.chance(0.2) {
      let characters = Array(core)
      let length = core.count - maker.integer(1...min(2, core.count - 2))
      let part = String(maker.chance(0.5) ? characters.prefix(length) : characters.suffix(length))
      let others = table.headers.indices.filter { $0 != column }.map { table.headers[$0] }
      if !others.contains(where: { $0.contains(part) }) { return Piece(text: part, kind: .header) }
    }
    // 花萼 长度 as 花萼的长度.
    if core.count == 4, core.allSatisfy({ !$0.isASCII }), maker.chance(0.08) {
      return Piece(text: "\(core.prefix(2))的\(core.suffix(2))", kind: .header)
    }
    return Piece(text: core, kind: .header)
  }
}

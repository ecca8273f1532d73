import Datasets
import Messages
import Parallel
import TableQueries

/// A question about a table, with the database that holds it where its rows are known.
struct TableItem: Sendable {
  let table: QueryTable
  let question: TableQuestion
  /// Rows as texts; empty where they are not known.
  let rows: [[String]]

  /// A database with the table; `nil` without rows.
  func source() throws -> TableSource? {
    guard !rows.isEmpty else { return nil }
    return try TableSource(name: table.name, header: table.columns.map(\.header), rows: rows)
  }
}

/// Questions to train on and questions to answer.
struct QuestionCorpus: Sendable {
  /// Whether they are invented, drawn anew at each visit.
  let isInvented: Bool
  let training: [TableItem]
  let heldOut: [TableItem]
  /// Texts that occur often enough to be known.
  let characters: [String]
  /// What was left out of a file, and why.
  let notes: [String]

  /// The share of invented tables whose columns mean nothing.
  private static let nonsenseShare = 0.35

  /// Invented questions; those that are answered in the end are about other kinds of tables.
  init(heldOutCount: Int, seed: UInt64) {
    isInvented = true
    training = []
    notes = []
    var maker = QuestionMaker(random: RandomStream(seed: seed, stream: 6772))
    characters = Self.frequent(
      (0..<4000).map { _ in
        let drawn = maker.draw(InventedSchemas.training, nonsenseShare: 0.1)
        return [drawn.question.question] + drawn.table.headers
      }, minimumCount: 8)
    maker = QuestionMaker(random: RandomStream(seed: seed, stream: 6773))
    heldOut = (0..<heldOutCount).map { _ in
      let drawn = maker.draw(InventedSchemas.heldOut, nonsenseShare: 0)
      return TableItem(
        table: drawn.table.table, question: drawn.question, rows: drawn.table.rows)
    }
  }

  /// The user's questions: of one table in ten they are held out.
  init(path: String, heldOutCount: Int) throws {
    let file = try TableQuestionFile(path)
    guard file.items.count >= 20 else {
      throw InputError("\(path) has \(file.items.count) questions; training needs at least 20")
    }
    isInvented = false
    notes = file.notes
    let groups = Dictionary(grouping: file.items, by: \.table.name).sorted { $0.key < $1.key }.map(
      \.value)
    var random = RandomStream(seed: 6774)
    var order = Array(groups.indices)
    for index in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(index, random.below(index + 1))
    }
    let cut = max(1, groups.count / 10)
    heldOut = Array(order.prefix(cut).flatMap { groups[$0] }.prefix(heldOutCount))
    training = order.dropFirst(cut).flatMap { groups[$0] }
    guard !training.isEmpty else {
      throw InputError("\(path) has questions about one table only; some have to be held out")
    }
    characters = Self.frequent(
      training.map { [$0.question.question] + $0.table.columns.map(\.title) }, minimumCount: 8)
  }

  /// Texts of tokens in at least so many of `documents`, the most frequent first.
  private static func frequent(_ documents: [[String]], minimumCount: Int) -> [String] {
    var counts: [String: Int] = [:]
    for document in documents {
      let tokens = document.flatMap { QuestionTokens($0).tokens }
      for text in Set(tokens.filter { !$0.isNumber }.map(\.text)) { counts[text, default: 0] += 1 }
    }
    return counts.filter { $0.value >= minimumCount }
      .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
  }

  func samples(_ layout: QuestionLayout) -> Examples {
    guard isInvented else {
      let items = training
      return Examples(count: items.count) { index, random in
        Self.example(items[index].question, items[index].table, layout, &random)
      }
    }
    return Examples(count: 20_000) { _, random in
      var maker = QuestionMaker(random: random)
      let drawn = maker.draw(InventedSchemas.training, nonsenseShare: Self.nonsenseShare)
      random = maker.maker.random
      return Self.example(drawn.question, drawn.table.table, layout, &random)
    }
  }

  private static func example(
    _ question: TableQuestion, _ table: QueryTable, _ layout: QuestionLayout,
    _ random: inout RandomStream
  ) -> Example {
    // Without its cells now and then: a large table has more than are looked at.
    let links = SchemaLinks(table).links(
      of: QuestionTokens(question.question), withCells: random.uniform() > 0.15,
      withName: random.uniform() > 0.25)
    // What words mean helps with tables like these, and misleads with others.
    let draw = random.uniform()
    let share: Double = question.needsMeaning || draw < 0.35 ? 0 : draw < 0.6 ? 0.3 : 1.0
    var hidden: Set<String> = []
    for text in question.contentTexts.sorted() where random.uniform() < share {
      hidden.insert(text)
    }
    return layout.example(question, table, links: links, hidden: hidden, random: &random)
  }
}

import ArgumentParser
import Articles
import Formats
import Foundation
import Messages
import TableQueries
import Tracking

struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Ask tables questions in Chinese: the SQL, why, and the rows.",
    discussion: """
      A run of `danlu run nl2sql` writes the query: the newest under --runs unless --run names one. Tables are CSV or
      TSV files (UTF-8 or GB18030) or one SQLite database, which is only read. Of several tables the one that the
      question speaks of is asked. Queries are SELECT, an aggregate, and conditions joined by AND or OR: no groups, no
      order, no joins. Values are bound, names come from the headers. Without a question it asks for questions, one a line.

      Examples:
        danlu sql --table 城市.csv "人口超过五百万的城市有哪些？"
        danlu sql --table shop.sqlite --json "最贵的商品是哪个"
        danlu sql --run runs/nl2sql-20260101-120000 --table a.csv --table b.csv
      """)

  @Argument(help: "The question; without it, lines of standard input.")
  var question: String?

  @Option(help: "A CSV or TSV file, repeatable, or an SQLite database.")
  var table: [String] = []

  @OptionGroup var chosen: RunChoice

  @Option(help: "Rows that are shown.")
  var limit = 20

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if table.isEmpty {
      throw ValidationError("--table is missing: a CSV file or an SQLite database")
    }
    if limit < 1 { throw ValidationError("--limit must be at least 1, received \(limit)") }
    if let question, question.allSatisfy(\.isWhitespace) {
      throw ValidationError("the question is empty")
    }
  }

  func run() throws {
    let source = try TableSource(files: table)
    let folder = try chosen.path(of: "nl2sql", with: "sql/model.safetensors")
    let ask = try SavedTableReader(folder: folder).asker(source)
    if let question { return try show(try ask(question, limit)) }
    var asked = 0
    var failed = 0
    while let line = readLine() {
      let question = line.trimmingCharacters(in: .whitespaces)
      if question.isEmpty { continue }
      asked += 1
      do {
        try show(try ask(question, limit))
      } catch let error as InputError {
        // One question that the tables cannot answer does not silence the others.
        failed += 1
        if output.json {
          try Console.json(Refusal(question: question, error: "\(error)"))
        } else {
          Console.output("\(question)\n  \(error)")
        }
      }
      if !output.json { Console.output("") }
    }
    if asked == 0 { throw ValidationError("there is no question: give one, or one a line") }
    if failed > 0 { throw Failure("\(failed) of \(asked) questions got no query") }
  }

  private struct Refusal: Encodable {
    let question, error: String
  }

  private struct Reply: Encodable {
    struct Part: Encodable {
      let sql: String
      let words: [String]
      let note: String?
    }

    let question, table, sql: String
    let values: [JSONValue]
    let parts: [Part]
    let columns: [String]
    let rows: [[JSONValue]]
    let isCut: Bool
    let tables: [String: Double]
    let notes: [String]
  }

  private func show(_ answer: TableAnswer) throws {
    guard !output.json else {
      return try Console.json(
        Reply(
          question: answer.question, table: answer.table, sql: answer.statement.sql,
          values: answer.statement.values.map(\.json),
          parts: answer.parts.map { .init(sql: $0.sql, words: $0.words, note: $0.note) },
          columns: answer.rows.names, rows: answer.rows.rows.map { $0.map(\.json) },
          isCut: answer.rows.isCut,
          tables: Dictionary(answer.scores.map { ($0.table, $0.score) }) { first, _ in first },
          notes: answer.notes))
    }
    if question == nil { Console.output(answer.question) }
    if !answer.scores.isEmpty {
      let scores = answer.scores.map { "\($0.table) \(NumberText.fixed($0.score, decimals: 1))" }
      Console.output("table   \(answer.table)  (\(scores.joined(separator: ", ")))")
    }
    Console.output("SQL     \(answer.statement.sql)")
    if !answer.statement.values.isEmpty {
      Console.output("values  \(answer.statement.values.map(\.literal).joined(separator: ", "))")
    }
    for part in answer.parts {
      let words =
        part.words.isEmpty
        ? "the question as a whole" : part.words.map { "“\($0)”" }.joined(separator: " ")
      Console.output("why     \(part.sql)  ←  \(words)" + (part.note.map { "; \($0)" } ?? ""))
    }
    for note in answer.notes { Console.output("note    \(note)") }
    Console.output("")
    for line in TextGrid.lines(answer.rows.names, answer.rows.rows.map { $0.map(\.text) }) {
      Console.output(line)
    }
    if answer.rows.rows.isEmpty { Console.output("(no rows)") }
    if answer.rows.isCut { Console.output("… and more; --limit shows them") }
  }
}

/// A table of texts in columns of a terminal, in which an ideograph is two places wide.
enum TextGrid {
  static func lines(_ names: [String], _ rows: [[String]], widest: Int = 40) -> [String] {
    let table = ([names] + rows).map { $0.map { shortened($0, widest) } }
    let widths = names.indices.map { column in table.map { width($0[column]) }.max() ?? 0 }
    return table.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - width($0)) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
  }

  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.value {
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x20000...0x3FFFD:
        sum + 2
      default: sum + 1
      }
    }
  }

  private static func shortened(_ text: String, _ widest: Int) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard width(line) > widest else { return line }
    var part = ""
    for character in line {
      if width(part) + 3 > widest { break }
      part.append(character)
    }
    return part + "…"
  }
}

import Formats
import TableQueries

/// `answers.jsonl` of a run: for each held-out question the query that was wanted and the one that was given, so that
/// other programs can score them.
///
///     {"question": …, "table": …, "wanted": QUERY, "given": QUERY, "right": true}
///
/// A QUERY has columns by name, `{"sel": […], "agg": […], "conds": [[column, operator, value], …], "cond_conn_op": N}`,
/// as WikiSQL's files; aggregates and connectives are words and numbers of TableQA's.
enum AnswerFile {
  static func write(_ answers: HeldOutAnswers, to folder: String) throws {
    try AtomicFile.write(to: folder + "/answers.jsonl") { file in
      for answered in answers.answered {
        let (wanted, given) = (answered.item.question.query, answered.answer.query)
        let line: JSONValue = [
          "question": .string(answered.item.question.question),
          "table": .string(answered.item.table.name),
          "wanted": json(wanted, answered.item.table), "given": json(given, answered.item.table),
          "right": .bool(given.matches(wanted)),
        ]
        try file.write(line.text() + "\n")
      }
    }
  }

  private static func json(_ query: SketchQuery, _ table: QueryTable) -> JSONValue {
    func name(_ column: Int) -> JSONValue { .string(table.columns[column].header) }
    return [
      "sel": .array(query.selections.map { name($0.column) }),
      "agg": .array(query.selections.map { .string($0.aggregate.function ?? "") }),
      "conds": .array(
        query.conditions.map { condition in
          let value: JSONValue =
            switch condition.value {
            case .value(let value): value.json
            case .period(let period): .string(period.text)
            }
          return [
            name(condition.column), .string(condition.comparison.fileSymbol), value,
          ]
        }),
      "cond_conn_op": .integer(query.connective.rawValue),
    ]
  }
}

import Datasets
import Parallel
import TableQueries

/// A question about a table, the query it asks for, and where its values stand.
struct TableQuestion: Sendable {
  struct Span: Sendable {
    /// Scalars of the question.
    var range: Range<Int>
    /// The condition whose value stands there.
    var condition: Int
  }

  var question: String
  /// `nil` selections: the table cannot answer it.
  var query: SketchQuery
  var spans: [Span]
  /// Texts that occur in headers and values alone: they may be hidden from the model.
  var contentTexts: Set<String> = []
  /// Whether it can only be understood by what headers mean: then nothing is hidden.
  var needsMeaning = false
}

extension QuestionLayout {
  /// A row to train on. Labels are numbered from 1, as `QuestionModel.loss` expects.
  func example(
    _ item: TableQuestion, _ table: QueryTable, links: [SchemaLinks.Link?], hidden: Set<String>,
    random: inout RandomStream
  ) -> Example {
    let tokens = QuestionTokens(item.question)
    let row = row(tokens, table, links: links, hidden: hidden, random: &random)
    var comparisons = [Int](repeating: 0, count: row.tokens.count)
    var columns = comparisons
    for (place, token) in zip(row.question, tokens.tokens) {
      comparisons[place] = QuestionModel.noValue + 1
      guard let span = item.spans.first(where: { $0.range.overlaps(token.range) }) else { continue }
      let condition = item.query.conditions[span.condition]
      guard let column = row.columns.firstIndex(of: condition.column) else { continue }
      comparisons[place] = condition.comparison.rawValue + 1
      columns[place] = column + 1
    }
    let selections = row.columns.map { column in
      (item.query.selections.first { $0.column == column }?.aggregate.rawValue
        ?? QuestionModel.notSelected) + 1
    }
    return Example([
      "tokens": .sequence(row.tokens), "segments": .sequence(row.segments),
      "headers": .sequence(row.headers), "selections": .sequence(selections),
      "comparisons": .sequence(comparisons), "columns": .sequence(columns),
      "connective": .integers([item.query.connective.rawValue + 1]),
    ])
  }
}

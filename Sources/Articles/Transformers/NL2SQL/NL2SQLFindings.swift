import Foundation
import Recipes
import Reports
import TableQueries
import Torch

/// How many held-out questions get the right query, and the right rows.
struct HeldOutAnswers: Finding {
  struct Answered {
    let item: TableItem
    let asked: TableReader.Asked
    let reading: QuestionReading
    let answer: DecodedQuery
  }

  let answered: [Answered]
  let isInvented: Bool
  let notes: [String]
  private(set) var executed = 0
  private(set) var runnable = 0

  init(_ reader: TableReader, _ corpus: QuestionCorpus, _ run: Running<NL2SQLArticle.Settings>)
    throws
  {
    isInvented = corpus.isInvented
    notes = corpus.notes
    answered = try Self.answers(reader, corpus.heldOut, run)
    for answered in answered {
      guard let source = try answered.item.source() else { continue }
      runnable += 1
      executed +=
        try Self.sameRows(answered.answer.query, answered.item.question.query, source) ? 1 : 0
    }
  }

  static func answers(
    _ reader: TableReader, _ items: [TableItem], _ run: Running<NL2SQLArticle.Settings>
  ) throws -> [Answered] {
    var answered: [Answered] = []
    try run.work.phase("answering", of: items.count, unit: "questions") { phase in
      for start in stride(from: 0, to: items.count, by: 50) {
        let part = items[start..<min(start + 50, items.count)]
        let asked = part.map {
          reader.asked($0.question.question, of: $0.table, SchemaLinks($0.table))
        }
        let readings = reader.model.read(
          asked.map { ($0.row.tokens, $0.row.segments, $0.row.headers) })
        for (item, (asked, reading)) in zip(part, zip(asked, readings)) {
          answered.append(
            Answered(
              item: item, asked: asked, reading: reading,
              answer: reader.rules.decode(reading, asked.row, asked.question, item.table)))
        }
        try phase.advance(part.count)
      }
    }
    return answered
  }

  /// Whether two queries give the same rows, in any order.
  static func sameRows(_ left: SketchQuery, _ right: SketchQuery, _ source: TableSource) throws
    -> Bool
  {
    guard !left.selections.isEmpty, !right.selections.isEmpty else {
      return left.selections.isEmpty && right.selections.isEmpty
    }
    func rows(_ query: SketchQuery) throws -> [String] {
      // The order of columns is no more part of the question than that of rows.
      var ordered = query
      ordered.selections.sort {
        ($0.column, $0.aggregate.rawValue) < ($1.column, $1.aggregate.rawValue)
      }
      let statement = Statement(ordered, on: source.tables[0])
      return try source.database.query(statement.sql, statement.values).rows
        .map { $0.map(\.literal).joined(separator: "\t") }.sorted()
    }
    return try rows(left) == rows(right)
  }

  static func share(_ answered: [Answered], _ rules: DecodingRules? = nil) -> Double {
    let right = answered.count { answered in
      let query =
        rules?.decode(
          answered.reading, answered.asked.row, answered.asked.question, answered.item.table
        ).query ?? answered.answer.query
      return query.matches(answered.item.question.query)
    }
    return Double(right) / Double(max(1, answered.count))
  }

  var fullMatch: Double { Self.share(answered) }
  var executionMatch: Double { runnable > 0 ? Double(executed) / Double(runnable) : 0 }

  /// Of questions that the table cannot answer, and of those that got no query, the share that are both.
  private var refusals: (recall: Double, precision: Double) {
    let wanted = answered.filter { $0.item.question.query.selections.isEmpty }
    let given = answered.filter { $0.answer.query.selections.isEmpty }
    let both = wanted.count { $0.answer.query.selections.isEmpty }
    return (
      Double(both) / Double(max(1, wanted.count)), Double(both) / Double(max(1, given.count))
    )
  }

  var claims: [Claim] {
    guard isInvented else { return [] }
    return [
      Claim(
        id: "full-match",
        statement:
          "questions about kinds of tables that were not trained on get the right query: full match",
        measured: fullMatch, atLeast: 0.9),
      Claim(
        id: "execution-match", statement: "their queries give the right rows on SQLite",
        measured: executionMatch, atLeast: 0.92),
    ]
  }

  var metrics: [String: Double] {
    func equal(_ part: (SketchQuery, SketchQuery) -> Bool) -> Double {
      Double(answered.count { part($0.answer.query, $0.item.question.query) })
        / Double(max(1, answered.count))
    }
    var metrics = [
      "heldOut/fullMatch": fullMatch,
      "heldOut/selection": equal { Set($0.selections) == Set($1.selections) },
      "heldOut/connective": equal { $0.connective == $1.connective },
      "heldOut/conditions": equal { left, right in
        left.conditions.count == right.conditions.count
          && left.conditions.allSatisfy(right.conditions.contains)
      },
      // What can be told where columns have no names.
      "heldOut/comparisonsAndValues": equal { left, right in
        func parts(_ query: SketchQuery) -> [String] {
          query.conditions.map { "\($0.comparison) \($0.value)" }.sorted()
        }
        return parts(left) == parts(right)
      },
    ]
    if runnable > 0 { metrics["heldOut/executionMatch"] = executionMatch }
    if isInvented {
      metrics["missing/recall"] = refusals.recall
      metrics["missing/precision"] = refusals.precision
    }
    return metrics
  }

  var section: Report.Section? {
    let wrong = answered.filter { !$0.answer.query.matches($0.item.question.query) }
    let right = answered.filter { $0.answer.query.matches($0.item.question.query) }
    func row(_ answered: Answered) -> [Report.Table.Cell] {
      func shown(_ query: SketchQuery) -> String {
        query.selections.isEmpty
          ? "no such column" : Statement(query, on: answered.item.table).shown
      }
      return [
        .text(answered.item.question.question), .text(shown(answered.item.question.query)),
        .text(shown(answered.answer.query)),
      ]
    }
    let columns = ["question", "asked for", "given"]
    return Report.Section(
      "Questions about tables that were not trained on",
      notes.map { .text($0) } + [
        .table(Report.Table(columns: columns, rows: right.prefix(12).map(row))),
        .text("What went wrong:"),
        .table(Report.Table(columns: columns, rows: wrong.prefix(20).map(row))),
      ])
  }
}

/// What each rule of decoding gains, over all questions and over those in which it changes anything.
struct RuleGains: Finding {
  private let gains: [(name: String, words: String, without: Double)]
  private let with: Double

  init(_ answers: HeldOutAnswers) {
    with = answers.fullMatch
    func without(_ change: (inout DecodingRules) -> Void) -> Double {
      var rules = DecodingRules()
      change(&rules)
      return HeldOutAnswers.share(answers.answered, rules)
    }
    gains = [
      ("cells", "values matched with cells by edit distance", without { $0.matchesCells = false }),
      (
        "switching", "values moved to the column that holds them",
        without { $0.switchesColumns = false }
      ),
      (
        "numbers", "numbers in Chinese, full width, units, years of two digits, dates",
        without { $0.readsNumbers = false }
      ),
      ("unequal", "≠ kept for texts", without { $0.keepsUnequal = false }),
    ]
  }

  var claims: [Claim] {
    gains.filter { $0.name == "numbers" || $0.name == "cells" }.map { gain in
      Claim(
        id: "rule-" + gain.name, statement: "\(gain.words): full match gained",
        measured: with - gain.without,
        atLeast: 0.01)
    }
  }

  var metrics: [String: Double] {
    Dictionary(uniqueKeysWithValues: gains.map { ("rules/without-" + $0.name, $0.without) })
  }

  var section: Report.Section? {
    Report.Section(
      "What the rules of decoding gain",
      [
        .table(
          Report.Table(
            columns: ["rule", "full match without it", "with all"],
            rows: gains.map { [.text($0.words), .number($0.without), .number(with)] }))
      ])
  }
}

/// How often the right one of four tables is asked.
struct TableChoice: Finding {
  private(set) var right = 0
  private(set) var byFirst = 0
  private(set) var count = 0

  init(_ reader: TableReader, _ corpus: QuestionCorpus, _ run: Running<NL2SQLArticle.Settings>)
    throws
  {
    let items = corpus.heldOut.filter { !$0.question.query.selections.isEmpty }
    let asked = min(200, items.count)
    try run.work.phase("choosing among tables", of: asked, unit: "questions") { phase in
      for index in 0..<asked {
        // The right one among three of other kinds, at a place that changes.
        var tables = [items[index].table]
        var next = index
        while tables.count < 4, next < index + items.count - 1 {
          next += 1
          let other = items[next % items.count].table
          if !tables.contains(where: { $0.name == other.name }) { tables.append(other) }
        }
        let place = index % tables.count
        tables.swapAt(0, place)
        let chosen = reader.choose(
          items[index].question.question, among: tables.map { ($0, SchemaLinks($0)) })
        count += 1
        right += chosen.best == place ? 1 : 0
        byFirst += place == 0 ? 1 : 0
        try phase.advance()
      }
    }
  }

  private var share: Double { Double(right) / Double(max(1, count)) }

  var claims: [Claim] {
    [
      Claim(
        id: "several-tables", statement: "of four tables the one that a question is about is asked",
        measured: share, atLeast: 0.9)
    ]
  }

  var metrics: [String: Double] {
    ["tables/right": share, "tables/always-first": Double(byFirst) / Double(max(1, count))]
  }
}

/// The article's first release scored columns by a sum that the softmax cancels.
struct AdditiveScore: Finding {
  private let fullMatch: Double
  private let nonlinear: Double
  /// The largest difference between the column distributions of any two characters of a question.
  private let difference: Double

  init(
    _ additive: TableReader, _ reader: TableReader, _ corpus: QuestionCorpus,
    _ run: Running<NL2SQLArticle.Settings>
  ) throws {
    // Only what the heads say: the rule that moves values to the column that holds them hides what the score lacks.
    var rules = DecodingRules()
    rules.switchesColumns = false
    let items = Array(corpus.heldOut.prefix(400))
    let answered = try HeldOutAnswers.answers(additive, items, run)
    fullMatch = HeldOutAnswers.share(answered, rules)
    nonlinear = HeldOutAnswers.share(try HeldOutAnswers.answers(reader, items, run), rules)
    difference =
      answered.map { answered in
        let columns = answered.asked.row.question.map { answered.reading.columns[$0] }
        return columns.map { one in
          Double(zip(one, columns[0]).map { abs($0 - $1) }.max() ?? 0)
        }.max() ?? 0
      }.max() ?? 0
  }

  var claims: [Claim] {
    [
      Claim(
        id: "additive-cancels",
        statement:
          "with the additive score all characters of a question have one column distribution: largest difference",
        measured: difference, atMost: 1e-6),
      Claim(
        id: "additive", statement: "with the additive score: full match by the heads alone",
        measured: fullMatch, atMost: 0.65),
    ]
  }

  var metrics: [String: Double] {
    [
      "additive/fullMatch": fullMatch, "additive/nonlinearFullMatch": nonlinear,
      "additive/difference": difference,
    ]
  }
}

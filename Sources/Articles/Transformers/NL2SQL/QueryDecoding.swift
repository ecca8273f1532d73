import Foundation
import TableQueries

/// The rules by which a reading becomes a query. All of them are on but for ablations.
struct DecodingRules: Sendable {
  /// A value that is no cell of its column becomes the nearest one by edit distance.
  var matchesCells = true
  /// A value goes to the column that alone holds it, a comparison to a column that can be compared.
  var switchesColumns = true
  /// Numbers in Chinese, at full width, with 万 and units, years of two digits and dates; without it what Swift reads
  /// as a number is one.
  var readsNumbers = true
  /// 不是北京 stays ≠; the article makes every comparison with a text =.
  var keepsUnequal = true
  /// Questions that ask for no column of the table are refused. Off for a model that was never shown one.
  var refuses = true
  /// A question is refused if for every column "not asked for" has at least this probability.
  var leastRefusal: Float = 0.5
}

/// A query, and what of the question gave each of its conditions.
struct DecodedQuery: Sendable {
  struct Value: Sendable {
    /// Scalars of the question.
    var range: Range<Int>
    var text: String
    /// What became of it: `nil` where it is what the question says.
    var note: String?
  }

  var query: SketchQuery
  /// For each condition.
  var values: [Value]
  /// The probability of all that was decided, the heads' taken as independent.
  var logProbability: Double
}

extension DecodingRules {
  /// The query that `reading` of `row` stands for.
  func decode(
    _ reading: QuestionReading, _ row: QuestionLayout.Row, _ question: QuestionTokens,
    _ table: QueryTable
  ) -> DecodedQuery {
    var decoded = DecodedQuery(
      query: SketchQuery(selections: [], connective: .none, conditions: []), values: [],
      logProbability: 0)
    for (column, scores) in zip(row.columns, reading.selections) {
      let best = Self.argmax(scores)
      decoded.logProbability += log(Double(max(scores[best], 1e-9)))
      if let aggregate = Aggregate(rawValue: best) {
        decoded.query.selections.append(.init(column: column, aggregate: aggregate))
      }
    }
    // Where no column is likelier asked for than not, the likeliest is, unless all are as good as surely not.
    if decoded.query.selections.isEmpty,
      let (column, scores) = zip(row.columns, reading.selections).min(by: {
        $0.1[QuestionModel.notSelected] < $1.1[QuestionModel.notSelected]
      }), !refuses || scores[QuestionModel.notSelected] < leastRefusal,
      let aggregate = Aggregate(rawValue: Self.argmax(Array(scores[..<QuestionModel.notSelected])))
    {
      decoded.query.selections = [.init(column: column, aggregate: aggregate)]
    }
    // A question that ends with 有多少人 asks for the number of rows, whatever they are.
    if decoded.query.selections.isEmpty, Self.countsRows(question) {
      let named = table.columns.firstIndex { $0.kind == .text } ?? 0
      decoded.query.selections = [.init(column: named, aggregate: .count)]
    }
    // What nothing is asked of has no conditions.
    if decoded.query.selections.isEmpty { return decoded }
    for run in Self.runs(reading.comparisons, in: row.question) {
      guard let comparison = Comparison(rawValue: run.tag) else { continue }
      // Probabilities are averaged, never scores.
      var scores = [Double](repeating: 0, count: row.columns.count)
      for place in run.places {
        for (index, value) in reading.columns[place].enumerated() { scores[index] += Double(value) }
        decoded.logProbability += log(Double(max(reading.comparisons[place][run.tag], 1e-9)))
      }
      let tokens =
        run.places.lowerBound - row.question.lowerBound..<run.places.upperBound
        - row.question.lowerBound
      let range =
        question.tokens[tokens.lowerBound].range
        .lowerBound..<question.tokens[tokens.upperBound - 1].range.upperBound
      let ranked = scores.indices.sorted {
        scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
      }
      decoded.logProbability += log(max(scores[ranked[0]] / Double(run.places.count), 1e-9))
      let condition = condition(
        question.text(tokens), comparison, columns: ranked.map { row.columns[$0] }, table)
      decoded.query.conditions.append(condition.condition)
      decoded.values.append(
        .init(range: range, text: question.text(tokens), note: condition.note))
    }
    if decoded.query.conditions.count > 1 {
      decoded.query.connective = reading.connective[2] > reading.connective[1] ? .or : .and
      decoded.logProbability += log(
        Double(max(reading.connective[decoded.query.connective.rawValue], 1e-9)))
    }
    return decoded
  }

  /// Whether the question ends with 多少 or 几 and a word that counts, or one and 人: 几位, 有多少个人.
  static func countsRows(_ question: QuestionTokens) -> Bool {
    var words = question.tokens.map(\.text)
    while let last = words.last, "？?。.！!呢啊呀".contains(last) { words.removeLast() }
    if words.last == "人" {
      words.removeLast()
    } else if !counters.contains(words.last ?? "") {
      return false
    }
    if counters.contains(words.last ?? "") { words.removeLast() }
    return words.last == "几" || words.suffix(2) == ["多", "少"]
  }

  private static let counters: Set<String> = [
    "个", "位", "名", "条", "行", "家", "种", "款", "部", "本", "只", "台", "辆", "件", "项", "座", "所", "次",
  ]

  static func argmax(_ values: [Float]) -> Int {
    values.indices.max { values[$0] < values[$1] } ?? 0
  }

  /// Runs of tokens with the same comparison, the last one included where it ends with the question.
  static func runs(_ comparisons: [[Float]], in places: Range<Int>) -> [(
    places: Range<Int>, tag: Int
  )] {
    var runs: [(places: Range<Int>, tag: Int)] = []
    for place in places {
      let tag = argmax(comparisons[place])
      if let last = runs.last, last.tag == tag, last.places.upperBound == place {
        runs[runs.count - 1].places = last.places.lowerBound..<place + 1
      } else {
        runs.append((place..<place + 1, tag))
      }
    }
    return runs.filter { $0.tag != QuestionModel.noValue }
  }

  // MARK: - Values

  /// The condition that `text` stands for; `columns` from the likeliest to the least.
  func condition(
    _ text: String, _ comparison: Comparison, columns: [Int], _ table: QueryTable
  ) -> (condition: SketchQuery.Condition, note: String?) {
    let text = Self.unquoted(text)
    let isOrder = comparison == .greater || comparison == .less
    let isComparable = number(text, nil) != nil || period(text) != nil
    // Only numbers and dates are more or less than others.
    let comparison =
      !isComparable && (isOrder || !keepsUnequal) ? Comparison.equal : comparison
    var column = columns[0]
    if switchesColumns, let better = better(text, comparison, isComparable, columns, table) {
      column = better
    }
    let known = table.columns[column]
    func condition(_ value: ConditionValue) -> SketchQuery.Condition {
      .init(column: column, comparison: comparison, value: value)
    }
    switch known.kind {
    case .number:
      if let number = number(text, known) {
        let value = SQLValue(number)
        return (
          condition(.value(value)), value.text == text ? nil : "'\(text)' read as \(value.text)"
        )
      }
      return (condition(.value(.text(text))), "'\(text)' is no number")
    case .date:
      if let period = period(text) {
        return (
          condition(.period(period)), period.text == text ? nil : "'\(text)' read as \(period.text)"
        )
      }
      return (condition(.value(.text(text))), "'\(text)' is no date")
    case .text:
      guard comparison == .equal || comparison == .unequal, matchesCells else {
        return (condition(.value(.text(text))), nil)
      }
      guard !known.cells.contains(text),
        let nearest = CellMatching.nearest(to: text, among: known.cells)
      else { return (condition(.value(.text(text))), nil) }
      // A cell that has as good as nothing of the words is not meant.
      let length = max(text.unicodeScalars.count, nearest.cell.unicodeScalars.count)
      let isContained = CellMatching.contains(
        FoldedText.scalars(nearest.cell), FoldedText.scalars(text))
      guard isContained || nearest.distance * 3 <= length * 2 else {
        return (condition(.value(.text(text))), "no cell of '\(known.name)' is like '\(text)'")
      }
      let isSame = nearest.distance == 0
      return (
        condition(.value(.text(nearest.cell))),
        isSame && nearest.cell == text ? nil : "'\(text)' taken for the cell '\(nearest.cell)'"
      )
    }
  }

  /// A column other than the likeliest that the value belongs to; `nil` if the likeliest will do.
  private func better(
    _ text: String, _ comparison: Comparison, _ isComparable: Bool, _ columns: [Int],
    _ table: QueryTable
  ) -> Int? {
    let likeliest = table.columns[columns[0]]
    func holds(_ column: Int) -> Bool {
      guard table.columns[column].kind == .text else { return false }
      return CellIndex.holds(table.columns[column].cells, text)
    }
    func takes(_ column: Int) -> Bool {
      switch table.columns[column].kind {
      case .number: number(text, table.columns[column]) != nil
      case .date: period(text) != nil
      case .text: false
      }
    }
    if comparison == .greater || comparison == .less {
      return takes(columns[0]) ? nil : columns.first(where: takes)
    }
    if likeliest.kind == .text ? holds(columns[0]) : takes(columns[0]) { return nil }
    let holders = columns.filter(holds)
    if holders.count == 1 { return holders[0] }
    if likeliest.kind == .text { return nil }
    // A word cannot be in a column of numbers.
    return holders.first ?? columns.first { table.columns[$0].kind == .text }
  }

  private static func unquoted(_ text: String) -> String {
    var part = Substring(text)
    while let first = part.first, "“”\"'‘’「」，、：: ".contains(first) { part.removeFirst() }
    while let last = part.last, "“”\"'‘’「」，、 ".contains(last) { part.removeLast() }
    return part.isEmpty ? text : String(part)
  }

  private func period(_ text: String) -> CalendarPeriod? {
    guard readsNumbers else {
      let parsed = CalendarPeriod(text)
      return parsed.flatMap { $0.text == text ? $0 : nil }
    }
    return CalendarPeriod(text) ?? CalendarPeriod(text + "年")
  }

  /// The number that `text` is in `column`.
  private func number(_ text: String, _ column: QueryTable.Column?) -> Double? {
    guard readsNumbers else { return Double(text) }
    if let column, column.isYear, let year = year(text, column) { return year }
    // What stands behind a number without being a unit known here: 30多元, 5000毫安时.
    var characters = Array(text)
    while !characters.isEmpty {
      if let quantity = Quantity(String(characters)) {
        return column.map { quantity.number(in: $0.unit, range: $0.range) } ?? quantity.number
      }
      characters.removeLast()
    }
    return nil
  }

  private func year(_ text: String, _ column: QueryTable.Column) -> Double? {
    let spelled = text.hasSuffix("年") ? text : text + "年"
    guard let period = CalendarPeriod(spelled), period.month == nil else { return nil }
    guard text.filter({ $0 != "年" }).unicodeScalars.count == 2, let range = column.range else {
      return Double(period.year)
    }
    // Of the two centuries the one that the column knows.
    let other = Double(period.year >= 2000 ? period.year - 100 : period.year + 100)
    return !range.contains(Double(period.year)) && range.contains(other)
      ? other : Double(period.year)
  }
}

private enum CellIndex {
  /// Whether a text is among cells, but for case and width.
  static func holds(_ cells: [String], _ text: String) -> Bool {
    if cells.contains(text) { return true }
    let folded = FoldedText.string(text).filter { $0 != " " }
    return cells.contains { FoldedText.string($0).filter { $0 != " " } == folded }
  }
}

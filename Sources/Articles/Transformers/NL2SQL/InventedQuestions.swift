import Foundation
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

  private struct Piece {
    enum Kind: Equatable {
      case wording, header
      case value(Int)
    }
    var text: String
    var kind = Kind.wording
  }

  private struct Drawn {
    var pieces: [Piece] = []
    var selections: [SketchQuery.Selection] = []
    var connective = Connective.none
    var conditions: [SketchQuery.Condition] = []
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
      spans: spans, contentTexts: content.subtracting(wording))
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
    guard !table.headers.contains(where: { $0.contains { letters.contains($0) } }) else { return nil }
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
  private func filled(_ template: String, header: Piece?, value: Piece? = nil) -> [Piece] {
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
  private mutating func mention(_ column: Int, _ table: InventedTable) -> Piece {
    let core = MeasuringUnit.split(header: table.headers[column]).core
    // 国家名称 of a column called 名称.
    if column == table.subject, core.count <= 2, core.hasPrefix("名") || core == "姓名", maker.chance(0.4) {
      return Piece(text: table.entity + maker.words("的 . .").replacing(".", with: "") + core, kind: .header)
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

  // MARK: - Conditions

  private mutating func clause(_ column: Int, _ table: InventedTable, _ drawn: inout Drawn) -> [Piece]? {
    let attribute = table.attributes[column]
    let header = mention(column, table)
    let cells = table.rows.map { $0[column] }
    let number = drawn.conditions.count
    func add(_ comparison: Comparison, _ value: ConditionValue) {
      drawn.conditions.append(.init(column: column, comparison: comparison, value: value))
    }
    let kind = Piece.Kind.value(number)
    switch attribute.kind {
    case .number(_, let decimals, let unit):
      let draw = maker.random.uniform()
      let comparison: Comparison = draw < 0.5 ? .greater : draw < 0.8 ? .less : draw < 0.97 ? .equal : .unequal
      guard let value = self.number(cells, decimals, isExact: comparison == .equal) else { return nil }
      let split = MeasuringUnit.split(header: table.headers[column])
      let wording = self.wording(value, unit, split.unit, table.table.columns[column].range)
      add(comparison, .value(SQLValue(value)))
      let template = maker.pick(Self.templates(comparison, attribute))
      return filled(template, header: header, value: Piece(text: wording, kind: kind))
    case .year:
      guard let year = cells.randomElement(using: &maker.random).flatMap(Int.init) else { return nil }
      let draw = maker.random.uniform()
      let comparison: Comparison = draw < 0.6 ? .equal : draw < 0.8 ? .greater : .less
      let form = maker.random.uniform()
      let text =
        form < 0.6
        ? String(year)
        : form < 0.8
          ? String(format: "%02d", year % 100)
          : form < 0.9
            ? String(String(year).compactMap { Int(String($0)).map { Array("零一二三四五六七八九")[$0] } })
            : NumberWording.fullWidth(String(year))
      add(comparison, .value(.integer(year)))
      if let verb = Self.verb(table.headers[column]), maker.chance(0.3) {
        let words = comparison == .greater ? "年以后 年之后 年后" : comparison == .less ? "年以前 年之前 年前" : "年 年"
        return [
          Piece(text: text, kind: kind), Piece(text: maker.words(words)), Piece(text: verb, kind: .header),
        ]
      }
      return filled(
        maker.pick(Self.yearTemplates(comparison)), header: header, value: Piece(text: text, kind: kind))
    case .date:
      guard let cell = cells.randomElement(using: &maker.random),
        let whole = CalendarPeriod(cell)
      else { return nil }
      var period = whole
      let draw = maker.random.uniform()
      if draw < 0.3 { period.day = nil }
      if draw < 0.15 { period.month = nil }
      let share = maker.random.uniform()
      let comparison: Comparison = share < 0.4 ? .equal : share < 0.7 ? .greater : .less
      add(comparison, .period(period))
      if let verb = Self.verb(table.headers[column]), maker.chance(0.3) {
        let words = comparison == .greater ? "以后 之后 后" : comparison == .less ? "以前 之前 前" : "当天 . .".replacing("当天", with: period.day == nil ? "." : "当天")
        return [
          Piece(text: wording(of: period), kind: kind),
          Piece(text: maker.words(words).replacing(".", with: "")), Piece(text: verb, kind: .header),
        ]
      }
      return filled(
        maker.pick(Self.dateTemplates(comparison)), header: header,
        value: Piece(text: wording(of: period), kind: kind))
    default:
      guard let cell = cells.randomElement(using: &maker.random) else { return nil }
      let isUnequal = maker.chance(0.06)
      var text = cell
      if maker.chance(fuzzyShare), let fuzzy = fuzzy(cell, cells) { text = fuzzy }
      add(isUnequal ? .unequal : .equal, .value(.text(cell)))
      // The column has to be said where nothing else tells it: another of its kind, or a cell also found elsewhere.
      let isAlone =
        text == cell
        && !table.headers.indices.contains { other in
          other != column && table.rows.contains { $0[other] == cell }
        }
      let templates =
        isUnequal
        ? ["{h}不是{v}", "除了{v}", "{h}不为{v}", "{h}不等于{v}", "{h}非{v}", "不是{v}"]
        : attribute.kind == .place
          ? ["{h}在{v}", "{h}是{v}", "{h}为{v}", "{v}", "在{v}", "{v}", "位于{v}", "来自{v}"]
          : [
            "{h}是{v}", "{h}为{v}", "{h}等于{v}", "{h}叫{v}", "{v}这个{h}", "{h}属于{v}", "{h}{v}", "{h}是叫{v}", "{v}", "{v}",
            "{v}", "{v}", "叫{v}", "属于{v}", "{h}：{v}", "{h}=“{v}”", "{h}选{v}",
          ]
      let fitting = isAlone ? templates : templates.filter { $0.contains("{h}") }
      return filled(maker.pick(fitting), header: header, value: Piece(text: text, kind: kind))
    }
  }

  /// 上映 of 上映时间: how a date is spoken of.
  private static func verb(_ header: String) -> String? {
    let core = MeasuringUnit.split(header: header).core
    guard let end = ["时间", "日期", "年份", "时", "日"].first(where: core.hasSuffix), core.count - end.count >= 2
    else { return nil }
    return String(core.dropLast(end.count))
  }

  /// Two values of one column, either of which will do.
  private mutating func twice(_ column: Int, _ table: InventedTable, _ drawn: inout Drawn) -> [Piece]? {
    let cells = Array(Set(table.rows.map { $0[column] })).sorted()
    let header = mention(column, table)
    switch table.attributes[column].kind {
    case .number, .date: return nil
    case .year where cells.count >= 2:
      let two = maker.shuffled(cells).prefix(2)
      for cell in two {
        drawn.conditions.append(
          .init(column: column, comparison: .equal, value: .value(.integer(Int(cell) ?? 0))))
      }
      return [
        Piece(text: two[0], kind: .value(0)), Piece(text: maker.words("年或 年或者 年和 年、")),
        Piece(text: two[1], kind: .value(1)), Piece(text: "年"),
      ]
    case .year: return nil
    default:
      guard cells.count >= 2 else { return nil }
      let two = maker.shuffled(cells).prefix(2)
      for cell in two {
        drawn.conditions.append(
          .init(column: column, comparison: .equal, value: .value(.text(cell))))
      }
      let lead = maker.pick(["", "", "{h}是", "{h}为", "{h}在"])
      return filled(lead, header: header) + [
        Piece(text: two[0], kind: .value(0)), Piece(text: maker.words("和 或 或者 、 以及 与 还有 或是")),
        Piece(text: two[1], kind: .value(1)),
      ]
    }
  }

  /// A number that divides the cells, or one of them.
  private mutating func number(_ cells: [String], _ decimals: Int, isExact: Bool) -> Double? {
    let values = cells.compactMap(Double.init)
    guard let value = values.randomElement(using: &maker.random) else { return nil }
    if isExact || maker.chance(0.2) { return value }
    // Rounded as people do.
    let size = abs(value)
    guard size >= 1 else { return Double(String(format: "%.\(max(1, decimals))f", value + 0.1)) }
    let step = pow(10, floor(log10(size)))
    let rounded = (value / step).rounded() * step
    let half = (value / step * 2).rounded() * step / 2
    return maker.chance(0.6) ? rounded : half == half.rounded() || decimals > 0 ? half : rounded
  }

  private mutating func wording(
    _ value: Double, _ unit: String, _ headerUnit: MeasuringUnit?, _ range: ClosedRange<Double>?
  ) -> String {
    let text = NumberWording.wording(
      of: value, unit: unit, headerHasUnit: headerUnit != nil, &maker)
    // What could mean something else in this column is written plainly.
    let read = Quantity(text)?.number(in: headerUnit, range: range)
    return read.map { abs($0 - value) < 1e-9 * max(1, abs(value)) } ?? false ? text : SQLValue(value).text
  }

  private mutating func wording(of period: CalendarPeriod) -> String {
    let year = maker.chance(0.2) ? String(format: "%02d", period.year % 100) : String(period.year)
    guard let month = period.month else { return "\(year)年" }
    guard let day = period.day else {
      return maker.chance(0.8) ? "\(year)年\(month)月" : String(format: "%04d-%02d", period.year, month)
    }
    switch maker.random.below(5) {
    case 0: return String(format: "%04d-%02d-%02d", period.year, month, day)
    case 1: return "\(period.year)/\(month)/\(day)"
    case 2: return "\(period.year).\(month).\(day)"
    default: return "\(year)年\(month)月\(day)" + (maker.chance(0.7) ? "日" : "号")
    }
  }

  /// An abbreviation or a slip that still means this cell more than any other.
  private mutating func fuzzy(_ cell: String, _ cells: [String]) -> String? {
    let characters = Array(cell)
    guard characters.count >= 3 else { return nil }
    var changed = characters
    if maker.chance(0.6) {
      let ends = ["有限公司", "股份有限公司", "公司", "集团", "市", "县", "区", "大学", "出版社", "股份"]
      if let end = ends.first(where: { cell.hasSuffix($0) && cell.count - $0.count >= 2 }) {
        changed = Array(cell.dropLast(end.count))
      } else if characters.count >= 4 {
        changed.removeLast()
      } else {
        return nil
      }
    } else {
      guard characters.count >= 4, !cell.contains(where: \.isASCII) else { return nil }
      let place = maker.integer(0...characters.count - 1)
      if maker.chance(0.5) { changed.remove(at: place) } else { changed[place] = Character(maker.scalar("的一里子小大文光")) }
    }
    let text = String(changed)
    guard text != cell, let nearest = CellMatching.nearest(to: text, among: cells), nearest.cell == cell
    else { return nil }
    return text
  }

  private static func templates(_ comparison: Comparison, _ attribute: InventedAttribute) -> [String] {
    let (more, less) = (attribute.more, attribute.less)
    switch comparison {
    case .greater:
      return [
        "{h}大于{v}", "{h}超过{v}", "{h}高于{v}", "{h}在{v}以上", "{h}多于{v}", "{h}比{v}\(more)", "{h}超过了{v}", "{h}突破{v}",
        "{h}{v}以上", "{h}达到{v}以上", "{h}不止{v}", "{h}大于{v}", "{h}>{v}", "{h}不低于{v}", "{h}不少于{v}", "{h}至少{v}", "{h}超出{v}",
        "{h}\(more)于{v}", "{h}都大于{v}", "{h}过了{v}", "{h}有{v}以上",
      ]
    case .less:
      return [
        "{h}小于{v}", "{h}低于{v}", "{h}不到{v}", "{h}在{v}以下", "{h}少于{v}", "{h}比{v}\(less)", "{h}不足{v}", "{h}没有超过{v}",
        "{h}不超过{v}", "{h}{v}以下", "{h}没到{v}", "{h}<{v}", "{h}没达到{v}", "{h}不高于{v}", "{h}\(less)于{v}", "{h}至多{v}", "{h}在{v}以内",
      ]
    case .equal:
      return ["{h}是{v}", "{h}为{v}", "{h}等于{v}", "{h}正好是{v}", "{h}刚好{v}", "{h}{v}", "{h}达到{v}", "{h}有{v}", "{h}=={v}", "{h}达到了{v}"]
    case .unequal: return ["{h}不是{v}", "{h}不等于{v}", "{h}不为{v}", "{h}!={v}"]
    }
  }

  private static func yearTemplates(_ comparison: Comparison) -> [String] {
    switch comparison {
    case .greater: ["{v}年以后", "{v}年之后", "{h}在{v}年之后", "{h}晚于{v}年", "{h}在{v}年以后", "{h}大于{v}", "{h}晚于{v}"]
    case .less: ["{v}年以前", "{v}年之前", "{h}在{v}年之前", "{h}早于{v}年", "{h}在{v}年以前", "{h}小于{v}", "{h}早于{v}"]
    default: ["{v}年", "{v}年", "{h}是{v}年", "{h}为{v}", "在{v}年", "{h}是{v}", "{h}在{v}年", "{h}等于{v}"]
    }
  }

  private static func dateTemplates(_ comparison: Comparison) -> [String] {
    switch comparison {
    case .greater: ["{h}在{v}之后", "{h}晚于{v}", "{v}之后", "{h}在{v}以后", "{v}以后", "{h}大于{v}", "{h}比{v}晚"]
    case .less: ["{h}在{v}之前", "{h}早于{v}", "{v}之前", "{h}在{v}以前", "{v}以前", "{h}小于{v}", "{h}比{v}早"]
    default: ["{h}是{v}", "{h}为{v}", "{v}", "{h}在{v}", "{v}这天", "{v}", "{h}等于{v}"]
    }
  }

  // MARK: - What is asked

  /// Adds selections, and the pieces of the whole question.
  private mutating func ask(
    _ columns: [Int], _ table: InventedTable, _ conditions: [Piece], isMany: Bool,
    _ drawn: inout Drawn
  ) {
    let column = columns[0]
    let attribute = table.attributes[column]
    let header = mention(column, table)
    var isNumber = false
    if case .number = attribute.kind { isNumber = true }
    let isOrdered = isNumber || attribute.kind == .year || attribute.kind == .date
    let draw = maker.random.uniform()
    let bare = conditions.isEmpty
    var aggregate = Aggregate.none
    var body: [Piece]
    if let subject = table.subject, columns.contains(subject), maker.chance(0.16),
      askForEntities(subject, columns.first { $0 != subject }, table, conditions, &drawn)
    {
      finish(&drawn)
      return
    }
    var before = conditions + (bare ? [] : [Piece(text: maker.chance(0.9) ? "的" : "")])
    // 超过六十的人的平均年龄.
    if !bare, maker.chance(0.12) {
      before.append(Piece(text: table.entity + maker.words("的 . 的 ， .").replacing(".", with: "")))
    }
    let more = attribute.more.isEmpty ? "大" : maker.chance(0.6) ? attribute.more : "高"
    let less = attribute.less.isEmpty ? "小" : maker.chance(0.6) ? attribute.less : "低"
    if isNumber, draw < (bare ? 0.2 : 0.08) {
      aggregate = .average
      body = filled(
        maker.pick([
          "平均{h}是多少", "{h}平均是多少", "{h}的平均值", "{h}均值是多少", "{h}的平均数是多少", "{h}平均值是多少", "平均{h}", "{h}平均为多少", "{h}的均值",
          "{h}平均有多少", "{h}平均多少", "平均的{h}是多少", "平均每个{h}是多少",
        ]), header: header)
    } else if isOrdered, draw < (bare ? 0.3 : 0.16) {
      aggregate = .maximum
      body = filled(
        maker.pick([
          "最\(more)的{h}是多少", "{h}最\(more)是多少", "{h}的最大值", "{h}最大值是多少", "最\(more){h}是多少", "{h}最\(more)的是多少", "{h}最多是多少",
          "{h}最\(more)能到多少", "{h}最大是多少", "最高的{h}", "{h}的最高值是多少", "{h}的最大值是多少", "{h}最高多少",
        ]), header: header)
    } else if isOrdered, draw < (bare ? 0.38 : 0.22) {
      aggregate = .minimum
      body = filled(
        maker.pick([
          "最\(less)的{h}是多少", "{h}最\(less)是多少", "{h}的最小值", "{h}最小值是多少", "最\(less){h}是多少", "{h}最\(less)的是多少", "{h}最少是多少",
          "{h}最小是多少", "最低的{h}", "{h}的最低值是多少", "{h}的最小值是多少", "{h}最低多少",
        ]), header: header)
    } else if isNumber, draw < (bare ? 0.48 : 0.28) {
      aggregate = .sum
      body = filled(
        maker.pick([
          "{h}总和是多少", "{h}一共是多少", "{h}总共有多少", "{h}合计是多少", "{h}加起来是多少", "{h}之和", "{h}的总和", "总{h}是多少", "总共的{h}是多少", "{h}总计多少",
          "{h}总共是多少", "{h}加在一起有多少", "{h}的合计", "一共有多少{h}", "{h}之和是多少", "{h}求和",
        ]), header: header)
    } else if isOrdered, draw < (bare ? 0.62 : 0.34),
      let subject = columns.dropFirst().first(where: { table.attributes[$0].more.isEmpty })
    {
      // 人口最多的城市: SQLite takes what is selected beside a MAX from the row that has it.
      let isMore = maker.chance(0.65)
      let word = isMore ? more : less
      let named = mention(subject, table)
      drawn.selections = [
        .init(column: subject, aggregate: .none), .init(column: column, aggregate: isMore ? .maximum : .minimum),
      ]
      let part = filled("{h}最\(word)", header: header)
      let forms = maker.random.below(5)
      switch forms {
      case 0: drawn.pieces = before + part + filled(maker.pick(["的{h}是哪个", "的{h}是什么", "的{h}是", "的{h}", "的{h}叫什么"]), header: named)
      case 1: drawn.pieces = before + filled(maker.words("哪个{h} 什么{h} 哪个{h}的 哪一个{h}的"), header: named) + part
      case 2: drawn.pieces = before + part + filled("的是哪个{h}", header: named)
      case 3: drawn.pieces = before + filled(maker.words("{h}中 {h}里面 {h}里"), header: named) + part + [Piece(text: "的是哪个")]
      default: drawn.pieces = before + part + filled("的是什么{h}", header: named)
      }
      finish(&drawn)
      return
    } else if draw > (bare ? 0.78 : 0.9) {
      aggregate = .count
      if maker.chance(0.2) {
        // Rows are counted by the first column.
        drawn.selections = [.init(column: 0, aggregate: .count)]
        drawn.pieces =
          before + [Piece(text: maker.words("有多少条记录 一共有多少条 有几条记录 共有多少行 有多少条数据 记录有多少条 一共有几条 数据有多少条"))]
        finish(&drawn)
        return
      }
      let measure = maker.words("个 个 个 个 家 部 本 位 名 座 款 种 条 辆 场 只 件 所 项")
      if maker.chance(0.4) {
        before = []
        body =
          filled(
            maker.pick(["有多少\(measure){h}", "有几\(measure){h}", "一共有多少\(measure){h}", "有多少{h}", "多少\(measure){h}", "几\(measure){h}"]),
            header: header) + (bare ? [] : [Piece(text: maker.words("的 是 ， 的 . .").replacing(".", with: ""))] + conditions)
      } else {
        body = filled(
          maker.pick([
            "{h}有多少\(measure)", "{h}有几\(measure)", "{h}的数量", "{h}一共有多少\(measure)", "{h}的个数是多少", "{h}数量是多少", "{h}的数目", "{h}共有几\(measure)",
            "{h}总共有多少\(measure)", "{h}个数",
          ]), header: header)
      }
    } else {
      body = plain(column, columns, table, header, &before, conditions, &drawn)
      drawn.pieces = before + body
      finish(&drawn)
      return
    }
    drawn.selections = [.init(column: column, aggregate: aggregate)]
    drawn.pieces = before + body
    finish(&drawn)
  }

  /// Questions that call rows by what they are, and mean their names: 人口最多的国家, 票房超过一亿的有哪些.
  private mutating func askForEntities(
    _ subject: Int, _ other: Int?, _ table: InventedTable, _ conditions: [Piece], _ drawn: inout Drawn
  ) -> Bool {
    let entity = Piece(text: table.entity)
    let of = conditions.isEmpty ? [] : [Piece(text: "的")]
    let form = maker.random.below(conditions.isEmpty ? 2 : 8)
    if form < 2 {
      guard let other, !table.attributes[other].more.isEmpty else { return false }
      let isMore = maker.chance(0.65)
      let attribute = table.attributes[other]
      let word = isMore ? (maker.chance(0.7) ? attribute.more : "大") : (maker.chance(0.7) ? attribute.less : "小")
      drawn.selections = [
        .init(column: subject, aggregate: .none), .init(column: other, aggregate: isMore ? .maximum : .minimum),
      ]
      let part = filled("{h}最\(word)", header: mention(other, table))
      drawn.pieces =
        maker.chance(0.5)
        ? conditions + of + [Piece(text: maker.words("哪个 哪一个 什么 哪种"))] + [entity]
          + [Piece(text: maker.words("的 . .").replacing(".", with: ""))] + part
        : conditions + of + part
          + [Piece(text: "的"), entity, Piece(text: maker.words("是哪个 是什么 叫什么 是 . 是谁").replacing(".", with: ""))]
      return true
    }
    if form == 2 {
      drawn.selections = [.init(column: subject, aggregate: .count)]
      let measure = maker.words("个 个 家 部 本 位 名 种 座 款")
      drawn.pieces =
        maker.chance(0.5)
        ? [Piece(text: maker.words("有多少 有几 一共有多少 共有几") + measure), entity]
          + [Piece(text: maker.words("的 . 是 ，").replacing(".", with: ""))] + conditions
        : conditions + of + [entity, Piece(text: maker.words("有多少 有几 一共有多少 总共有几") + measure)]
      return true
    }
    drawn.selections = [.init(column: subject, aggregate: .none)]
    switch form {
    case 3: drawn.pieces = conditions + [Piece(text: maker.words("的有哪些 的是哪些 的有 的都有哪些 的有谁 的是哪个 的有哪几个 的叫什么"))]
    case 4:
      drawn.pieces =
        [Piece(text: maker.words("哪些 哪个 什么 哪几个 有哪些 有什么")), entity]
        + [Piece(text: maker.words("的 . . 是").replacing(".", with: ""))] + conditions
    default:
      drawn.pieces =
        conditions + of + [entity, Piece(text: maker.words("有哪些 是哪些 叫什么 有 是哪个 都有哪些 的名字 分别是什么 叫什么名字 . 是什么").replacing(".", with: ""))]
    }
    return true
  }

  /// One or two columns as they are.
  private mutating func plain(
    _ column: Int, _ columns: [Int], _ table: InventedTable, _ header: Piece,
    _ before: inout [Piece], _ conditions: [Piece], _ drawn: inout Drawn
  ) -> [Piece] {
    let attribute = table.attributes[column]
    drawn.selections = [.init(column: column, aggregate: .none)]
    if columns.count > 1, maker.chance(0.17) {
      let other = columns[1]
      drawn.selections.append(.init(column: other, aggregate: .none))
      let between = maker.words("和 以及 、 还有 跟 与 ，还有 和它的 以及它的 ，")
      let end = maker.pick(["", "是多少", "分别是多少", "分别是什么", "是什么", "各是多少", "都是什么", "有哪些", "呢"])
      return [header, Piece(text: between), mention(other, table), Piece(text: end)]
    }
    // By what it is and not by its name, where only one column is.
    let alike = table.attributes.count { $0.cue == attribute.cue }
    if !attribute.cue.isEmpty, alike == 1, !conditions.isEmpty, maker.chance(0.3) {
      if before.last?.text == "的" { before.removeLast() }
      return [Piece(text: attribute.cue)]
    }
    // 什么时候上映的.
    if attribute.kind == .date || attribute.kind == .year, !conditions.isEmpty,
      let verb = Self.verb(table.headers[column]), maker.chance(0.3)
    {
      if maker.chance(0.5), before.last?.text == "的" { before.removeLast() }
      return filled(
        maker.pick(["什么时候{h}的", "什么时候{h}", "是哪年{h}的", "哪天{h}的", "{h}于哪一年", "是什么时候{h}的", "哪一年{h}"]),
        header: Piece(text: verb, kind: .header))
    }
    let isAmount: Bool = if case .number = attribute.kind { true } else { false }
    var forms = ["{h}", "{h}呢", "{h}是什么", "{h}有哪些", "{h}是多少", "{h}是", "{h}都有哪些", "{h}分别是什么", "{h}为多少"]
    switch attribute.kind {
    case .person: forms += ["{h}是谁", "{h}是谁", "{h}都是谁", "{h}叫什么", "{h}有谁"]
    case .place: forms += ["{h}在哪", "{h}是哪里", "{h}在哪里", "{h}在什么地方", "{h}是哪儿"]
    case .date, .year: forms += ["{h}是什么时候", "{h}是哪天", "{h}是哪一年", "{h}是哪年"]
    case .title, .firm: forms += ["{h}叫什么", "{h}叫什么名字", "{h}是哪个", "{h}是哪些", "{h}是哪几个", "{h}有哪几个", "{h}是哪家"]
    default: forms += isAmount ? ["{h}是多少", "{h}多少", "{h}有多少", "{h}具体是多少", "{h}多大", "{h}多高"] : ["{h}是哪个", "{h}是哪些", "{h}是哪种", "{h}属于哪类"]
    }
    if conditions.isEmpty {
      return filled(
        maker.pick(["有哪些{h}", "{h}有哪些", "列出所有{h}", "所有的{h}", "列出{h}", "都有什么{h}", "全部{h}", "{h}都有什么", "每一个{h}", "各个{h}是什么"]),
        header: header)
    }
    if !isAmount, maker.chance(0.35) {
      // 哪些城市的人口大于 100.
      before = []
      let lead = maker.words("哪些{h}的 哪些{h} 哪个{h} 哪个{h}的 什么{h}的 有哪些{h}的 有哪些{h} 哪几个{h}的 什么{h} 哪家{h}的 哪种{h}的 都有哪些{h}是")
      return filled(lead, header: header) + conditions
    }
    if maker.chance(0.22) {
      // The condition first, as a sentence of its own, or last.
      if maker.chance(0.7) {
        let (front, back) = maker.pick([
          ("如果", "，那么"), ("", "，"), ("当", "时，"), ("", "的话，"), ("在", "的情况下，"), ("已知", "，"), ("", "，请问"), ("", "，它的"), ("", "，那"), ("", "时"),
          ("", "的话"), ("若", "，则"),
        ])
        before = [Piece(text: front)] + conditions + [Piece(text: back)]
        return filled(maker.pick(forms), header: header)
      }
      before = []
      return filled(maker.pick(forms), header: header)
        + [Piece(text: maker.pick(["，要求", "，条件是", "，其中", "，要"]))] + conditions + [Piece(text: maker.words("的 . .").replacing(".", with: ""))]
    }
    return filled(maker.pick(forms), header: header)
  }

  /// What people say before and behind a question.
  private mutating func finish(_ drawn: inout Drawn) {
    var front = ""
    if maker.chance(0.35) {
      front = maker.words(
        "请问 我想知道 查一下 帮我查一下 告诉我 你能告诉我 想了解一下 请列出 查询 给我看看 请帮我找出 你知道 麻烦查一下 列出 找出 请问一下， 那 我想问问， 你好， 能不能帮我看看 统计一下 求 显示 计算 你给我说说 想问一下")
    }
    let back = maker.chance(0.55) ? "" : maker.words("？ ？ ? 啊 呢 呀 啊？ 呢？ 吗 来着 。 呀？ ，谢谢")
    drawn.pieces = [Piece(text: front)] + drawn.pieces + [Piece(text: back)]
  }
}

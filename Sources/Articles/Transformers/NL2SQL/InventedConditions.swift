import Foundation
import Parallel
import TableQueries

/// What rows have to fulfil, in words.
extension QuestionMaker {
  mutating func clause(_ column: Int, _ table: InventedTable, _ drawn: inout Drawn)
    -> [Piece]?
  {
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
      let comparison: Comparison =
        draw < 0.5 ? .greater : draw < 0.8 ? .less : draw < 0.97 ? .equal : .unequal
      guard let value = self.number(cells, decimals, isExact: comparison == .equal) else {
        return nil
      }
      let split = MeasuringUnit.split(header: table.headers[column])
      let wording = self.wording(value, unit, split.unit, table.table.columns[column].range)
      add(comparison, .value(SQLValue(value)))
      let template = maker.pick(Self.templates(comparison, attribute))
      return filled(template, header: header, value: Piece(text: wording, kind: kind))
    case .year:
      guard let year = cells.randomElement(using: &maker.random).flatMap(Int.init) else {
        return nil
      }
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
        let words =
          comparison == .greater ? "年以后 年之后 年后" : comparison == .less ? "年以前 年之前 年前" : "年 年"
        return [
          Piece(text: text, kind: kind), Piece(text: maker.words(words)),
          Piece(text: verb, kind: .header),
        ]
      }
      return filled(
        maker.pick(Self.yearTemplates(comparison)), header: header,
        value: Piece(text: text, kind: kind))
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
        let day = period.day == nil ? "." : "当天 . ."
        let words =
          comparison == .greater ? "以后 之后 后" : comparison == .less ? "以前 之前 前" : day
        return [
          Piece(text: wording(of: period), kind: kind),
          Piece(text: maker.words(words).replacing(".", with: "")),
          Piece(text: verb, kind: .header),
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
            "{h}是{v}", "{h}为{v}", "{h}等于{v}", "{h}叫{v}", "{v}这个{h}", "{h}属于{v}", "{h}{v}",
            "{h}是叫{v}", "{v}", "{v}",
            "{v}", "{v}", "叫{v}", "属于{v}", "{h}：{v}", "{h}=“{v}”", "{h}选{v}",
          ]
      let fitting = isAlone ? templates : templates.filter { $0.contains("{h}") }
      return filled(maker.pick(fitting), header: header, value: Piece(text: text, kind: kind))
    }
  }

  /// 上映 of 上映时间: how a date is spoken of.
  static func verb(_ header: String) -> String? {
    let core = MeasuringUnit.split(header: header).core
    guard let end = ["时间", "日期", "年份", "时", "日"].first(where: core.hasSuffix),
      core.count - end.count >= 2
    else { return nil }
    return String(core.dropLast(end.count))
  }

  /// Two values of one column, either of which will do.
  mutating func twice(_ column: Int, _ table: InventedTable, _ drawn: inout Drawn)
    -> [Piece]?
  {
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
    return read.map { abs($0 - value) < 1e-9 * max(1, abs(value)) } ?? false
      ? text : SQLValue(value).text
  }

  private mutating func wording(of period: CalendarPeriod) -> String {
    let year = maker.chance(0.2) ? String(format: "%02d", period.year % 100) : String(period.year)
    guard let month = period.month else { return "\(year)年" }
    guard let day = period.day else {
      return maker.chance(0.8)
        ? "\(year)年\(month)月" : String(format: "%04d-%02d", period.year, month)
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
      if maker.chance(0.5) {
        changed.remove(at: place)
      } else {
        changed[place] = Character(maker.scalar("的一里子小大文光"))
      }
    }
    let text = String(changed)
    guard text != cell, let nearest = CellMatching.nearest(to: text, among: cells),
      nearest.cell == cell
    else { return nil }
    return text
  }

  private static func templates(_ comparison: Comparison, _ attribute: InventedAttribute)
    -> [String]
  {
    let (more, less) = (attribute.more, attribute.less)
    switch comparison {
    case .greater:
      return [
        "{h}大于{v}", "{h}超过{v}", "{h}高于{v}", "{h}在{v}以上", "{h}多于{v}", "{h}比{v}\(more)", "{h}超过了{v}",
        "{h}突破{v}",
        "{h}{v}以上", "{h}达到{v}以上", "{h}不止{v}", "{h}大于{v}", "{h}>{v}", "{h}不低于{v}", "{h}不少于{v}",
        "{h}至少{v}", "{h}超出{v}",
        "{h}\(more)于{v}", "{h}都大于{v}", "{h}过了{v}", "{h}有{v}以上",
      ]
    case .less:
      return [
        "{h}小于{v}", "{h}低于{v}", "{h}不到{v}", "{h}在{v}以下", "{h}少于{v}", "{h}比{v}\(less)", "{h}不足{v}",
        "{h}没有超过{v}",
        "{h}不超过{v}", "{h}{v}以下", "{h}没到{v}", "{h}<{v}", "{h}没达到{v}", "{h}不高于{v}", "{h}\(less)于{v}",
        "{h}至多{v}", "{h}在{v}以内",
      ]
    case .equal:
      return [
        "{h}是{v}", "{h}为{v}", "{h}等于{v}", "{h}正好是{v}", "{h}刚好{v}", "{h}{v}", "{h}达到{v}", "{h}有{v}",
        "{h}=={v}", "{h}达到了{v}",
      ]
    case .unequal: return ["{h}不是{v}", "{h}不等于{v}", "{h}不为{v}", "{h}!={v}"]
    }
  }

  private static func yearTemplates(_ comparison: Comparison) -> [String] {
    switch comparison {
    case .greater:
      ["{v}年以后", "{v}年之后", "{h}在{v}年之后", "{h}晚于{v}年", "{h}在{v}年以后", "{h}大于{v}", "{h}晚于{v}"]
    case .less:
      ["{v}年以前", "{v}年之前", "{h}在{v}年之前", "{h}早于{v}年", "{h}在{v}年以前", "{h}小于{v}", "{h}早于{v}"]
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
}

import Parallel
import TableQueries

/// What is asked of the rows, in words.
extension QuestionMaker {
  /// Adds selections, and the pieces of the whole question.
  mutating func ask(
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
      drawn.needsMeaning = true
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
          "平均{h}是多少", "{h}平均是多少", "{h}的平均值", "{h}均值是多少", "{h}的平均数是多少", "{h}平均值是多少", "平均{h}",
          "{h}平均为多少", "{h}的均值",
          "{h}平均有多少", "{h}平均多少", "平均的{h}是多少", "平均每个{h}是多少",
        ]), header: header)
    } else if isOrdered, draw < (bare ? 0.3 : 0.16) {
      aggregate = .maximum
      body = filled(
        maker.pick([
          "最\(more)的{h}是多少", "{h}最\(more)是多少", "{h}的最大值", "{h}最大值是多少", "最\(more){h}是多少",
          "{h}最\(more)的是多少", "{h}最多是多少",
          "{h}最\(more)能到多少", "{h}最大是多少", "最高的{h}", "{h}的最高值是多少", "{h}的最大值是多少", "{h}最高多少",
        ]), header: header)
    } else if isOrdered, draw < (bare ? 0.38 : 0.22) {
      aggregate = .minimum
      body = filled(
        maker.pick([
          "最\(less)的{h}是多少", "{h}最\(less)是多少", "{h}的最小值", "{h}最小值是多少", "最\(less){h}是多少",
          "{h}最\(less)的是多少", "{h}最少是多少",
          "{h}最小是多少", "最低的{h}", "{h}的最低值是多少", "{h}的最小值是多少", "{h}最低多少",
        ]), header: header)
    } else if isNumber, draw < (bare ? 0.48 : 0.28) {
      aggregate = .sum
      body = filled(
        maker.pick([
          "{h}总和是多少", "{h}一共是多少", "{h}总共有多少", "{h}合计是多少", "{h}加起来是多少", "{h}之和", "{h}的总和", "总{h}是多少",
          "总共的{h}是多少", "{h}总计多少",
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
        .init(column: subject, aggregate: .none),
        .init(column: column, aggregate: isMore ? .maximum : .minimum),
      ]
      let part = filled("{h}最\(word)", header: header)
      let forms = maker.random.below(5)
      switch forms {
      case 0:
        drawn.pieces =
          before + part
          + filled(maker.pick(["的{h}是哪个", "的{h}是什么", "的{h}是", "的{h}", "的{h}叫什么"]), header: named)
      case 1:
        drawn.pieces =
          before + filled(maker.words("哪个{h} 什么{h} 哪个{h}的 哪一个{h}的"), header: named) + part
      case 2: drawn.pieces = before + part + filled("的是哪个{h}", header: named)
      case 3:
        drawn.pieces =
          before + filled(maker.words("{h}中 {h}里面 {h}里"), header: named) + part + [
            Piece(text: "的是哪个")
          ]
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
          before + [
            Piece(text: maker.words("有多少条记录 一共有多少条 有几条记录 共有多少行 有多少条数据 记录有多少条 一共有几条 数据有多少条"))
          ]
        finish(&drawn)
        return
      }
      let measure = maker.words("个 个 个 个 家 部 本 位 名 座 款 种 条 辆 场 只 件 所 项")
      if maker.chance(0.4) {
        before = []
        body =
          filled(
            maker.pick([
              "有多少\(measure){h}", "有几\(measure){h}", "一共有多少\(measure){h}", "有多少{h}",
              "多少\(measure){h}", "几\(measure){h}",
            ]),
            header: header)
          + (bare
            ? [] : [Piece(text: maker.words("的 是 ， 的 . .").replacing(".", with: ""))] + conditions)
      } else {
        body = filled(
          maker.pick([
            "{h}有多少\(measure)", "{h}有几\(measure)", "{h}的数量", "{h}一共有多少\(measure)", "{h}的个数是多少",
            "{h}数量是多少", "{h}的数目", "{h}共有几\(measure)",
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
    _ subject: Int, _ other: Int?, _ table: InventedTable, _ conditions: [Piece],
    _ drawn: inout Drawn
  ) -> Bool {
    let entity = Piece(text: table.entity)
    let of = conditions.isEmpty ? [] : [Piece(text: "的")]
    let form = maker.random.below(conditions.isEmpty ? 2 : 8)
    if form < 2 {
      guard let other, !table.attributes[other].more.isEmpty else { return false }
      let isMore = maker.chance(0.65)
      let attribute = table.attributes[other]
      let word =
        isMore
        ? (maker.chance(0.7) ? attribute.more : "大") : (maker.chance(0.7) ? attribute.less : "小")
      drawn.selections = [
        .init(column: subject, aggregate: .none),
        .init(column: other, aggregate: isMore ? .maximum : .minimum),
      ]
      let part = filled("{h}最\(word)", header: mention(other, table))
      drawn.pieces =
        maker.chance(0.5)
        ? conditions + of + [Piece(text: maker.words("哪个 哪一个 什么 哪种"))] + [entity]
          + [Piece(text: maker.words("的 . .").replacing(".", with: ""))] + part
        : conditions + of + part
          + [
            Piece(text: "的"), entity,
            Piece(text: maker.words("是哪个 是什么 叫什么 是 . 是谁").replacing(".", with: "")),
          ]
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
    case 3:
      drawn.pieces =
        conditions + [Piece(text: maker.words("的有哪些 的是哪些 的有 的都有哪些 的有谁 的是哪个 的有哪几个 的叫什么"))]
    case 4:
      drawn.pieces =
        [Piece(text: maker.words("哪些 哪个 什么 哪几个 有哪些 有什么")), entity]
        + [Piece(text: maker.words("的 . . 是").replacing(".", with: ""))] + conditions
    default:
      drawn.pieces =
        conditions + of + [
          entity,
          Piece(
            text: maker.words("有哪些 是哪些 叫什么 有 是哪个 都有哪些 的名字 分别是什么 叫什么名字 . 是什么").replacing(
              ".", with: "")),
        ]
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
      drawn.needsMeaning = true
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
    var forms = [
      "{h}", "{h}呢", "{h}是什么", "{h}有哪些", "{h}是多少", "{h}是", "{h}都有哪些", "{h}分别是什么", "{h}为多少",
    ]
    switch attribute.kind {
    case .person: forms += ["{h}是谁", "{h}是谁", "{h}都是谁", "{h}叫什么", "{h}有谁"]
    case .place: forms += ["{h}在哪", "{h}是哪里", "{h}在哪里", "{h}在什么地方", "{h}是哪儿"]
    case .date, .year: forms += ["{h}是什么时候", "{h}是哪天", "{h}是哪一年", "{h}是哪年"]
    case .title, .firm:
      forms += ["{h}叫什么", "{h}叫什么名字", "{h}是哪个", "{h}是哪些", "{h}是哪几个", "{h}有哪几个", "{h}是哪家"]
    default:
      forms +=
        isAmount
        ? ["{h}是多少", "{h}多少", "{h}有多少", "{h}具体是多少", "{h}多大", "{h}多高"]
        : ["{h}是哪个", "{h}是哪些", "{h}是哪种", "{h}属于哪类"]
    }
    if conditions.isEmpty {
      return filled(
        maker.pick([
          "有哪些{h}", "{h}有哪些", "列出所有{h}", "所有的{h}", "列出{h}", "都有什么{h}", "全部{h}", "{h}都有什么", "每一个{h}",
          "各个{h}是什么",
        ]),
        header: header)
    }
    if !isAmount, maker.chance(0.35) {
      // 哪些城市的人口大于 100.
      before = []
      let lead = maker.words(
        "哪些{h}的 哪些{h} 哪个{h} 哪个{h}的 什么{h}的 有哪些{h}的 有哪些{h} 哪几个{h}的 什么{h} 哪家{h}的 哪种{h}的 都有哪些{h}是")
      return filled(lead, header: header) + conditions
    }
    if maker.chance(0.22) {
      // The condition first, as a sentence of its own, or last.
      if maker.chance(0.7) {
        let (front, back) = maker.pick([
          ("如果", "，那么"), ("", "，"), ("当", "时，"), ("", "的话，"), ("在", "的情况下，"), ("已知", "，"),
          ("", "，请问"), ("", "，它的"), ("", "，那"), ("", "时"),
          ("", "的话"), ("若", "，则"),
        ])
        before = [Piece(text: front)] + conditions + [Piece(text: back)]
        return filled(maker.pick(forms), header: header)
      }
      before = []
      return filled(maker.pick(forms), header: header)
        + [Piece(text: maker.pick(["，要求", "，条件是", "，其中", "，要"]))] + conditions + [
          Piece(text: maker.words("的 . .").replacing(".", with: ""))
        ]
    }
    return filled(maker.pick(forms), header: header)
  }

  /// What people say before and behind a question.
  private mutating func finish(_ drawn: inout Drawn) {
    var front = ""
    if maker.chance(0.35) {
      front = maker.words(
        "请问 我想知道 查一下 帮我查一下 告诉我 你能告诉我 想了解一下 请列出 查询 给我看看 请帮我找出 你知道 麻烦查一下 列出 找出 请问一下， 那 我想问问， 你好， 能不能帮我看看 统计一下 求 显示 计算 你给我说说 想问一下"
      )
    }
    let back = maker.chance(0.55) ? "" : maker.words("？ ？ ? 啊 呢 呀 啊？ 呢？ 吗 来着 。 呀？ ，谢谢")
    drawn.pieces = [Piece(text: front)] + drawn.pieces + [Piece(text: back)]
  }
}

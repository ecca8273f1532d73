import Foundation
import Parallel
import TableQueries

/// A table that nobody has: a kind of table, or a random one, with its cells.
struct InventedTable: Sendable {
  var name: String
  var attributes: [InventedAttribute]
  var headers: [String]
  /// Texts as they would stand in a file.
  var rows: [[String]]
  /// What a row is called, 影片; the column of its name, if there is one.
  var entity: String
  var subject: Int?

  /// The table as questions see it, without a database.
  var table: QueryTable {
    QueryTable(
      name: name,
      columns: headers.indices.map { index in
        let cells = rows.map { $0[index] }
        var column = QueryTable.Column(
          header: headers[index], name: headers[index], kind: .text, cells: cells)
        switch attributes[index].kind {
        case .number, .year:
          column.kind = .number
          column.cells = []
          let numbers = cells.compactMap(Double.init)
          if let low = numbers.min(), let high = numbers.max() { column.range = low...high }
          column.isYear = attributes[index].kind == .year
        case .date: column.kind = .date
        default: break
        }
        return column
      }, rowCount: rows.count)
  }
}

/// Draws tables, names and numbers.
struct TableMaker {
  var random: RandomStream

  mutating func chance(_ share: Double) -> Bool { random.uniform() < share }
  mutating func pick<Element>(_ list: [Element]) -> Element { list[random.below(list.count)] }
  mutating func words(_ list: String) -> String {
    String(pick(list.split(separator: " ", omittingEmptySubsequences: true)))
  }
  mutating func scalar(_ list: String) -> String { String(pick(Array(list))) }
  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + random.below(range.count)
  }
  mutating func shuffled<Element>(_ list: [Element]) -> [Element] {
    var list = list
    for index in stride(from: list.count - 1, to: 0, by: -1) {
      list.swapAt(index, random.below(index + 1))
    }
    return list
  }

  /// A table of one of `schemas`, or, in `nonsenseShare` of cases, of columns that mean nothing.
  mutating func table(of schemas: [InventedSchemas.Schema], nonsenseShare: Double) -> InventedTable
  {
    let isInvented = chance(nonsenseShare)
    var name = words("人 国家 产品 机构 商店 机场 学校 品牌 设备 样本 公司 用户 订单 植物 房子 城市 车 节目 作品 单位")
    var attributes: [InventedAttribute]
    var key: InventedAttribute?
    let width = chance(0.02) ? integer(11...18) : integer(3...8)
    if isInvented {
      attributes = (0..<min(width, 14)).map { _ in inventedAttribute() }
    } else {
      let schema = pick(schemas)
      name = schema.name
      let all = schema.attributes
      var chosen = Array(shuffled(Array(all.indices)).prefix(width))
      // What the table is about is mostly in it, and mostly first.
      if chance(0.85), !chosen.contains(0) { chosen[0] = 0 }
      if chance(0.7) { chosen.sort() }
      attributes = chosen.map { all[$0] }
      if chosen.contains(0), all[0].more.isEmpty { key = all[0] }
      if chance(0.25) {
        // A column that this kind of table does not have.
        attributes.insert(inventedAttribute(), at: integer(0...attributes.count))
      }
    }
    // A row's name is not always its first column, and mostly called just that.
    var isSubject = attributes.map { _ in false }
    if let key, let place = attributes.firstIndex(where: { $0.headers == key.headers }) {
      isSubject[place] = true
    } else if isInvented, chance(0.4),
      let place = attributes.firstIndex(where: { [.title, .person, .firm].contains($0.kind) })
    {
      isSubject[place] = true
    }
    if chance(0.15) {
      attributes.insert(
        InventedAttribute(
          headers: words("id 编号 序号 词条id 代码 记录号 ID").split(separator: " ").map(String.init),
          kind: .code), at: 0)
      isSubject.insert(false, at: 0)
    }
    var headers: [String] = []
    for index in attributes.indices {
      var header = pick(attributes[index].headers)
      if isSubject[index], isInvented || chance(0.3) {
        header = attributes[index].kind == .person ? "姓名" : words("名称 名称 名字 名")
      }
      while headers.contains(where: {
        MeasuringUnit.split(header: $0).core == MeasuringUnit.split(header: header).core
      }) {
        header = inventedHeader()
      }
      headers.append(header)
    }
    // Columns of one kind that differ in a word: 去年销量, 今年销量.
    if chance(0.15),
      let twin = attributes.indices.first(where: {
        if case .number = attributes[$0].kind { !headers[$0].contains("最") } else { false }
      })
    {
      var (one, other) = ("", "")
      while one == other {
        one = words("去年 今年 前年 2018年 2019年 2020年 本月 上月 上半年 下半年 第一季度 第二季度 国内 海外 线上 线下 预计 实际")
        other = words("去年 今年 前年 2018年 2019年 2020年 本月 上月 上半年 下半年 第一季度 第二季度 国内 海外 线上 线下 预计 实际")
      }
      attributes.insert(attributes[twin], at: twin + 1)
      isSubject.insert(false, at: twin + 1)
      headers.insert(other + headers[twin], at: twin + 1)
      headers[twin] = one + headers[twin]
    }
    let count = integer(5...12)
    let columns = attributes.map { attribute in cells(attribute, count) }
    return InventedTable(
      name: name, attributes: attributes, headers: headers,
      rows: (0..<count).map { row in columns.map { $0[row] } }, entity: name,
      subject: isSubject.firstIndex(of: true))
  }

  // MARK: - Columns that mean nothing

  private mutating func ideograph() -> String {
    // A fifth of them rare: what no training text held.
    let value = chance(0.2) ? integer(0x4E00...0x9FA5) : integer(0x4E00...0x7FFF)
    return Unicode.Scalar(UInt32(value)).map(String.init) ?? "字"
  }

  private mutating func letters(_ range: ClosedRange<Int>) -> String {
    (0..<integer(range)).map { _ in scalar("abcdefghijklmnopqrstuvwxyz") }.joined()
  }

  mutating func inventedHeader() -> String {
    let style = random.uniform()
    if style < 0.25 { return (0..<integer(2...5)).map { _ in ideograph() }.joined() }
    if style < 0.4 {
      let joint = words("_ - _ _")
      return (0..<integer(1...3)).map { _ in letters(2...8) }.joined(separator: joint)
    }
    let front = words(
      "年度 本期 平均 累计 计划 实际 最高 最低 总 净 首次 单位 综合 国内 人均 日均 原始 当前 标准 有效 2019年 上年 同比 预算 临时 外部 花萼 种皮 籽粒 左侧 初始"
    )
    let middle = words(
      "收入 成本 产量 耗材 客流 利润 支出 订单 信用 设备 房屋 渠道 温度 压力 速度 深度 宽度 长度 浓度 频率 酒精 矿石 电压 血压 血糖 心率 通勤 税费 用电 排放 折旧 仓储 运输 讲座 课程"
    )
    let end = words(
      "率 额 量 数 值 指数 占比 类别 名称 编号 等级 情况 来源 人 地点 次数 余额 标准 时间 数量 总数 人数 总量 个数 总额 平均值 密度 规模")
    let style2 = random.uniform()
    return style2 < 0.3
      ? front + middle : style2 < 0.5 ? middle + end : style2 < 0.8 ? front + middle + end : middle
  }

  private mutating func inventedAttribute() -> InventedAttribute {
    let style = random.uniform()
    var header = inventedHeader()
    var attribute = InventedAttribute(headers: [], kind: .title)
    if style < 0.55 {
      let unit = words("- - - 元 万元 亿元 % 公里 米 吨 公斤 人 次 件 个 分 小时 天 度 毫米 亩 台")
      let decimals = random.below(3)
      let low = pick([0.0, 0, 1, 10, 100])
      let high = low + pick([1.0, 9, 90, 500, 4000, 60000, 900_000])
      attribute.kind = .number(
        low...high, decimals: high < 5 ? 2 : decimals, unit: unit == "-" ? "" : unit)
      let adjectives = words("高低 大小 多少 高低 大小 长短 重轻 快慢")
      attribute.more = String(adjectives.first ?? "大")
      attribute.less = String(adjectives.last ?? "小")
      if unit != "-", chance(0.5) { header += chance(0.8) ? "（\(unit)）" : "(\(unit))" }
    } else if style < 0.62 {
      attribute.kind = .date
      (attribute.more, attribute.less) = ("晚", "早")
    } else if style < 0.67 {
      attribute.kind = .year
      (attribute.more, attribute.less) = ("晚", "早")
      if !header.contains("年") { header += "年份" }
    } else if style < 0.8 {
      let form = random.below(3)
      attribute.kind = .pick(
        (0..<integer(2...6)).map { _ in
          form == 0
            ? (0..<integer(2...4)).map { _ in ideograph() }.joined()
            : form == 1 ? letters(3...9) : scalar("ABCDEFG") + String(integer(1...99))
        })
    } else {
      attribute.kind = pick([.title, .person, .place, .firm, .code, .title])
    }
    attribute.headers = [header]
    return attribute
  }

  // MARK: - Cells

  private mutating func cells(_ attribute: InventedAttribute, _ count: Int) -> [String] {
    let from = integer(1950...2015)
    var taken: Set<String> = []
    return (0..<count).map { _ in
      var cell = ""
      for _ in 0..<4 {
        cell = self.cell(attribute.kind, from)
        switch attribute.kind {
        case .pick, .number, .year, .date: return cell
        default: if taken.insert(cell).inserted { return cell }
        }
      }
      return cell
    }
  }

  private mutating func cell(_ kind: InventedAttribute.Kind, _ from: Int) -> String {
    switch kind {
    case .title: return title()
    case .person: return person()
    case .place: return place()
    case .firm: return firm()
    case .code: return code()
    case .pick(let values): return pick(values)
    case .number(let range, let decimals, _):
      // Small numbers are more frequent than large ones where there is room.
      let share = range.upperBound > 1000 ? pow(random.uniform(), 2) : random.uniform()
      let value = range.lowerBound + share * (range.upperBound - range.lowerBound)
      return Self.text(value, decimals: decimals)
    case .year: return String(from + random.below(max(5, 2021 - from)))
    case .date:
      return String(
        format: "%04d-%02d-%02d", integer(2005...2021), integer(1...12), integer(1...28))
    }
  }

  static func text(_ value: Double, decimals: Int) -> String {
    SQLValue(Double(String(format: "%.\(decimals)f", value)) ?? value).text
  }

  private mutating func person() -> String {
    if chance(0.12) { return ideograph() + ideograph() + ideograph() }
    if chance(0.08) {
      return words("安娜 玛丽 约翰 彼得 保罗 露西 大卫") + "·" + words("史密斯 布朗 琼斯 米勒 戴维斯 加西亚 泰勒")
    }
    let given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建文辉力宁波志云飞鹏雪梅琳倩俊晨浩宇欣怡梓涵"
    return scalar(
      "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段")
      + scalar(given)
      + (chance(0.75) ? scalar(given) : "")
  }

  private mutating func place() -> String {
    if chance(0.3) {
      return words("北京 上海 广州 深圳 成都 杭州 南京 武汉 西安 重庆 天津 苏州 青岛 长沙 大连 厦门 昆明 哈尔滨 乌鲁木齐 呼和浩特 石家庄")
    }
    if chance(0.1) { return ideograph() + ideograph() + scalar("市县州镇") }
    return scalar("安北长东丰广海河湖吉江金晋临龙南宁平青清泉上石太天西新兴阳永云柳梧桐乐宜")
      + scalar("安宝昌春德福贵和华嘉康乐林明南宁庆瑞顺泰文武祥义元远川城谷湖江口陵浦泉沙山田溪阳原州")
      + words("市 市 市 县 区 镇 州")
  }

  private mutating func firm() -> String {
    if chance(0.08) { return letters(3...8).capitalized }
    let core =
      chance(0.12)
      ? ideograph() + ideograph()
      : scalar("安北长东丰广海河湖吉江金中华天国") + scalar("华中国大恒宏鼎盛泰瑞康嘉祥信达科通")
        + (chance(0.4) ? scalar("信达科通联创博智诚兴润力") : "")
    return core
      + words("电器 汽车 药业 食品 软件 钢铁 集团 公司 科技 股份 出版社 航空 大学 银行 俱乐部 传媒 有限公司 股份有限公司 科技有限公司 物流 学报 置业 队")
  }

  private mutating func title() -> String {
    let style = random.uniform()
    if style < 0.15 { return (0..<integer(2...6)).map { _ in ideograph() }.joined() }
    if style < 0.22 {
      return letters(3...8).capitalized + (chance(0.4) ? " " + letters(3...8) : "")
    }
    var text = ""
    for _ in 0..<integer(1...3) {
      text +=
        scalar("春夏秋冬山海风雪月夜星云故远长归红白青金银天地人水火木石花草鸟鱼龙虎梦心情路城") + scalar("天日行路城歌声河光影雨乡人中外里边上下前后之与国家园林记事台")
    }
    text += words("记 传 曲 号 王 谷 湖 苑 园 城 一号 系列 计划 工程 大学 . . . . . .").replacing(".", with: "")
    if chance(0.1) { text += String(integer(2...2020)) }
    return chance(0.08) ? "《\(text)》" : text
  }

  private mutating func code() -> String {
    let style = random.below(5)
    switch style {
    case 0: return (0..<integer(6...11)).map { _ in String(integer(0...9)) }.joined()
    case 1: return scalar("ABCDEFGHKLMNPQRSTXYZ") + String(integer(10...99999))
    case 2: return letters(2...3).uppercased() + "-" + String(integer(1...9999))
    case 3: return letters(2...6).capitalized + String(integer(1...99))
    default: return letters(2...2).uppercased() + String(integer(100...9999))
    }
  }
}

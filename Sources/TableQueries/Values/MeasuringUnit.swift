/// A unit of measurement, with what precedes it: 万元 is ten thousand times 元.
public struct MeasuringUnit: Sendable, Equatable, Codable {
  /// What is measured: quantities of one kind can be compared.
  public var dimension: String
  /// What one of the base unit is in the dimension's first unit.
  public var factor: Double
  /// What is counted at once: 10,000 for 万元, 1 for 元.
  public var multiplier: Double

  private static let bases: [String: (dimension: String, factor: Double)] = {
    var bases: [String: (String, Double)] = [:]
    func add(_ dimension: String, _ units: KeyValuePairs<String, Double>) {
      for (names, factor) in units {
        for name in names.split(separator: " ") { bases[String(name)] = (dimension, factor) }
      }
    }
    add("money", ["元 块 块钱 元人民币 人民币 rmb ￥ ¥": 1, "角 毛": 0.1, "分钱": 0.01])
    add("dollars", ["美元 美金 usd $": 1])
    add("length", ["米 m": 1, "厘米 公分 cm": 0.01, "毫米 mm": 0.001, "公里 千米 km": 1000, "英寸 寸": 0.0254])
    add("mass", ["克 g": 1, "千克 公斤 kg": 1000, "斤": 500, "吨 t": 1e6, "毫克 mg": 0.001])
    add(
      "area",
      ["平方米 平米 平 ㎡ m²": 1, "平方公里 平方千米 km²": 1e6, "公顷": 1e4, "亩": 2000.0 / 3])
    add("volume", ["升 l": 1, "毫升 ml": 0.001, "立方米 m³": 1000])
    add("time", ["秒 秒钟 s": 1, "分钟 min": 60, "小时 个小时 h": 3600, "天 日": 86400])
    add("percent", ["%": 1, "个百分点": 1])
    add("degrees", ["度 摄氏度 ℃ °c": 1])
    add("points", ["分": 1])
    add("age", ["岁 周岁": 1])
    for counter in "人 名 个 位 只 台 辆 册 本 件 次 份 套 家 座 株 头 张 户 所 页 层 集 部 条 场 篇 间 颗 片 票 瓶 箱 匹 棵 股 手 人次"
      .split(
        separator: " ")
    {
      bases[String(counter)] = ("count", 1)
    }
    return bases
  }()

  private static let multipliers: [(name: String, value: Double)] = [
    ("万亿", 1e12), ("千万", 1e7), ("百万", 1e6), ("十万", 1e5), ("亿", 1e8), ("万", 1e4), ("千", 1e3),
    ("百", 100),
  ]

  init(dimension: String, factor: Double, multiplier: Double = 1) {
    self.dimension = dimension
    self.factor = factor
    self.multiplier = multiplier
  }

  /// The unit called `name`, such as 万元; `nil` if there is none.
  public init?(_ name: String) {
    let name = FoldedText.string(name).filter { !$0.isWhitespace }
    if let base = Self.bases[name] {
      self.init(dimension: base.dimension, factor: base.factor)
      return
    }
    for (prefix, value) in Self.multipliers where name.hasPrefix(prefix) {
      let rest = String(name.dropFirst(prefix.count))
      if rest.isEmpty {
        self.init(dimension: "count", factor: 1, multiplier: value)
        return
      }
      if let base = Self.bases[rest] {
        self.init(dimension: base.dimension, factor: base.factor, multiplier: value)
        return
      }
    }
    return nil
  }

  /// A header without its unit, and the unit: 票房（万元）, 价格/元, 身高(cm).
  public static func split(header: String) -> (core: String, unit: MeasuringUnit?) {
    let scalars = Array(header.unicodeScalars)
    func text(_ range: Range<Int>) -> String {
      String(String.UnicodeScalarView(scalars[range])).trimmed
    }
    if let last = scalars.last, "）)]】".unicodeScalars.contains(last),
      let open = scalars.lastIndex(where: { "（([【".unicodeScalars.contains($0) }), open > 0
    {
      var inner = text(open + 1..<scalars.count - 1)
      if inner.hasPrefix("单位") {
        inner = inner.dropFirst(2).drop { ":： ".contains($0) }.description
      }
      // What stands in brackets is no name by which a column is called, unit or not.
      return (text(0..<open), MeasuringUnit(inner))
    }
    if let slash = scalars.lastIndex(of: "/"), slash > 0,
      let unit = MeasuringUnit(text(slash + 1..<scalars.count))
    {
      return (text(0..<slash), unit)
    }
    return (header.trimmed, nil)
  }
}

extension String {
  var trimmed: String {
    var part = Substring(self)
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}

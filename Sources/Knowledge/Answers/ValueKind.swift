import Foundation

/// What a value looks like.
public enum ValueKind: String, Sendable, CaseIterable {
  case date, number, list, place, person, text

  /// Its place among the cases, which files of `LearntAttributes` rely on.
  var ordinal: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Finds the kind of a value from its spelling alone.
  public init(_ value: String) {
    let scalars = Array(value.unicodeScalars)
    let digits = scalars.count { $0.value >= 0x30 && $0.value <= 0x39 }
    if digits > 0, Self.isDate(scalars) {
      self = .date
    } else if digits > 0, Quantity(value) != nil {
      self = .number
    } else if Self.items(value).count > 1 {
      self = .list
    } else if scalars.count <= 30, let last = scalars.last, Self.placeEndings.contains(last) {
      self = .place
    } else if (2...4).contains(scalars.count), digits == 0,
      scalars.allSatisfy({ 0x4E00...0x9FFF ~= $0.value }), Self.surnames.contains(scalars[0])
    {
      self = .person
    } else if value.contains("·"), digits == 0, scalars.count <= 16 {
      self = .person
    } else {
      self = .text
    }
  }

  /// The parts of a list: between 、 ， ； / and line breaks. A number's thousands are no list.
  public static func items(_ value: String) -> [String] {
    value.split { "、，,；;/\n".contains($0) }
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private static func isDate(_ scalars: [Unicode.Scalar]) -> Bool {
    func isDigit(_ index: Int) -> Bool {
      scalars.indices.contains(index) && 0x30...0x39 ~= scalars[index].value
    }
    for (index, scalar) in scalars.enumerated() where index > 0 && isDigit(index - 1) {
      if scalar == "年" || scalar == "月" { return true }
      // 1996-12-13, 1996.12.13, 1996/12/13
      if scalar == "-" || scalar == "." || scalar == "/", index >= 4, isDigit(index + 1),
        (1...4).allSatisfy({ isDigit(index - $0) }),
        "12".unicodeScalars.contains(scalars[index - 4])
      {
        return true
      }
    }
    return scalars.count <= 12 && scalars.last == "世纪".unicodeScalars.last
      && scalars.contains("世")
  }

  private static let placeEndings = Set("省市县区州国路镇村乡街道岛山湾港洲盟旗城馆寺".unicodeScalars)
  private static let surnames = Set(
    ("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚"
      + "卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤")
      .unicodeScalars)
}

/// A number with its unit, brought to the unit's base: 1.86米 and 186 cm are the same.
public struct Quantity: Sendable, Equatable {
  public let amount: Double
  /// `m`, `kg`, `m²` …, or the unit as it stands where it is none of these.
  public let unit: String

  /// Reads a number at the beginning of `text` and its unit, up to a bracket. `nil` where there is more than
  /// one number, or none at the beginning.
  public init?(_ text: String) {
    var text = text.split(whereSeparator: { "（(".contains($0) }).first.map(String.init) ?? ""
    text = text.replacingOccurrences(of: ",", with: "").trimmingCharacters(in: .whitespaces)
    for word in ["约", "大约", "近", "共"] where text.hasPrefix(word) {
      text.removeFirst(word.count)
    }
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits) else { return nil }
    var rest = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
    guard !rest.contains(where: { $0.isNumber && $0.isASCII }), rest.count <= 8 else { return nil }
    var scale = 1.0
    while let first = rest.first, let power = Self.powers[first] {
      scale *= power
      rest.removeFirst()
    }
    if let (name, factor) = Self.units[rest.lowercased()] {
      amount = number * scale * factor
      unit = name
    } else {
      amount = number * scale
      unit = rest
    }
  }

  private static let powers: [Character: Double] = ["万": 1e4, "亿": 1e8, "千": 1e3, "百": 1e2]
  private static let units: [String: (String, Double)] = [
    "m": ("m", 1), "米": ("m", 1), "cm": ("m", 0.01), "厘米": ("m", 0.01), "公分": ("m", 0.01),
    "mm": ("m", 0.001), "毫米": ("m", 0.001), "km": ("m", 1000), "公里": ("m", 1000),
    "克米": ("m", 1000), "里": ("m", 500), "kg": ("kg", 1), "公斤": ("kg", 1), "g": ("kg", 0.001),
    "克": ("kg", 0.001), "斤": ("kg", 0.5), "吨": ("kg", 1000), "t": ("kg", 1000),
    "平方米": ("m²", 1), "㎡": ("m²", 1), "平方公里": ("m²", 1e6), "km²": ("m²", 1e6),
    "亩": ("m²", 2000.0 / 3), "公顷": ("m²", 1e4), "元": ("元", 1), "人民币": ("元", 1),
    "元人民币": ("元", 1),
  ]
}

import Messages
import Parallel
import TableQueries

/// Numbers as people write them.
enum NumberWording {
  /// A whole number in Chinese: 两千万, 三百二十, 一千零五.
  static func chinese(_ value: Int) -> String {
    if value < 0 { return "负" + chinese(-value) }
    let digits = Array("零一二三四五六七八九")
    if value < 10 { return String(digits[value]) }
    for (size, name) in [(100_000_000, "亿"), (10_000, "万")] where value >= size {
      let (high, low) = (value / size, value % size)
      let front = (high == 2 ? "两" : chinese(high)) + name
      if low == 0 { return front }
      return front + (low < size / 10 ? "零" : "") + chinese(low)
    }
    var text = ""
    var rest = value
    var isGap = false
    for (size, name) in [(1000, "千"), (100, "百"), (10, "十")] {
      let digit = rest / size
      rest %= size
      if digit == 0 {
        isGap = isGap || !text.isEmpty
        continue
      }
      if isGap { text += "零" }
      isGap = false
      let spoken =
        digit == 1 && size == 10 && text.isEmpty
        ? "" : digit == 2 && size >= 100 && text.isEmpty ? "两" : String(digits[digit])
      text += spoken + name
    }
    if rest > 0 { text += (isGap ? "零" : "") + String(digits[rest]) }
    return text
  }

  static func fullWidth(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map {
          (0x21...0x7E).contains($0.value) ? Unicode.Scalar($0.value + 0xFEE0) ?? $0 : $0
        }))
  }

  /// `value` in a column whose header says `unit`, or whose people know it: plain, with its unit, in Chinese, in
  /// another unit, full width.
  static func wording(
    of value: Double, unit: String, headerHasUnit: Bool, _ maker: inout TableMaker
  ) -> String {
    let plain = SQLValue(value).text
    let isWhole = value == value.rounded() && value > 0
    let draw = maker.random.uniform()
    // Only units that both sides know are said, so that what is meant can be told.
    let spoken = unit == "%" ? "%" : MeasuringUnit(unit) == nil ? "" : unit
    if draw < 0.40 { return plain }
    if draw < 0.62 { return plain + spoken }
    if draw < 0.72, isWhole, value < 1e9 {
      let few = Int(value)
      // Nobody writes out long numbers.
      if String(few).reversed().drop(while: { $0 == "0" }).count <= 3 {
        if headerHasUnit, let known = MeasuringUnit(unit), known.multiplier >= 1e4,
          maker.chance(0.5),
          value * known.multiplier < 1e13
        {
          return chinese(few * Int(known.multiplier)) + (maker.chance(0.5) ? base(of: unit) : "")
        }
        return chinese(few) + (maker.chance(0.4) ? spoken : "")
      }
    }
    if draw < 0.78, unit == "%" {
      return isWhole && maker.chance(0.5) ? "百分之" + chinese(Int(value)) : "百分之" + plain
    }
    if draw < 0.84, headerHasUnit, let known = MeasuringUnit(unit), known.multiplier >= 1e4 {
      // 2000万 in a column of 万元; the same with its base.
      return plain + (known.multiplier >= 1e8 ? "亿" : "万")
        + (maker.chance(0.5) ? base(of: unit) : "")
    }
    if draw < 0.88, isWhole, value >= 10_000, Int(value) % 1000 == 0, unit.isEmpty || unit == "元" {
      return SQLValue(value / 10_000).text + "万" + unit
    }
    if draw < 0.93 { return fullWidth(plain) }
    if draw < 0.96, isWhole, value >= 1000 {
      return NumberText.grouped(Int(value))
    }
    if draw < 0.98, headerHasUnit, let other = converted(value, unit) { return other }
    return plain
  }

  /// 元 of 万元.
  private static func base(of unit: String) -> String {
    String(unit.drop { "万亿千百".contains($0) })
  }

  /// The same length or mass in another unit.
  private static func converted(_ value: Double, _ unit: String) -> String? {
    switch unit {
    case "公里": SQLValue(value * 1000).text + "米"
    case "厘米": SQLValue(value / 100).text + "米"
    case "公斤": SQLValue(value * 2).text + "斤"
    case "吨": SQLValue(value * 1000).text + "公斤"
    default: nil
    }
  }
}

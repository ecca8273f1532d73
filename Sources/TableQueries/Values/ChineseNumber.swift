/// Numbers as they are written in Chinese: 两千万, 三百五, 一点五亿, 二零一九, 十二万五千.
public enum ChineseNumber {
  static let digits: [Unicode.Scalar: Int] = [
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
  ]
  private static let powers: [Unicode.Scalar: Double] = [
    "十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000,
  ]
  private static let myriads: [Unicode.Scalar: Double] = ["万": 1e4, "亿": 1e8]

  static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    digits[scalar] != nil || powers[scalar] != nil || myriads[scalar] != nil || scalar == "点"
  }

  /// The number that `text` spells; `nil` if it spells none.
  public static func value(_ text: String) -> Double? { value(Array(text.unicodeScalars)) }

  static func value(_ scalars: [Unicode.Scalar]) -> Double? {
    guard let first = scalars.first, first != "点", scalars.allSatisfy(isPart) else { return nil }
    if let point = scalars.firstIndex(of: "点") { return decimal(scalars, point) }
    // Digit by digit: 二零一九.
    if scalars.count > 1, scalars.allSatisfy({ digits[$0] != nil }) {
      return scalars.reduce(0) { $0 * 10 + Double(digits[$1] ?? 0) }
    }
    return grouped(scalars)
  }

  /// 一点五, and 一点五亿: digits behind the point, then what they are multiplied by.
  private static func decimal(_ scalars: [Unicode.Scalar], _ point: Int) -> Double? {
    let tail = scalars[(point + 1)...]
    let places = tail.prefix { digits[$0] != nil }
    guard let whole = value(Array(scalars[..<point])), !places.isEmpty else { return nil }
    var number = whole
    var size = 0.1
    for scalar in places {
      number += Double(digits[scalar] ?? 0) * size
      size /= 10
    }
    for scalar in tail.dropFirst(places.count) {
      guard let factor = powers[scalar] ?? myriads[scalar] else { return nil }
      number *= factor
    }
    // 0.1 and its powers are no binary fractions.
    return (number * 1e9).rounded() / 1e9
  }

  private static func grouped(_ scalars: [Unicode.Scalar]) -> Double? {
    var total = 0.0
    var section = 0.0
    var digit: Double?
    // What the last digit is worth if nothing follows it: 三百五 is 350, 一万五 15,000.
    var unsaid = 1.0
    for scalar in scalars {
      if let value = digits[scalar] {
        if let digit, digit != 0 { return nil }
        digit = Double(value)
        if value == 0 { unsaid = 1 }
      } else if let power = powers[scalar] {
        section += (digit ?? 1) * power
        digit = nil
        unsaid = power / 10
      } else if let myriad = myriads[scalar] {
        let whole = total + section + (digit ?? 0)
        guard whole > 0 else { return nil }
        if myriad > total, total > 0 {
          // 三千万亿: all so far is multiplied.
          total = whole * myriad
        } else {
          total += (section + (digit ?? 0)) * myriad
        }
        section = 0
        digit = nil
        unsaid = myriad / 10
      }
    }
    return total + section + (digit ?? 0) * unsaid
  }
}

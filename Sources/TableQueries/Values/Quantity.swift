import Foundation

/// A number as it is written, with its unit: 2000万元, 两千万, 百分之十五, １,２００, 3.5公里.
public struct Quantity: Sendable, Equatable {
  /// The number, 万 and 亿 included.
  public var number: Double
  /// The number before 万, 亿 and the like: what it is in a column that counts in them without saying so.
  public var shownNumber: Double
  public var unit: MeasuringUnit?

  /// `nil` unless all of `text` is a quantity.
  public init?(_ text: String) {
    var scalars = FoldedText.scalars(text).filter { $0 != " " }
    guard !scalars.isEmpty else { return nil }
    if String(String.UnicodeScalarView(scalars)).hasPrefix("百分之") {
      guard let rest = Quantity(String(String.UnicodeScalarView(scalars[3...]))), rest.unit == nil
      else { return nil }
      self.init(number: rest.number, shownNumber: rest.number, unit: MeasuringUnit("%"))
      return
    }
    var sign = 1.0
    var currency: MeasuringUnit?
    while let first = scalars.first, "-−+负¥￥$".unicodeScalars.contains(first) {
      if "-−负".unicodeScalars.contains(first) { sign = -sign }
      if "¥￥$".unicodeScalars.contains(first) { currency = MeasuringUnit(String(first)) }
      scalars.removeFirst()
    }
    let digits = scalars.prefix { Self.isDigit($0) || $0 == "." || $0 == "," }
    let shown: Double
    var rest: ArraySlice<Unicode.Scalar>
    var multiplier = 1.0
    if digits.isEmpty {
      // 两千万, as far as it goes; what follows may be a unit that begins alike: 三千克.
      guard let (value, length) = Self.chinese(scalars) else { return nil }
      // 两千 of 两千万.
      let tail = scalars[..<length].reversed().prefix { "万亿".unicodeScalars.contains($0) }
      let front = Array(scalars[..<(length - tail.count)])
      shown = tail.isEmpty ? value : ChineseNumber.value(front) ?? value
      multiplier = shown == 0 ? 1 : value / shown
      rest = scalars.dropFirst(length)
    } else {
      guard let value = Self.decimal(Array(digits)) else { return nil }
      shown = value
      rest = scalars.dropFirst(digits.count)
      // 2000万, 3千万, 1.5万亿; but 3千克.
      if MeasuringUnit(String(String.UnicodeScalarView(rest))) == nil
        || "万亿".unicodeScalars.contains(rest.first ?? "a")
      {
        while let first = rest.first, let factor = Self.factors[first] {
          multiplier *= factor
          rest = rest.dropFirst()
        }
      }
    }
    var unit = currency
    if !rest.isEmpty {
      guard let named = MeasuringUnit(String(String.UnicodeScalarView(rest))) else { return nil }
      unit = named
    }
    self.init(number: sign * shown * multiplier, shownNumber: sign * shown, unit: unit)
  }

  init(number: Double, shownNumber: Double, unit: MeasuringUnit?) {
    self.number = number
    self.shownNumber = shownNumber
    self.unit = unit
  }

  private static let factors: [Unicode.Scalar: Double] = [
    "十": 10, "百": 100, "千": 1000, "万": 1e4, "亿": 1e8, "k": 1000, "w": 1e4,
  ]

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

  /// Digits with a point or commas between thousands.
  private static func decimal(_ scalars: [Unicode.Scalar]) -> Double? {
    let text = String(String.UnicodeScalarView(scalars))
    if text.contains(",") {
      let whole = text.split(separator: ".", omittingEmptySubsequences: false)[0]
      let groups = whole.split(separator: ",", omittingEmptySubsequences: false)
      guard let first = groups.first, (1...3).contains(first.count),
        groups.dropFirst().allSatisfy({ $0.count == 3 })
      else { return nil }
    }
    guard text.first != "." else { return nil }
    return Double(text.filter { $0 != "," })
  }

  /// The longest number in Chinese at the beginning behind which nothing or a unit stands.
  private static func chinese(_ scalars: [Unicode.Scalar]) -> (value: Double, length: Int)? {
    var length = scalars.prefix(while: ChineseNumber.isPart).count
    while length > 0 {
      let rest = String(String.UnicodeScalarView(scalars[length...]))
      if rest.isEmpty || MeasuringUnit(rest) != nil,
        let value = ChineseNumber.value(Array(scalars[..<length]))
      {
        return (value, length)
      }
      length -= 1
    }
    return nil
  }

  /// The number of this quantity in a column of `unit` whose values lie in `range`.
  ///
  /// With a unit on both sides it is converted; a number with 万 in a column of 万元 counts these. A column that does
  /// not say its unit is asked by its values: 2000万 is 2000 where all values lie about there.
  public func number(in unit: MeasuringUnit?, range: ClosedRange<Double>? = nil) -> Double {
    if let unit {
      if let own = self.unit, own.dimension == unit.dimension {
        let base = number * own.multiplier * own.factor
        return Self.tidied(base / (unit.multiplier * unit.factor))
      }
      if unit.multiplier > 1,
        number != shownNumber || number >= unit.multiplier * 10 && self.unit != nil
      {
        return Self.tidied(number / unit.multiplier)
      }
      return number
    }
    let whole = Self.tidied(number * (self.unit?.multiplier ?? 1))
    guard let range, whole != shownNumber else { return whole }
    func fits(_ value: Double) -> Bool {
      (range.lowerBound / 10...max(range.upperBound, 0) * 10 + 1e-9).contains(abs(value))
    }
    return range.lowerBound >= 0 && !fits(whole) && fits(shownNumber) ? shownNumber : whole
  }

  /// Without what binary fractions leave behind the twelfth digit.
  private static func tidied(_ value: Double) -> Double {
    Double(String(format: "%.12g", value)) ?? value
  }
}

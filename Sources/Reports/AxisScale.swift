import Foundation
import Messages

/// The mapping of data to pixels along one axis, with ticks at round numbers.
struct AxisScale {
  struct Tick {
    let value: Double
    let label: String
  }

  let low: Double
  let high: Double
  let isLogarithmic: Bool
  let ticks: [Tick]

  /// A scale over the finite ones of `values`.
  ///
  /// `maximumTicks` bounds their number. With `isExpanded` the ends move out to ticks; with
  /// `includesZero` a linear scale contains 0.
  init(
    _ values: some Sequence<Double>, axis: Axis, maximumTicks: Int, isExpanded: Bool,
    includesZero: Bool = false
  ) {
    let isLogarithmic = axis.scale == .logarithmic
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (!isLogarithmic || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    if includesZero, !isLogarithmic {
      low = min(low, 0)
      high = max(high, 0)
    }
    if let range = axis.range, !isLogarithmic || range.lowerBound > 0 {
      low = range.lowerBound
      high = range.upperBound
    }
    if low > high { (low, high) = isLogarithmic ? (1, 10) : (0, 1) }
    (low, high) = Self.separated(low, high, isLogarithmic: isLogarithmic)
    self.isLogarithmic = isLogarithmic
    let expands = isExpanded && axis.range == nil
    (self.low, self.high, ticks) =
      isLogarithmic
      ? Self.logarithmic(low, high, maximumTicks: maximumTicks, isExpanded: expands)
      : Self.linear(low, high, maximumTicks: maximumTicks, isExpanded: expands)
  }

  /// Where `value` lies between the ends, 0 to 1 (outside for values beyond them); `nil` if it has
  /// no place.
  func fraction(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    if isLogarithmic {
      return value > 0 ? (log10(value) - log10(low)) / (log10(high) - log10(low)) : nil
    }
    return (value - low) / (high - low)
  }

  /// The ends with room between them and no numbers so extreme that arithmetic on them overflows.
  private static func separated(
    _ low: Double, _ high: Double, isLogarithmic: Bool
  ) -> (Double, Double) {
    if isLogarithmic {
      let low = min(max(low, 1e-300), 1e299)
      let high = min(max(high, low), 1e300)
      return high / low < 1 + 1e-9 ? (low / 2, high * 2) : (low, high)
    }
    let low = min(max(low, -1e300), 1e300)
    let high = min(max(high, -1e300), 1e300)
    let size = max(abs(low), abs(high))
    if high - low > max(size * 1e-12, 1e-290) { return (low, high) }
    let padding = size < 1e-290 ? 1 : size * 0.1
    return (low - padding, high + padding)
  }

  /// Steps are 1, 2 or 5 times a power of ten.
  private static func linear(
    _ low: Double, _ high: Double, maximumTicks: Int, isExpanded: Bool
  ) -> (Double, Double, [Tick]) {
    let raw = (high - low) / Double(max(1, maximumTicks - 1))
    var exponent = Int(floor(log10(raw)))
    var factor = 1.0
    for candidate in [1.0, 2, 5, 10] {
      factor = candidate
      if candidate * pow(10, Double(exponent)) >= raw * (1 - 1e-9) { break }
    }
    if factor == 10 {
      factor = 1
      exponent += 1
    }
    let step = factor * pow(10, Double(exponent))
    // The small numbers keep 0.30000000000000004 / 0.1 from adding a tick.
    // An end that all but reaches a tick moves to it: 29,995 steps end at 30k.
    let near = (high - low) * 0.02
    let first = isExpanded ? floor(low / step + 1e-9) : ceil((low - near) / step - 1e-9)
    let last = isExpanded ? ceil(high / step - 1e-9) : floor((high + near) / step + 1e-9)
    let count = max(0, min(100, Int(last - first)))
    let values = (0...count).map { (first + Double($0)) * step }
    let labels = linearLabels(values, exponent: exponent)
    let ticks = zip(values, labels).map { Tick(value: $0, label: $1) }
    guard last >= first else { return (low, high, []) }
    return (min(low, first * step), max(high, last * step), ticks)
  }

  /// One notation for all labels of an axis.
  private static func linearLabels(_ values: [Double], exponent: Int) -> [String] {
    let largest = values.map(abs).max() ?? 0
    if largest >= 1e13 || largest < 1e-3 { return values.map { NumberText.short($0) } }
    let (unit, suffix, digits) =
      largest >= 1e9
      ? (1e9, "G", 9) : largest >= 1e6 ? (1e6, "M", 6) : largest >= 1e4 ? (1e3, "k", 3) : (1, "", 0)
    let decimals = max(0, digits - exponent)
    if decimals > 6 { return values.map { NumberText.short($0) } }
    return values.map { value in
      value == 0 ? "0" : NumberText.fixed(value / unit, decimals: decimals) + suffix
    }
  }

  private static func logarithmic(
    _ low: Double, _ high: Double, maximumTicks: Int, isExpanded: Bool
  ) -> (Double, Double, [Tick]) {
    let bottom = Int(floor(log10(low) + 1e-9))
    let top = Int(ceil(log10(high) - 1e-9))
    let decades = max(1, top - bottom)
    func power(_ exponent: Int) -> Double { pow(10, Double(exponent)) }
    let factors = decades * 3 + 1 <= maximumTicks ? [1.0, 2, 5] : [1.0]
    let stride = factors.count == 3 ? 1 : max(1, (decades + maximumTicks - 1) / maximumTicks)
    var candidates: [(value: Double, exponent: Int, factor: Double)] = []
    for exponent in Swift.stride(from: bottom, through: top, by: stride) {
      for factor in factors { candidates.append((factor * power(exponent), exponent, factor)) }
    }
    var ends = (low, high)
    if isExpanded {
      ends.0 = candidates.last { $0.value <= low * (1 + 1e-9) }?.value ?? power(bottom)
      ends.1 = candidates.first { $0.value >= high * (1 - 1e-9) }?.value ?? high
    }
    let inside = candidates.filter {
      $0.value >= ends.0 * (1 - 1e-9) && $0.value <= ends.1 * (1 + 1e-9)
    }
    if inside.count < 2, high / low < 100 {
      // Less than a decade: the round numbers between the ends are those of a linear axis.
      let (_, _, ticks) = linear(ends.0, ends.1, maximumTicks: maximumTicks, isExpanded: false)
      return (ends.0, ends.1, ticks.filter { $0.value >= ends.0 && $0.value <= ends.1 })
    }
    let isPlain = bottom >= -3 && top <= 4
    let ticks = inside.map { candidate in
      let label: String
      if isPlain {
        label = NumberText.short(candidate.value)
      } else if candidate.factor == 1 {
        label = NumberText.powerOfTen(candidate.exponent)
      } else {
        label = "\(Int(candidate.factor))·\(NumberText.powerOfTen(candidate.exponent))"
      }
      return Tick(value: candidate.value, label: label)
    }
    return (ends.0, ends.1, ticks)
  }
}

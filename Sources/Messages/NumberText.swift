import Foundation

/// Numbers for people: few digits, no noise.
public enum NumberText {
  /// About four significant digits, or as many as `digits` says: `0.9132`, `12,345`, `1.2e-7`.
  public static func short(_ value: Double, digits: Int = 4) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "∞" : "−∞" }
    if value == 0 { return "0" }
    let size = abs(value)
    if size >= 1e7 || size < 1e-4 {
      return tidy(String(format: "%.\(digits - 1)e", value))
    }
    if value == value.rounded() { return grouped(Int(value)) }
    if size >= 10_000 { return grouped(Int(value.rounded())) }
    let decimals = max(0, digits - 1 - Int(floor(log10(size))))
    return signed(trimmed(String(format: "%.\(decimals)f", value)))
  }

  /// The values of one column: with equally many places where their sizes allow it.
  public static func column(_ values: [Double]) -> [String] {
    let texts = values.map { short($0) }
    guard values.allSatisfy({ $0 == 0 || (abs($0) >= 1e-4 && abs($0) < 1000) }) else {
      return texts
    }
    let decimals =
      texts.map { text in
        text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
      }.max() ?? 0
    return values.map { fixed($0, decimals: decimals) }
  }

  /// With commas between thousands.
  public static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return value < 0 ? "−" + text : text
  }

  /// `value` with `decimals` places, for the ticks of one axis, which share their number of places.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    signed(String(format: "%.\(decimals)f", value == 0 ? 0 : value))
  }

  /// A power of ten as `10⁻³`.
  public static func powerOfTen(_ exponent: Int) -> String {
    let superscripts: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷",
      "8": "⁸", "9": "⁹",
    ]
    return "10" + String(String(exponent).map { superscripts[$0] ?? $0 })
  }

  private static func signed(_ text: String) -> String {
    text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// `1.200e-07` as `1.2e-7`.
  private static func tidy(_ text: String) -> String {
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return text }
    return signed(trimmed(String(parts[0]))) + "e\(exponent)"
  }
}

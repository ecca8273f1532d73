import Foundation

/// An amount of memory such as `512M` or `2G`.
public enum MemorySize {
  /// Parses digits and an optional K, M, G or T (powers of 1024, `B` or `iB` may follow).
  public static func parse(_ text: String) -> Int? {
    var digits = Substring(text)
    for suffix in ["iB", "ib", "B", "b"] where digits.hasSuffix(suffix) {
      digits = digits.dropLast(suffix.count)
      break
    }
    let scale: Double =
      switch digits.last.map({ Character($0.uppercased()) }) {
      case "K": 0x1p10
      case "M": 0x1p20
      case "G": 0x1p30
      case "T": 0x1p40
      default: 1
      }
    if scale > 1 { digits = digits.dropLast() }
    guard let number = Double(digits), number > 0, number * scale < 9e18 else { return nil }
    return Int(number * scale)
  }

  public static func describe(_ bytes: Int) -> String {
    for (unit, size) in [("G", 30), ("M", 20), ("K", 10)] where bytes >= 1 << size {
      let value = Double(bytes) / Double(1 << size)
      return value == value.rounded()
        ? "\(Int(value))\(unit)" : String(format: "%.1f%@", value, unit)
    }
    return "\(bytes)"
  }
}

import Foundation

/// Decimal numbers in text: the one place that reads them fast.
public enum DecimalText {
  /// Powers of ten that `Double` holds exactly.
  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The number at the start of `bytes` and how many bytes spell it, correctly rounded; `nil` where
  /// there is none, and where one exact product or quotient does not give it (Clinger 1990): more
  /// than 18 digits, 53 bits or 22 decimal places, which `double(_:)` reads.
  ///
  /// What follows the number is the caller's affair.
  public static func exactPrefix(
    _ bytes: UnsafeBufferPointer<UInt8>
  ) -> (value: Double, length: Int)? {
    var index = 0
    var isNegative = false
    if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      isNegative = first == UInt8(ascii: "-")
      index = 1
    }
    var digits: UInt64 = 0
    var digitCount = 0
    var places = 0
    var seenPoint = false
    var seenDigit = false
    while index < bytes.count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit < 10 {
        digits = digits &* 10 &+ UInt64(digit)
        // Zeros at the start are no digits of the number.
        digitCount &+= digits > 0 ? 1 : 0
        seenDigit = true
        if seenPoint { places &+= 1 }
      } else if bytes[index] == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else {
        break
      }
      index &+= 1
    }
    guard seenDigit, digitCount <= 18, digits < 1 << 53 else { return nil }
    var exponent = -places
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      guard let (written, end) = writtenExponent(bytes, behind: index) else { return nil }
      exponent += written
      index = end
    }
    guard abs(exponent) <= 22 else { return nil }
    let value =
      exponent <= 0
      ? Double(digits) / powersOfTen[-exponent] : Double(digits) * powersOfTen[exponent]
    return (isNegative ? -value : value, index)
  }

  /// The exponent behind the `e` at `index`, and where it ends; `nil` if it has no digits or many.
  private static func writtenExponent(
    _ bytes: UnsafeBufferPointer<UInt8>, behind index: Int
  ) -> (value: Int, end: Int)? {
    var start = index + 1
    var isNegative = false
    if start < bytes.count, bytes[start] == UInt8(ascii: "-") || bytes[start] == UInt8(ascii: "+") {
      isNegative = bytes[start] == UInt8(ascii: "-")
      start += 1
    }
    var value = 0
    var end = start
    while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 {
      guard end - start < 6 else { return nil }
      value = value * 10 + Int(bytes[end] - UInt8(ascii: "0"))
      end += 1
    }
    return end > start ? (isNegative ? -value : value, end) : nil
  }

  /// The number that `field` spells from its first byte to its last, correctly rounded; `nil` if it
  /// spells none. Reads an optional sign, digits with an optional point, an optional exponent, `inf`
  /// and `nan`; no hexadecimal.
  public static func double(_ field: UnsafeBufferPointer<UInt8>) -> Double? {
    if let (value, length) = exactPrefix(field), length == field.count { return value }
    return text(field).flatMap { Double($0) }
  }

  /// The same rounded to `Float`.
  public static func float(_ field: UnsafeBufferPointer<UInt8>) -> Float? {
    if let (value, length) = exactPrefix(field), length == field.count { return Float(value) }
    return text(field).flatMap { Float($0) }
  }

  /// For the system's function; `nil` for what only it takes for a number.
  private static func text(_ field: UnsafeBufferPointer<UInt8>) -> String? {
    guard field.allSatisfy({ $0 > 0x20 && $0 | 0x20 != UInt8(ascii: "x") }) else { return nil }
    return String(decoding: field, as: UTF8.self)
  }
}

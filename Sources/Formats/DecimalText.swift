import Foundation

/// Decimal numbers in text: the one place that reads them fast.
public enum DecimalText {
  /// Powers of ten that `Double` holds exactly.
  @usableFromInline static let powersOfTen: [Double] = (0...22).map { pow(10, Double($0)) }

  /// The number that `field` spells from its first byte to its last, correctly rounded; `nil` if it
  /// spells none. Reads an optional sign, digits with an optional point, an optional exponent, and
  /// what `strtod` reads besides (`inf`, `nan`, hexadecimal).
  ///
  /// Few digits with a small exponent, as nearly always, are one exact product or quotient (Clinger
  /// 1990); the rest is the system's.
  public static func double(_ field: UnsafeBufferPointer<UInt8>) -> Double? {
    var index = 0
    var isNegative = false
    if let first = field.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      isNegative = first == UInt8(ascii: "-")
      index = 1
    }
    var digits: UInt64 = 0
    var digitCount = 0
    var exponent = 0
    var seenPoint = false
    var seenDigit = false
    while index < field.count {
      let byte = field[index]
      let digit = byte &- 0x30
      if digit < 10 {
        seenDigit = true
        if digits > 0 || digit > 0 { digitCount += 1 }
        if digitCount <= 18 { digits = digits &* 10 &+ UInt64(digit) }
        if seenPoint { exponent -= 1 }
      } else if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else {
        break
      }
      index += 1
    }
    if seenDigit, index < field.count, field[index] | 0x20 == UInt8(ascii: "e") {
      guard let written = Int(String(decoding: field[(index + 1)...], as: UTF8.self)) else {
        return nil
      }
      guard abs(written) < 10_000 else { return slow(field) }
      exponent += written
      index = field.count
    }
    guard seenDigit, index == field.count, digits < 1 << 53, digitCount <= 18, abs(exponent) <= 22
    else { return slow(field) }
    let value =
      exponent < 0
      ? Double(digits) / powersOfTen[-exponent] : Double(digits) * powersOfTen[exponent]
    return isNegative ? -value : value
  }

  private static func slow(_ field: UnsafeBufferPointer<UInt8>) -> Double? {
    Double(String(decoding: field, as: UTF8.self))
  }
}

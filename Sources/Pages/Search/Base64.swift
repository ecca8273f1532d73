/// RFC 4648 without Foundation's copies.
enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, digit) in digits.enumerated() { table[Int(digit)] = UInt8(value) }
    return table
  }()

  static func text(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var place = 0
    while place < bytes.count {
      let rest = bytes.count - place
      let a = bytes[place]
      let b = rest > 1 ? bytes[place + 1] : 0
      let c = rest > 2 ? bytes[place + 2] : 0
      result.append(digits[Int(a >> 2)])
      result.append(digits[Int((a & 3) << 4 | b >> 4)])
      result.append(rest > 1 ? digits[Int((b & 15) << 2 | c >> 6)] : UInt8(ascii: "="))
      result.append(rest > 2 ? digits[Int(c & 63)] : UInt8(ascii: "="))
      place += 3
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `nil` for what is not base64.
  static func bytes(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for digit in text.utf8 {
      if digit == UInt8(ascii: "=") { break }
      let value = values[Int(digit)]
      if value == 255 { return nil }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return result
  }
}

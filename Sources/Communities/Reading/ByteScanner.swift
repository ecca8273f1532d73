import Memory

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads numbers and words from a block of bytes that ends at the end of a line.
struct ByteScanner {
  let start: UnsafePointer<UInt8>
  let end: Int
  var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    // An empty buffer may have no address; nothing is read from it then.
    start = bytes.baseAddress ?? UnsafePointer(Self.nothing.pointer)
    end = bytes.count
  }

  private static let nothing = Block<UInt8>(zeros: 1)
  static let newline = UInt8(ascii: "\n")

  @inline(__always)
  var byte: UInt8 { position < end ? start[position] : Self.newline }

  @inline(__always)
  mutating func skipBlanks() {
    while position < end {
      let byte = start[position]
      guard byte == 32 || byte == 9 || byte == 13 || byte == UInt8(ascii: ",") else { return }
      position += 1
    }
  }

  @inline(__always)
  var isAtLineEnd: Bool {
    let byte = byte
    return byte == Self.newline || byte == UInt8(ascii: "#")
  }

  /// To the first byte of the next line.
  @inline(__always)
  mutating func skipLine() {
    while position < end, start[position] != Self.newline { position += 1 }
    if position < end { position += 1 }
  }

  /// A whole number below 2^32; `nil`, with nothing consumed, if there is none here.
  @inline(__always)
  mutating func unsigned() -> UInt32? {
    var value: UInt64 = 0
    var place = position
    while place < end {
      let digit = start[place] &- 48
      guard digit < 10 else { break }
      value = value &* 10 &+ UInt64(digit)
      guard value <= UInt64(UInt32.max) else { return nil }
      place += 1
    }
    guard place > position, isDelimiter(at: place) else { return nil }
    position = place
    return UInt32(truncatingIfNeeded: value)
  }

  @inline(__always)
  private func isDelimiter(at place: Int) -> Bool {
    guard place < end else { return true }
    let byte = start[place]
    return byte == 32 || byte == 9 || byte == 10 || byte == 13 || byte == UInt8(ascii: ",")
      || byte == UInt8(ascii: "#")
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// A decimal number; `nil`, with nothing consumed, if there is none here.
  ///
  /// Up to 19 digits without exponent are exact by one division (Clinger); the rest is `strtod`'s.
  mutating func decimal() -> Double? {
    var digits: UInt64 = 0
    var digitCount = 0
    var decimals = 0
    var place = position
    var seenPoint = false
    while place < end {
      let byte = start[place]
      let digit = byte &- 48
      if digit < 10 {
        digits = digits &* 10 &+ UInt64(digit)
        digitCount += 1
        if seenPoint { decimals += 1 }
      } else if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else {
        break
      }
      place += 1
    }
    if digitCount > 0, digitCount < 19, digits < 1 << 53, decimals <= 22, isDelimiter(at: place) {
      position = place
      return Double(digits) / Self.powersOfTen[decimals]
    }
    return slowDecimal()
  }

  private mutating func slowDecimal() -> Double? {
    var place = position
    while !isDelimiter(at: place), place - position < 400 { place += 1 }
    guard place > position, isDelimiter(at: place) else { return nil }
    let text = UnsafeBufferPointer(start: start + position, count: place - position)
    // Only what a decimal number, infinity or NaN is made of: strtod would take hexadecimal too.
    guard text.allSatisfy({ $0 != UInt8(ascii: "x") && $0 != UInt8(ascii: "X") && $0 > 32 }) else {
      return nil
    }
    var copy = text.map { CChar(bitPattern: $0) }
    copy.append(0)
    return copy.withUnsafeBufferPointer { copy -> Double? in
      guard let start = copy.baseAddress else { return nil }
      var stop: UnsafeMutablePointer<CChar>?
      let value = strtod(start, &stop)
      guard stop == UnsafeMutablePointer(mutating: start) + (place - position) else { return nil }
      position = place
      return value
    }
  }

  /// A name: what stands between double quotes, or the next word.
  mutating func name() -> String? {
    guard position < end else { return nil }
    if start[position] == UInt8(ascii: "\"") {
      var place = position + 1
      while place < end, start[place] != UInt8(ascii: "\""), start[place] != Self.newline {
        place += 1
      }
      guard place < end, start[place] == UInt8(ascii: "\"") else { return nil }
      defer { position = place + 1 }
      return text(position + 1, place)
    }
    return word()
  }

  /// The bytes up to the next blank.
  mutating func word() -> String? {
    var place = position
    while !isDelimiter(at: place) { place += 1 }
    guard place > position else { return nil }
    defer { position = place }
    return text(position, place)
  }

  private func text(_ from: Int, _ to: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: start + from, count: to - from), as: UTF8.self)
  }

  /// The rest of the line, shortened for a message.
  func lineText(from place: Int) -> String {
    var stop = place
    while stop < end, start[stop] != Self.newline, stop - place < 60 { stop += 1 }
    return text(place, stop)
  }
}

/// A 64-bit hash of bytes (FNV-1a over eight bytes at a time, then mixed): tells whether something has
/// changed since; no protection against somebody who wants two texts to collide.
struct ContentHash: Hashable, Sendable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init() {}

  init(_ bytes: [UInt8]) { add(bytes) }

  mutating func add(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var place = 0
      while place + 8 <= buffer.count {
        mix(buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        place += 8
      }
      var rest: UInt64 = 0
      while place < buffer.count {
        rest = rest << 8 | UInt64(buffer[place])
        place += 1
      }
      mix(rest)
      mix(UInt64(buffer.count))
    }
  }

  mutating func add(_ text: String) { add(Array(text.utf8)) }

  private mutating func mix(_ word: UInt64) {
    value = (value ^ word) &* 0x9e37_79b9_7f4a_7c15
    value ^= value >> 29
  }

  /// 16 hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

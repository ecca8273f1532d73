import CPrefetch
import Memory

/// A set of keys that may answer yes wrongly, never no: enough to leave out hopeless n-grams early.
struct KeyFilter: Sendable {
  private let words: Block<UInt64>
  private let shift: UInt64

  /// A filter for about `count` keys, sixteen bits each.
  init(count: Int) {
    var bits: UInt64 = 16
    while 1 << bits < count * 16, bits < 33 { bits += 1 }
    words = Block(repeating: 0, count: 1 << (bits - 6))
    shift = 64 - bits
  }

  /// One multiplication spreads packed n-grams well enough here.
  @inline(__always)
  private func bit(of key: UInt64) -> UInt64 { (key &* 0x9E37_79B9_7F4A_7C15) >> shift }

  func insert(_ key: UInt64) {
    let bit = bit(of: key)
    words.pointer[Int(truncatingIfNeeded: bit >> 6)] |= 1 << (bit & 63)
  }

  /// 1 if the set may contain `key`, otherwise 0.
  @inline(__always)
  func mayContainBit(_ key: UInt64) -> UInt64 {
    let bit = bit(of: key)
    return words.pointer[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1
  }

  @inline(__always)
  func prefetch(_ key: UInt64) {
    CPrefetch.prefetch(words.pointer + Int(truncatingIfNeeded: bit(of: key) >> 6))
  }

  @inline(__always)
  func mayContain(_ key: UInt64) -> Bool { mayContainBit(key) != 0 }
}

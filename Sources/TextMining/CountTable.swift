/// A read-mostly map from 64-bit keys (never 0) to counts: open addressing, load at most one half.
struct CountTable: Sendable {
  private var keys: RawArray<UInt64>
  private var counts: RawArray<Int>
  private var mask: Int
  private(set) var count = 0

  init(minimumCapacity: Int = 0) {
    var capacity = 64
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    keys = RawArray(repeating: 0, count: capacity)
    counts = RawArray(repeating: 0, count: capacity)
    mask = capacity - 1
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: PackedGram.hash(key) >> 8) & mask
    while keys.pointer[slot] != 0, keys.pointer[slot] != key { slot = (slot &+ 1) & mask }
    return slot
  }

  @inline(__always)
  subscript(_ key: UInt64) -> Int? {
    let slot = slot(of: key)
    return keys.pointer[slot] == key ? counts.pointer[slot] : nil
  }

  @inline(__always)
  func contains(_ key: UInt64) -> Bool { keys.pointer[slot(of: key)] == key }

  mutating func add(_ key: UInt64, _ amount: Int) {
    // Copies of the table share their memory until one of them changes.
    if (count + 1) * 2 > keys.count || !isKnownUniquelyReferenced(&keys) { rebuild() }
    let slot = slot(of: key)
    if keys[slot] == 0 {
      keys[slot] = key
      count += 1
    }
    counts[slot] += amount
  }

  private mutating func rebuild() {
    var larger = CountTable(minimumCapacity: max(32, count * 2))
    for slot in 0..<keys.count where keys[slot] != 0 { larger.add(keys[slot], counts[slot]) }
    self = larger
  }

  /// All pairs, by key, so that whoever iterates gets one order.
  func sorted() -> [(key: UInt64, count: Int)] {
    var pairs: [(key: UInt64, count: Int)] = []
    pairs.reserveCapacity(count)
    for slot in 0..<keys.count where keys[slot] != 0 { pairs.append((keys[slot], counts[slot])) }
    pairs.sort { $0.key < $1.key }
    return pairs
  }
}

/// A set of keys that may answer yes wrongly, never no: enough to leave out hopeless n-grams early.
struct KeyFilter: Sendable {
  private let words: RawArray<UInt64>
  private let shift: UInt64

  /// A filter for about `count` keys, sixteen bits each.
  init(count: Int) {
    var bits: UInt64 = 16
    while 1 << bits < count * 16, bits < 33 { bits += 1 }
    words = RawArray(repeating: 0, count: 1 << (bits - 6))
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
  func mayContain(_ key: UInt64) -> Bool { mayContainBit(key) != 0 }
}

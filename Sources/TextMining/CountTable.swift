/// A read-mostly map from 64-bit keys (never 0) to counts: open addressing, load at most one half.
struct CountTable: Sendable {
  private var keys: [UInt64]
  private var counts: [Int]
  private var mask: Int
  private(set) var count = 0

  init(minimumCapacity: Int = 0) {
    var capacity = 64
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    keys = [UInt64](repeating: 0, count: capacity)
    counts = [Int](repeating: 0, count: capacity)
    mask = capacity - 1
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    keys.withUnsafeBufferPointer { keys in
      var slot = Int(truncatingIfNeeded: PackedGram.hash(key) >> 8) & mask
      while keys[slot] != 0, keys[slot] != key { slot = (slot &+ 1) & mask }
      return slot
    }
  }

  @inline(__always)
  subscript(_ key: UInt64) -> Int? {
    let slot = slot(of: key)
    return keys[slot] == key ? counts[slot] : nil
  }

  @inline(__always)
  func contains(_ key: UInt64) -> Bool { keys[slot(of: key)] == key }

  mutating func add(_ key: UInt64, _ amount: Int) {
    if (count + 1) * 2 > keys.count { grow() }
    let slot = slot(of: key)
    if keys[slot] == 0 {
      keys[slot] = key
      count += 1
    }
    counts[slot] += amount
  }

  private mutating func grow() {
    var larger = CountTable(minimumCapacity: keys.count)
    for slot in keys.indices where keys[slot] != 0 { larger.add(keys[slot], counts[slot]) }
    self = larger
  }

  /// All pairs, by key, so that whoever iterates gets one order.
  func sorted() -> [(key: UInt64, count: Int)] {
    var pairs: [(key: UInt64, count: Int)] = []
    pairs.reserveCapacity(count)
    for slot in keys.indices where keys[slot] != 0 { pairs.append((keys[slot], counts[slot])) }
    pairs.sort { $0.key < $1.key }
    return pairs
  }
}

/// A set of keys that may answer yes wrongly, never no: enough to leave out hopeless n-grams early.
struct KeyFilter: Sendable {
  private let words: RawArray<UInt64>
  private let mask: UInt64

  /// A filter for about `count` keys, sixteen bits each.
  init(count: Int) {
    var bits = 1 << 16
    while bits < count * 16, bits < 1 << 33 { bits *= 2 }
    words = RawArray(repeating: 0, count: bits / 64)
    mask = UInt64(bits - 1)
  }

  func insert(_ key: UInt64) {
    let bit = PackedGram.hash(key) & mask
    words.pointer[Int(truncatingIfNeeded: bit >> 6)] |= 1 << (bit & 63)
  }

  @inline(__always)
  func mayContain(_ key: UInt64) -> Bool {
    let bit = PackedGram.hash(key) & mask
    return words.pointer[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1 != 0
  }
}

import Memory

/// A read-mostly map from 64-bit keys (never 0) to counts: open addressing, load at most one half.
struct CountTable: Sendable {
  private var keys: Block<UInt64>
  private var counts: Block<Int>
  private var mask: Int
  private(set) var count = 0

  init(minimumCapacity: Int = 0) {
    var capacity = 64
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    keys = Block(repeating: 0, count: capacity)
    counts = Block(repeating: 0, count: capacity)
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

  /// Calls `body` with all pairs, in no particular order.
  func forEachPair(_ body: (_ key: UInt64, _ count: Int) -> Void) {
    for slot in 0..<keys.count where keys[slot] != 0 { body(keys[slot], counts[slot]) }
  }

  /// All pairs, by key, so that whoever iterates gets one order.
  func sorted() -> [(key: UInt64, count: Int)] {
    var pairs: [(key: UInt64, count: Int)] = []
    pairs.reserveCapacity(count)
    forEachPair { pairs.append(($0, $1)) }
    pairs.sort { $0.key < $1.key }
    return pairs
  }
}

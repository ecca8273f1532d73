import Memory

/// Byte strings by their beginnings: each step of a walk is one look-up in an open-addressing table.
struct ByteTrie: Sendable {
  static let root: Int32 = 0
  static let none: Int32 = -1

  /// (node, byte) in 40 bits of key, the next node in 24.
  private var slots = Block<UInt64>(zeros: 1 << 10)
  private var used = 0
  /// What ends at each node, or −1.
  private(set) var values: [Int32] = [-1]

  private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    let mask = slots.count &- 1
    let mixed = key &* 0x9E37_79B9_7F4A_7C15
    var slot = Int(truncatingIfNeeded: mixed >> 32) & mask
    while slots.pointer[slot] != 0, slots.pointer[slot] >> 24 != key { slot = (slot &+ 1) & mask }
    return slot
  }

  @inline(__always)
  func step(_ node: Int32, _ byte: UInt8) -> Int32 {
    let entry = slots.pointer[slot(of: Self.key(node, byte))]
    return entry == 0 ? Self.none : Int32(truncatingIfNeeded: entry & 0xFF_FFFF)
  }

  /// The value of the string, or `nil`.
  func value(_ bytes: some Sequence<UInt8>) -> Int? {
    var node = Self.root
    for byte in bytes {
      node = step(node, byte)
      if node == Self.none { return nil }
    }
    return values[Int(node)] < 0 ? nil : Int(values[Int(node)])
  }

  /// Files `value`; the first one of a string stays. At most 16 million beginnings fit: false says that
  /// this string was one too many.
  mutating func insert(_ bytes: some Sequence<UInt8>, _ value: Int) -> Bool {
    var node = Self.root
    for byte in bytes {
      var next = step(node, byte)
      if next == Self.none {
        guard values.count < 1 << 24 else { return false }
        next = Int32(values.count)
        values.append(-1)
        add(Self.key(node, byte) << 24 | UInt64(next))
      }
      node = next
    }
    if values[Int(node)] < 0 { values[Int(node)] = Int32(value) }
    return true
  }

  private mutating func add(_ entry: UInt64) {
    if (used + 1) * 8 > slots.count * 5 {
      let old = slots
      slots = Block(zeros: old.count * 2)
      for index in 0..<old.count where old[index] != 0 {
        slots[slot(of: old[index] >> 24)] = old[index]
      }
    }
    slots[slot(of: entry >> 24)] = entry
    used += 1
  }
}

import CPrefetch
import Memory

/// Numbers for keys of 64 bits: open addressing, linear probing, at most half full.
final class GramTable: Sendable {
  /// Together, so that a look-up costs one cache miss.
  private struct Slot: BitwiseCopyable {
    var key: UInt64
    /// The number + 1; 0 where the slot is free.
    var number: UInt64
  }

  // Written only by `number(adding:)`, which one thread calls before others read.
  private nonisolated(unsafe) var slots: Block<Slot>
  private nonisolated(unsafe) var mask: Int
  private(set) nonisolated(unsafe) var count = 0

  init(capacity: Int = 1024) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = Block(zeros: size)
    mask = size - 1
  }

  @inline(__always)
  private static func place(_ key: UInt64, _ mask: Int) -> Int {
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: product ^ (product >> 32)) & mask
  }

  /// The number of `key`, −1 if it has none.
  @inline(__always)
  func number(of key: UInt64) -> Int {
    var place = Self.place(key, mask)
    while true {
      let slot = slots[place]
      if slot.number == 0 { return -1 }
      if slot.key == key { return Int(truncatingIfNeeded: slot.number) &- 1 }
      place = (place &+ 1) & mask
    }
  }

  /// The number of `key`, the next one if it is new.
  @inline(__always)
  func number(adding key: UInt64) -> Int {
    var place = Self.place(key, mask)
    while true {
      let slot = slots[place]
      if slot.number == 0 { break }
      if slot.key == key { return Int(truncatingIfNeeded: slot.number) &- 1 }
      place = (place &+ 1) & mask
    }
    count += 1
    slots[place] = Slot(key: key, number: UInt64(truncatingIfNeeded: count))
    let number = count - 1
    if count * 2 > mask { grow() }
    return number
  }

  /// Asks for the memory of a key that is looked up soon.
  @inline(__always)
  func prefetch(_ key: UInt64) {
    CPrefetch.prefetch(slots.pointer + Self.place(key, mask))
  }

  private func grow() {
    let (old, oldCount) = (slots, mask + 1)
    slots = Block(zeros: oldCount * 2)
    mask = oldCount * 2 - 1
    for index in 0..<oldCount where old[index].number != 0 {
      var place = Self.place(old[index].key, mask)
      while slots[place].number != 0 { place = (place &+ 1) & mask }
      slots[place] = old[index]
    }
  }

  /// The keys by number.
  var keys: [UInt64] {
    var keys = [UInt64](repeating: 0, count: count)
    for place in 0...mask where slots[place].number != 0 {
      keys[Int(slots[place].number) - 1] = slots[place].key
    }
    return keys
  }

  convenience init(keys: [UInt64]) {
    self.init(capacity: keys.count)
    for key in keys { _ = number(adding: key) }
  }
}

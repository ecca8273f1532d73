/// Counts of byte strings: open addressing over hashes, the bytes one after the other in an arena.
final class ByteTable {
  private struct Entry {
    var hash: UInt64
    var offset: Int
    var length: Int
    var count: Int
  }

  private var entries: [Entry]
  private var arena: [UInt8] = []
  private var used = 0

  init() {
    entries = Self.empty(1 << 12)
  }

  private static func empty(_ capacity: Int) -> [Entry] {
    [Entry](repeating: Entry(hash: 0, offset: 0, length: -1, count: 0), count: capacity)
  }

  @inline(__always)
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return PackedGram.hash(hash)
  }

  func add(_ bytes: UnsafeBufferPointer<UInt8>, _ amount: Int) {
    let hash = Self.hash(bytes)
    if used * 2 >= entries.count { grow() }
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while entries[slot].length >= 0 {
      if entries[slot].hash == hash, entries[slot].length == bytes.count, matches(slot, bytes) {
        entries[slot].count += amount
        return
      }
      slot = (slot + 1) & mask
    }
    entries[slot] = Entry(hash: hash, offset: arena.count, length: bytes.count, count: amount)
    arena.append(contentsOf: bytes)
    used += 1
  }

  private func matches(_ slot: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let offset = entries[slot].offset
    return arena.withUnsafeBufferPointer { arena in
      for index in 0..<bytes.count where arena[offset &+ index] != bytes[index] { return false }
      return true
    }
  }

  private func grow() {
    let old = entries
    entries = Self.empty(old.count * 2)
    let mask = entries.count - 1
    for entry in old where entry.length >= 0 {
      var slot = Int(truncatingIfNeeded: entry.hash) & mask
      while entries[slot].length >= 0 { slot = (slot + 1) & mask }
      entries[slot] = entry
    }
  }

  func visit(_ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
    arena.withUnsafeBufferPointer { arena in
      for entry in entries where entry.length >= 0 {
        body(
          UnsafeBufferPointer(rebasing: arena[entry.offset..<(entry.offset + entry.length)]),
          entry.count)
      }
    }
  }

  /// Moves everything into `other` and is empty afterwards, its small memory kept.
  func drain(into other: ByteTable) {
    visit { other.add($0, $1) }
    if entries.count > 1 << 16 {
      entries = Self.empty(1 << 12)
    } else {
      for slot in entries.indices { entries[slot].length = -1 }
    }
    arena.removeAll(keepingCapacity: true)
    used = 0
  }
}

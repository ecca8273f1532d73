/// Numbers distinct byte strings in the order in which they are first seen: an open-addressing table
/// over one arena of bytes.
struct WordTable {
  private var arena: [UInt8] = []
  private var ends: [Int] = []
  private var hashes: [UInt32] = []
  private var slots = [UInt32](repeating: droppedWord, count: 1 << 12)
  private(set) var counts: [Int] = []

  var count: Int { ends.count }

  /// The bytes of word `id`.
  func bytes(of id: Int) -> ArraySlice<UInt8> { arena[(id == 0 ? 0 : ends[id - 1])..<ends[id]] }

  func string(of id: Int) -> String { String(decoding: bytes(of: id), as: UTF8.self) }

  /// Counts an occurrence of `word` and returns its id; `nil` if it is new and not valid UTF-8.
  mutating func count(_ word: UnsafeBufferPointer<UInt8>) -> UInt32? {
    let hash = Self.hash(word)
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != droppedWord {
      let id = Int(slots[slot])
      if hashes[id] == hash, equals(id, word) {
        counts[id] += 1
        return UInt32(id)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard word.allSatisfy({ $0 < 0x80 }) || String(validating: word, as: UTF8.self) != nil else {
      return nil
    }
    let id = UInt32(ends.count)
    slots[slot] = id
    arena.append(contentsOf: word)
    ends.append(arena.count)
    hashes.append(hash)
    counts.append(1)
    if ends.count * 5 > slots.count * 3 { grow() }
    return id
  }

  private func equals(_ id: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = id == 0 ? 0 : ends[id - 1]
    guard ends[id] - start == word.count else { return false }
    return arena.withUnsafeBufferPointer { arena in
      for index in 0..<word.count where arena[start + index] != word[index] { return false }
      return true
    }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: droppedWord, count: slots.count * 2)
    for (id, hash) in hashes.enumerated() {
      var slot = Int(hash) & (slots.count - 1)
      while slots[slot] != droppedWord { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(id)
    }
  }

  private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

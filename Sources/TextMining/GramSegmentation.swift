import Requirements

/// A set of n-grams, 2 ≤ n ≤ 4, and the cutting of text by it: two neighbours stay together wherever
/// some gram of the set covers both; maximal runs that hang together are the pieces.
struct GramSet: Sendable {
  let count: Int
  private let keys: RawArray<UInt64>
  private let mask: Int
  /// The pairs that grams begin with, each with three bits: whether the pair itself is a gram, and the
  /// length of the longest gram that begins with it, less one.
  private let starts: RawArray<UInt64>
  private let startMask: Int
  private let startFilter: KeyFilter

  init(_ grams: [UInt64]) {
    var begins: [UInt64: UInt64] = [:]
    keys = RawArray(repeating: 0, count: Self.capacity(grams.count))
    mask = keys.count - 1
    var distinct = 0
    for gram in grams {
      let length = PackedGram.length(gram)
      require((2...4).contains(length), "a gram set holds grams of 2 to 4 characters")
      let slot = Self.slot(of: gram, in: keys, mask, shift: 0)
      if keys[slot] == 0 { distinct += 1 }
      keys[slot] = gram
      let pair = PackedGram.prefix(gram, 2, of: length)
      let before = begins[pair] ?? 0
      begins[pair] =
        (before | (length == 2 ? 4 : 0)) & 4 | max(before & 3, UInt64(length - 1))
    }
    count = distinct
    starts = RawArray(repeating: 0, count: Self.capacity(begins.count))
    startMask = starts.count - 1
    startFilter = KeyFilter(count: begins.count)
    for (pair, facts) in begins {
      let slot = Self.slot(of: pair, in: starts, startMask, shift: 3)
      starts[slot] = pair << 3 | facts
      startFilter.insert(pair)
    }
  }

  private static func capacity(_ count: Int) -> Int {
    var capacity = 64
    while capacity < count * 2 { capacity *= 2 }
    return capacity
  }

  /// Where `key` stands or would stand; `shift` bits of an entry are not the key's.
  @inline(__always)
  private static func slot(
    of key: UInt64, in table: RawArray<UInt64>, _ mask: Int, shift: UInt64
  ) -> Int {
    var slot = Int(truncatingIfNeeded: PackedGram.hash(key) >> 8) & mask
    while table.pointer[slot] != 0, table.pointer[slot] >> shift != key {
      slot = (slot &+ 1) & mask
    }
    return slot
  }

  @inline(__always)
  func contains(_ key: UInt64) -> Bool {
    keys.pointer[Self.slot(of: key, in: keys, mask, shift: 0)] == key
  }

  /// Calls `body` with each piece of `numbers` as a range. Boundaries end pieces and are in none; so
  /// do spaces, which are pieces of their own where the corpus keeps them.
  ///
  /// 64 positions at a time: first, without a branch, where a gram may begin; then, there, which
  /// neighbours it glues; then the pieces between the bits that stayed zero.
  @inline(__always)
  func forEachPiece(
    _ numbers: UnsafeBufferPointer<UInt16>, _ body: (_ start: Int, _ end: Int) -> Void
  ) {
    guard let base = numbers.baseAddress else { return }
    let count = numbers.count
    var start = 0
    // Bit k of a block: its positions k and k + 1 are glued.
    var carried: UInt64 = 0
    var block = 0
    while block < count {
      let width = min(64, count &- block)
      var candidates: UInt64 = 0
      for offset in 0..<min(width, count &- 1 &- block) {
        let pair =
          UInt64(base[block &+ offset]) << PackedGram.bits | UInt64(base[block &+ offset &+ 1])
        candidates |= startFilter.mayContainBit(pair) << UInt64(offset)
      }
      var glued = carried
      carried = 0
      while candidates != 0 {
        let offset = candidates.trailingZeroBitCount
        candidates &= candidates &- 1
        let reach = longestGram(base, block &+ offset, count)
        if reach == 0 { continue }
        let run = (1 << UInt64(reach &- 1)) &- 1 as UInt64
        glued |= run << UInt64(offset)
        if offset > 60 { carried |= run >> UInt64(64 &- offset) }
      }
      var ends = ~glued
      if width < 64 { ends &= (1 << UInt64(width)) &- 1 }
      while ends != 0 {
        let last = block &+ ends.trailingZeroBitCount
        ends &= ends &- 1
        if base[last] >= Alphabet.firstCharacter || base[last] == Alphabet.space {
          body(start, last &+ 1)
        }
        start = last &+ 1
      }
      block &+= 64
    }
  }

  /// The length of the longest gram that begins at `index`, or 0.
  @inline(__always)
  private func longestGram(_ base: UnsafePointer<UInt16>, _ index: Int, _ count: Int) -> Int {
    guard base[index] >= Alphabet.firstCharacter, base[index &+ 1] >= Alphabet.firstCharacter
    else { return 0 }
    var key = UInt64(base[index]) << PackedGram.bits | UInt64(base[index &+ 1])
    let facts = starts.pointer[Self.slot(of: key, in: starts, startMask, shift: 3)]
    if facts == 0 { return 0 }
    var length = facts & 4 != 0 ? 2 : 0
    let limit = min(Int(truncatingIfNeeded: facts & 3) &+ 1, count &- index)
    var next = 2
    while next < limit, base[index &+ next] >= Alphabet.firstCharacter {
      key = key << PackedGram.bits | UInt64(base[index &+ next])
      next &+= 1
      if contains(key) { length = next }
    }
    return length
  }
}

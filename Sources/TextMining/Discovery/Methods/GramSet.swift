import CPrefetch
import Memory
import Messages

/// A set of n-grams, 2 ≤ n ≤ 4, and the cutting of text by it: two neighbors stay together wherever
/// some gram of the set covers both; maximal runs that hang together are the pieces.
struct GramSet: Sendable {
  let count: Int
  private let keys: Block<UInt64>
  private let mask: Int
  /// The pairs that grams begin with, each with three bits: whether the pair itself is a gram, and the
  /// length of the longest gram that begins with it, less one.
  private let starts: Block<UInt64>
  private let startMask: Int
  private let startFilter: KeyFilter

  init(_ grams: [UInt64]) {
    var begins: [UInt64: UInt64] = [:]
    keys = Block(repeating: 0, count: Self.capacity(grams.count))
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
    starts = Block(repeating: 0, count: Self.capacity(begins.count))
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

  @inline(__always)
  private static func firstSlot(of key: UInt64, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: PackedGram.hash(key) >> 8) & mask
  }

  /// Where `key` stands or would stand; `shift` bits of an entry are not the key's.
  @inline(__always)
  private static func slot(
    of key: UInt64, in table: Block<UInt64>, _ mask: Int, shift: UInt64
  ) -> Int {
    var slot = firstSlot(of: key, mask)
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
  /// A block of positions at a time, in steps that look many grams up together, so that their cache
  /// misses overlap: which pairs may begin a gram; how long it may be; which neighbors it glues. Then the
  /// pieces between the bits that stayed zero.
  @inline(__always)
  func forEachPiece(
    _ numbers: UnsafeBufferPointer<UInt16>, _ body: (_ start: Int, _ end: Int) -> Void
  ) {
    guard let base = numbers.baseAddress else { return }
    let count = numbers.count
    let work = Workspace()
    var start = 0
    var block = 0
    while block < count {
      let end = min(count, block &+ Self.block)
      glue(base, block, end, count, work)
      var word = block
      while word < end {
        var ends = ~work.glued[(word &- block) / 64]
        if end &- word < 64 { ends &= (1 << UInt64(end &- word)) &- 1 }
        while ends != 0 {
          let last = word &+ ends.trailingZeroBitCount
          ends &= ends &- 1
          if base[last] >= Alphabet.firstCharacter || base[last] == Alphabet.space {
            body(start, last &+ 1)
          }
          start = last &+ 1
        }
        word &+= 64
      }
      block = end
    }
  }

  private static let block = 256

  private final class Workspace {
    /// Bit k of word w: the block's positions 64w + k and the one after it are glued. The last word is
    /// the next block's first.
    let glued = Block<UInt64>(repeating: 0, count: block / 64 + 1)
    let pairs = Block<UInt64>(uninitializedCount: block)
    let places = Block<Int>(uninitializedCount: block)
    let longer = Block<Longer>(uninitializedCount: block)

    @inline(__always)
    func glue(_ place: Int, _ length: Int) {
      let run = (1 << UInt64(length &- 1)) &- 1 as UInt64
      let bit = UInt64(place & 63)
      glued.pointer[place / 64] |= run << bit
      if bit > 60 { glued.pointer[place / 64 &+ 1] |= run >> (64 &- bit) }
    }
  }

  /// A pair that grams of three or four characters begin with.
  private struct Longer: BitwiseCopyable {
    var place: Int
    /// The first three and four characters; `four` is zero where no gram of four begins.
    var three: UInt64
    var four: UInt64
    var isPairGram: Bool
  }

  @inline(__always)
  private func glue(
    _ base: UnsafePointer<UInt16>, _ block: Int, _ end: Int, _ count: Int, _ work: Workspace
  ) {
    let words = work.glued.count
    work.glued[0] = work.glued[words &- 1]
    for word in 1..<words { work.glued[word] = 0 }
    @inline(__always) func number(_ index: Int) -> UInt64 {
      UInt64(index < count ? base[index] : Alphabet.boundary)
    }
    var candidates = 0
    for index in block..<end {
      // No gram contains a separator, so what runs across one is not found.
      let pair = number(index) << PackedGram.bits | number(index &+ 1)
      work.pairs.pointer[candidates] = pair
      work.places.pointer[candidates] = index &- block
      candidates &+= Int(truncatingIfNeeded: startFilter.mayContainBit(pair))
    }
    for index in 0..<candidates {
      prefetch(starts.pointer + Self.firstSlot(of: work.pairs.pointer[index], startMask))
    }
    var longer = 0
    for index in 0..<candidates {
      let pair = work.pairs.pointer[index]
      let place = work.places.pointer[index]
      let facts = starts.pointer[Self.slot(of: pair, in: starts, startMask, shift: 3)]
      if facts & 3 > 1 {
        let three = pair << PackedGram.bits | number(block &+ place &+ 2)
        prefetch(keys.pointer + Self.firstSlot(of: three, mask))
        var four: UInt64 = 0
        if facts & 3 == 3 {
          four = three << PackedGram.bits | number(block &+ place &+ 3)
          prefetch(keys.pointer + Self.firstSlot(of: four, mask))
        }
        work.longer.pointer[longer] = Longer(
          place: place, three: three, four: four, isPairGram: facts & 4 != 0)
        longer &+= 1
      } else if facts != 0 {
        work.glue(place, 2)
      }
    }
    for index in 0..<longer {
      let gram = work.longer.pointer[index]
      if gram.four != 0, contains(gram.four) {
        work.glue(gram.place, 4)
      } else if contains(gram.three) {
        work.glue(gram.place, 3)
      } else if gram.isPairGram {
        work.glue(gram.place, 2)
      }
    }
  }
}

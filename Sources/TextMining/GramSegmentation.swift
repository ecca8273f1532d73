import Requirements

/// A set of n-grams, 2 ≤ n ≤ 4, and the cutting of text by it: two neighbours stay together wherever
/// some gram of the set covers both; maximal runs that hang together are the pieces.
struct GramSet: Sendable {
  private let grams: CountTable
  private let starts: KeyFilter
  let longest: Int
  var count: Int { grams.count }

  init(_ keys: [UInt64]) {
    var grams = CountTable(minimumCapacity: keys.count)
    let starts = KeyFilter(count: keys.count)
    var longest = 1
    for key in keys {
      let length = PackedGram.length(key)
      require((2...4).contains(length), "a gram set holds grams of 2 to 4 characters")
      grams.add(key, 1)
      longest = max(longest, length)
      starts.insert(PackedGram.prefix(key, 2, of: length))
    }
    self.grams = grams
    self.starts = starts
    self.longest = longest
  }

  func contains(_ key: UInt64) -> Bool { grams.contains(key) }

  /// Calls `body` with each piece of `numbers` as a range. Boundaries end pieces and are in none; so
  /// do spaces, which are pieces of their own where the corpus keeps them.
  @inline(__always)
  func forEachPiece(
    _ numbers: UnsafeBufferPointer<UInt16>, _ body: (_ start: Int, _ end: Int) -> Void
  ) {
    guard let base = numbers.baseAddress else { return }
    let count = numbers.count
    var start = 0
    var end = 0
    var index = 0
    while index < count {
      let id = base[index]
      if index == end {
        if end > start { body(start, end) }
        start = index
        end = index
        if id < Alphabet.firstCharacter {
          if id == Alphabet.space { body(index, index + 1) }
          index &+= 1
          start = index
          end = index
          continue
        }
        end = index &+ 1
      }
      if index &+ 1 < count, base[index &+ 1] >= Alphabet.firstCharacter {
        let pair = UInt64(id) << PackedGram.bits | UInt64(base[index &+ 1])
        if starts.mayContain(pair) {
          let reach = longestGram(base, index, count, pair)
          if reach > end { end = reach }
        }
      }
      index &+= 1
    }
    if end > start { body(start, end) }
  }

  /// Where the longest gram that starts at `index` ends; `index` if there is none.
  private func longestGram(
    _ base: UnsafePointer<UInt16>, _ index: Int, _ count: Int, _ pair: UInt64
  ) -> Int {
    var reach = grams.contains(pair) ? index &+ 2 : index
    var key = pair
    var next = index &+ 2
    while next < count, next &- index < longest, base[next] >= Alphabet.firstCharacter {
      key = key << PackedGram.bits | UInt64(base[next])
      next &+= 1
      if grams.contains(key) { reach = next }
    }
    return reach
  }
}

import CPrefetch
import Memory

/// Scores of n-grams, n ≤ 4, by packed key.
struct ScoreTable: Sendable {
  private struct Slot: BitwiseCopyable {
    var key: UInt64
    var score: Float
  }

  /// Of single characters, by number; NaN: none.
  private let singles = Block<Float>(repeating: .nan, count: Alphabet.limit)
  private let slots: Block<Slot>
  private let shift: UInt64
  /// Most strings of two to four characters are in no table: 2 bytes a gram say so.
  let filter: KeyFilter

  init(capacity: Int) {
    var bits: UInt64 = 6
    while 1 << bits < capacity + capacity / 3 { bits += 1 }
    slots = Block(repeating: Slot(key: 0, score: 0), count: 1 << bits)
    shift = 64 - bits
    filter = KeyFilter(count: capacity)
  }

  /// Call before any thread reads.
  mutating func insert(_ key: UInt64, _ score: Float) {
    if key <= PackedGram.mask {
      singles[Int(key)] = score
      return
    }
    let slot = slot(of: key)
    slots[slot] = Slot(key: key, score: score)
    filter.insert(key)
  }

  @inline(__always)
  private func firstSlot(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: PackedGram.hash(key) >> shift)
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = firstSlot(of: key)
    while slots.pointer[slot].key != 0, slots.pointer[slot].key != key {
      slot = (slot &+ 1) & (slots.count &- 1)
    }
    return slot
  }

  subscript(_ key: UInt64) -> Float? {
    if key <= PackedGram.mask {
      let score = singles[Int(key)]
      return score.isNaN ? nil : score
    }
    let slot = slots[slot(of: key)]
    return slot.key == key ? slot.score : nil
  }

  /// The score of a single character, NaN if it has none.
  @inline(__always)
  func single(_ id: UInt16) -> Float { singles.pointer[Int(id)] }

  /// The score of two to four characters, or `missing`.
  @inline(__always)
  func score(_ key: UInt64, or missing: Float) -> Float {
    let slot = slot(of: key)
    return slots.pointer[slot].key == key ? slots.pointer[slot].score : missing
  }

  /// 1 if the table may hold `key`, otherwise 0.
  @inline(__always)
  func mayContainBit(_ key: UInt64) -> UInt64 { filter.mayContainBit(key) }

  @inline(__always)
  func prefetch(_ key: UInt64) { CPrefetch.prefetch(slots.pointer + firstSlot(of: key)) }
}

/// Cuts segments into grams with the largest sum of scores.
struct ScoreCutter: Sendable {
  let table: ScoreTable
  let order: Int
  /// Score of a single character that is not in the table.
  let missing: Float

  /// Positions whose grams are looked up together, so that the table's cache misses overlap.
  private static let window = 256
  /// Look-ups between asking for a cache line and reading it.
  private static let distance = 12

  /// Calls `word` with the packed key of each word, the last word of a segment first.
  ///
  /// - Parameter endingSegments: `word` is called with 0 behind the words of each segment.
  func cut(
    _ numbers: UnsafeBufferPointer<UInt16>, endingSegments: Bool = false, _ word: (UInt64) -> Void
  ) {
    guard let base = numbers.baseAddress else { return }
    let count = numbers.count
    var longest = 0
    var run = 0
    for id in numbers {
      run = id >= Alphabet.firstCharacter ? run &+ 1 : 0
      longest = max(longest, run)
    }
    let scratch = Scratch(positions: Self.window + longest + 1)
    var start = 0
    while start < count {
      // A window ends where a segment does.
      var end = min(count, start + Self.window)
      while end < count, base[end &- 1] >= Alphabet.firstCharacter { end &+= 1 }
      lookUp(base, start, end, count, scratch)
      search(base + start, end - start, scratch, endingSegments, word)
      start = end
    }
  }

  private struct Scratch {
    /// Scores of the grams that end at a position, by length.
    let scores: Block<SIMD4<Float>>
    let lengths: Block<UInt8>
    let keys: Block<UInt64>
    let places: Block<Int32>

    init(positions: Int) {
      scores = Block(uninitializedCount: positions + 3)
      lengths = Block(uninitializedCount: positions)
      keys = Block(uninitializedCount: positions * 3 + 1)
      places = Block(uninitializedCount: positions * 3 + 1)
    }
  }

  /// Fills `scratch.scores` for the positions `start..<end`.
  private func lookUp(
    _ base: UnsafePointer<UInt16>, _ start: Int, _ end: Int, _ count: Int, _ scratch: Scratch
  ) {
    let scores = UnsafeMutableRawPointer(scratch.scores.pointer).assumingMemoryBound(
      to: Float.self)
    let keys = scratch.keys.pointer
    let places = scratch.places.pointer
    var asked = 0
    for position in start..<end {
      let id = base[position]
      let single = table.single(id)
      scratch.scores.pointer[position &- start] = SIMD4(
        single.isNaN ? missing : single, -.infinity, -.infinity, -.infinity)
      // A separator is zero, which no gram contains, so what runs across one is not found.
      if id < Alphabet.firstCharacter { continue }
      var key = UInt64(id)
      for length in 2..<(order &+ 1) {
        let last = position &+ length &- 1
        key = key << PackedGram.bits | UInt64(last < count ? base[last] : Alphabet.boundary)
        table.filter.prefetch(key)
        keys[asked] = key
        places[asked] = Int32(truncatingIfNeeded: (last &- start) &* 4 &+ length &- 1)
        asked &+= 1
      }
    }
    var found = 0
    for index in 0..<asked {
      let key = keys[index]
      let place = places[index]
      keys[found] = key
      places[found] = place
      found &+= Int(truncatingIfNeeded: table.mayContainBit(key))
    }
    for index in 0..<min(Self.distance, found) { table.prefetch(keys[index]) }
    for index in 0..<found {
      if index &+ Self.distance < found { table.prefetch(keys[index &+ Self.distance]) }
      scores[Int(places[index])] = table.score(keys[index], or: -.infinity)
    }
  }

  private func search(
    _ text: UnsafePointer<UInt16>, _ count: Int, _ scratch: Scratch, _ endingSegments: Bool,
    _ word: (UInt64) -> Void
  ) {
    let lengths = scratch.lengths.pointer
    let none = SIMD4<Float>(0, -.infinity, -.infinity, -.infinity)
    // Best sums up to here, one, two and three positions before.
    var best = none
    var start = 0
    for end in 0..<count {
      if text[end] < Alphabet.firstCharacter {
        emit(text, start, end, lengths, word)
        if endingSegments, end > start { word(0) }
        start = end &+ 1
        best = none
        continue
      }
      let sums = best + scratch.scores.pointer[end]
      // The longer word wins ties.
      var sum = sums[3]
      var length: UInt8 = 4
      if sums[2] > sum { (sum, length) = (sums[2], 3) }
      if sums[1] > sum { (sum, length) = (sums[1], 2) }
      if sums[0] > sum { (sum, length) = (sums[0], 1) }
      lengths[end] = length
      best = SIMD4(sum, best[0], best[1], best[2])
    }
    emit(text, start, count, lengths, word)
    if endingSegments, count > start { word(0) }
  }

  private func emit(
    _ text: UnsafePointer<UInt16>, _ start: Int, _ end: Int, _ lengths: UnsafePointer<UInt8>,
    _ word: (UInt64) -> Void
  ) {
    var end = end
    while end > start {
      let begin = end &- Int(lengths[end &- 1])
      var key: UInt64 = 0
      for index in begin..<end { key = key << PackedGram.bits | UInt64(text[index]) }
      word(key)
      end = begin
    }
  }
}

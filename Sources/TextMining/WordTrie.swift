import Requirements

/// The words of a dictionary by their characters: each step of a walk is one look-up.
///
/// Characters get dense 16-bit numbers. A transition (node, character) → node is one 64-bit slot of an
/// open-addressing table; a bit per hash, small enough for the cache, answers most steps that lead nowhere.
struct WordTrie: Sendable {
  static let none: Int32 = -1

  private let characters: RawArray<UInt16>
  private let rare: [UInt32: UInt16]
  private let roots: RawArray<Int32>
  private let slots: RawArray<UInt64>
  private let mask: Int
  private let hints: RawArray<UInt64>
  private static let hintMask: UInt64 = (1 << 21) - 1
  /// Place of the word that ends at each node, or −1.
  private let wordAtNode: RawArray<Int32>
  let longest: Int
  /// How many different characters the words have; their numbers are 1 to this.
  let characterCount: Int

  /// Traps beyond 16 million nodes or 65,535 different characters.
  init(_ words: [String]) {
    let characters = RawArray<UInt16>(repeating: 0, count: 1 << 16)
    var rare: [UInt32: UInt16] = [:]
    var used = 0
    var longest = 0
    var total = 0
    for word in words {
      var length = 0
      for scalar in word.unicodeScalars {
        length += 1
        let known =
          scalar.value < 1 << 16 ? characters[Int(scalar.value)] != 0 : rare[scalar.value] != nil
        if known { continue }
        used += 1
        require(used < 1 << 16, "a dictionary holds at most 65,535 different characters")
        if scalar.value < 1 << 16 {
          characters[Int(scalar.value)] = UInt16(used)
        } else {
          rare[scalar.value] = UInt16(used)
        }
      }
      longest = max(longest, length)
      total += length
    }
    var capacity = 1 << 10
    while capacity < total * 2 { capacity *= 2 }
    let slots = RawArray<UInt64>(repeating: 0, count: capacity)
    let mask = capacity - 1
    let roots = RawArray<Int32>(repeating: Self.none, count: used + 1)
    let hints = RawArray<UInt64>(repeating: 0, count: Int(Self.hintMask + 1) / 64)
    var ends = [Int32](repeating: Self.none, count: 1)
    func newNode() -> Int32 {
      ends.append(Self.none)
      require(ends.count < 1 << 24, "a dictionary has at most 16 million nodes")
      return Int32(ends.count - 1)
    }
    for (place, word) in words.enumerated() {
      var node: Int32 = 0
      for scalar in word.unicodeScalars {
        let id = scalar.value < 1 << 16 ? characters[Int(scalar.value)] : rare[scalar.value] ?? 0
        if node == 0 {
          if roots[Int(id)] == Self.none { roots[Int(id)] = newNode() }
          node = roots[Int(id)]
          continue
        }
        let key = UInt64(node) << 16 | UInt64(id)
        let hash = PackedGram.hash(key)
        var slot = Int(truncatingIfNeeded: hash >> 24) & mask
        while slots[slot] != 0, slots[slot] >> 24 != key { slot = (slot + 1) & mask }
        if slots[slot] == 0 {
          slots[slot] = key << 24 | UInt64(newNode())
          let bit = hash & Self.hintMask
          hints[Int(bit >> 6)] |= 1 << (bit & 63)
        }
        node = Int32(truncatingIfNeeded: slots[slot] & 0xFF_FFFF)
      }
      if node != 0 { ends[Int(node)] = Int32(place) }
    }
    let wordAtNode = RawArray<Int32>(uninitializedCount: ends.count)
    for (node, place) in ends.enumerated() { wordAtNode[node] = place }
    self.characters = characters
    self.rare = rare
    self.roots = roots
    self.slots = slots
    self.mask = mask
    self.hints = hints
    self.wordAtNode = wordAtNode
    self.longest = longest
    characterCount = used
  }

  /// The number of a scalar; 0 if no word has it.
  @inline(__always)
  func number(of scalar: UInt32) -> UInt16 {
    scalar < 1 << 16 ? characters.pointer[Int(scalar)] : rare[scalar] ?? 0
  }

  /// The node of a word's first character.
  @inline(__always)
  func root(_ character: UInt16) -> Int32 { roots.pointer[Int(character)] }

  @inline(__always)
  func step(_ node: Int32, _ character: UInt16) -> Int32 {
    let key = UInt64(UInt32(bitPattern: node)) << 16 | UInt64(character)
    let hash = PackedGram.hash(key)
    let bit = hash & Self.hintMask
    if hints.pointer[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1 == 0 { return Self.none }
    var slot = Int(truncatingIfNeeded: hash >> 24) & mask
    while true {
      let entry = slots.pointer[slot]
      if entry >> 24 == key { return Int32(truncatingIfNeeded: entry & 0xFF_FFFF) }
      if entry == 0 { return Self.none }
      slot = (slot &+ 1) & mask
    }
  }

  /// The place of the word that ends at `node`, or −1.
  @inline(__always)
  func word(at node: Int32) -> Int32 { wordAtNode.pointer[Int(node)] }
}

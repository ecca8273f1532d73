import Memory
import Messages
import Text

/// The words of a dictionary by their characters: each step of a walk is one look-up.
///
/// Characters get dense 16-bit numbers. A transition (node, character) → node is one 64-bit slot of an
/// open-addressing table. Most steps lead nowhere and are answered without it: the second character by
/// a bit for each pair, later ones by 64 bits that stand with the node.
struct WordTrie: Sendable {
  static let none: Int32 = -1
  /// Slots hold a node number in 24 bits, characters in 16.
  private static let nodeLimit = 1 << 24
  private static let characterLimit = 1 << 16

  struct Node {
    /// Score of the word that ends here; not a number where none ends.
    var score: Double
    /// A bit for each character that may follow, by its last six bits.
    var followers: UInt64
  }

  private let characters: Block<UInt16>
  private let rare: [UInt32: UInt16]
  private let roots: Block<Int32>
  private let table: TransitionTable
  private let pairs: KeyFilter
  private let nodes: Block<Node>
  /// Place of the word that ends at each node, or −1.
  private let wordAtNode: Block<Int32>
  /// How many different characters the words have; their numbers are 1 to this.
  let characterCount: Int

  /// - Parameters:
  ///   - words: the dictionary.
  ///   - scores: one for each word, or none.
  ///   - mergesCharacters: words are read as lines are that `ScalarLine.decode` merges.
  ///   - visit: called with each word's characters.
  ///
  /// Throws beyond 16 million nodes or 65,535 different characters.
  init(
    _ words: [String], scores: [Double] = [], mergesCharacters: Bool = false,
    visit: (ScalarLine) -> Void = { _ in }
  ) throws {
    // The characters of all words, one word behind the other, and where each ends.
    var scalars: [UInt32] = []
    var borders: [Int] = []
    scalars.reserveCapacity(words.count * 3)
    borders.reserveCapacity(words.count)
    let line = ScalarLine()
    for var word in words {
      word.withUTF8 { line.decode($0, mergesCharacters: mergesCharacters) }
      visit(line)
      scalars.append(
        contentsOf: UnsafeBufferPointer(start: line.scalars.pointer, count: line.count))
      borders.append(scalars.count)
    }
    let characters = Block<UInt16>(repeating: 0, count: 1 << 16)
    var rare: [UInt32: UInt16] = [:]
    var used = 0
    for scalar in scalars {
      let known =
        scalar < 1 << 16 ? characters.pointer[Int(scalar)] != 0 : rare[scalar] != nil
      if known { continue }
      used += 1
      guard used < Self.characterLimit else {
        throw InputError(
          "the dictionary has more than \(Self.characterLimit - 1) different characters: leave "
            + "out words of rare ones")
      }
      if scalar < 1 << 16 {
        characters[Int(scalar)] = UInt16(used)
      } else {
        rare[scalar] = UInt16(used)
      }
    }
    let roots = Block<Int32>(repeating: Self.none, count: used + 1)
    var table = TransitionTable()
    var pairKeys: [UInt64] = []
    var ends = [Self.none]
    var followers: [UInt64] = [0]
    var start = 0
    for (place, end) in borders.enumerated() {
      var node: Int32 = 0
      for index in start..<end {
        let scalar = scalars[index]
        let id = scalar < 1 << 16 ? characters.pointer[Int(scalar)] : rare[scalar] ?? 0
        var next = index == start ? roots.pointer[Int(id)] : table.step(node, id)
        if next == Self.none {
          guard ends.count < Self.nodeLimit else {
            throw InputError(
              "the dictionary is too large: its words have more than 16 million beginnings")
          }
          next = Int32(ends.count)
          ends.append(Self.none)
          followers.append(0)
          if index == start {
            roots[Int(id)] = next
          } else {
            table.insert(node, id, next)
            followers[Int(node)] |= 1 << UInt64(id & 63)
            if index == start + 1 { pairKeys.append(TransitionTable.key(node, id)) }
          }
        }
        node = next
      }
      if node != 0 { ends[Int(node)] = Int32(place) }
      start = end
    }
    pairs = KeyFilter(count: pairKeys.count)
    for key in pairKeys { pairs.insert(key) }
    nodes = Block(uninitializedCount: ends.count)
    wordAtNode = Block(uninitializedCount: ends.count)
    for (node, place) in ends.enumerated() {
      wordAtNode[node] = place
      let score = place >= 0 && Int(place) < scores.count ? scores[Int(place)] : .nan
      nodes[node] = Node(score: score, followers: followers[node])
    }
    self.characters = characters
    self.rare = rare
    self.roots = roots
    self.table = table
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

  /// The node after a word's first two characters; `root` is that of the first.
  @inline(__always)
  func second(_ root: Int32, _ character: UInt16) -> Int32 {
    pairs.mayContain(TransitionTable.key(root, character))
      ? table.step(root, character) : Self.none
  }

  /// The node one character on from `node`, whatever its depth.
  @inline(__always)
  func step(_ node: Int32, _ character: UInt16) -> Int32 {
    nodes.pointer[Int(node)].followers >> UInt64(character & 63) & 1 != 0
      ? table.step(node, character) : Self.none
  }

  @inline(__always)
  func score(at node: Int32) -> Double { nodes.pointer[Int(node)].score }

  /// The place of the word that ends at `node`, or −1.
  @inline(__always)
  func word(at node: Int32) -> Int32 { wordAtNode.pointer[Int(node)] }
}

/// (node, character) → node, 40 bits of key and 24 of value in a slot, at most 5/8 full.
private struct TransitionTable: Sendable {
  private var slots = Block<UInt64>(repeating: 0, count: 1 << 10)
  private var used = 0

  @inline(__always)
  static func key(_ node: Int32, _ character: UInt16) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 16 | UInt64(character)
  }

  /// Where `key` stands or would stand.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: PackedGram.hash(key) >> 24) & mask
    while slots.pointer[slot] != 0, slots.pointer[slot] >> 24 != key { slot = (slot &+ 1) & mask }
    return slot
  }

  @inline(__always)
  func step(_ node: Int32, _ character: UInt16) -> Int32 {
    let entry = slots.pointer[slot(of: Self.key(node, character))]
    return entry == 0 ? WordTrie.none : Int32(truncatingIfNeeded: entry & 0xFF_FFFF)
  }

  mutating func insert(_ node: Int32, _ character: UInt16, _ next: Int32) {
    if (used + 1) * 8 > slots.count * 5 {
      let old = slots
      slots = Block(repeating: 0, count: old.count * 2)
      for index in 0..<old.count where old[index] != 0 {
        slots[slot(of: old[index] >> 24)] = old[index]
      }
    }
    let key = Self.key(node, character)
    slots[slot(of: key)] = key << 24 | UInt64(UInt32(bitPattern: next))
    used += 1
  }
}

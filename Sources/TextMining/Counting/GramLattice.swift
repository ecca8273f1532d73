import Memory
import Parallel

/// All n-grams of a count in key order, each with the places of its two parts: what is left without its
/// last and without its first character. Whoever needs a part of a gram follows places, not hashes.
struct GramLattice: Sendable {
  let grams: [(key: UInt64, count: Int)]
  private let places: CountTable
  private let prefixes: Block<Int32>
  private let suffixes: Block<Int32>
  /// Grams a thread takes at a time.
  static let chunk = 1 << 14

  /// Every part of a gram is at least as frequent, so an exact count holds it too.
  init(_ counts: NGramCounts, threads: Int) throws {
    let grams = counts.table.sorted()
    var places = CountTable(minimumCapacity: grams.count)
    for (index, gram) in grams.enumerated() { places.add(gram.key, index) }
    let prefixes = Block<Int32>(repeating: -1, count: grams.count)
    let suffixes = Block<Int32>(repeating: -1, count: grams.count)
    self.grams = grams
    self.places = places
    self.prefixes = prefixes
    self.suffixes = suffixes
    let lattice = self
    // Chunks write to disjoint parts.
    try lattice.forEachChunk(threads: threads) { range in
      for index in range where grams[index].key > PackedGram.mask {
        let key = grams[index].key
        let part = PackedGram.suffix(key, PackedGram.length(key) - 1)
        prefixes[index] = Int32(lattice.place(of: key >> PackedGram.bits) ?? -1)
        suffixes[index] = Int32(lattice.place(of: part) ?? -1)
      }
    }
  }

  @inline(__always)
  func place(of key: UInt64) -> Int? { places[key] }

  /// The place of the gram at `place` without its last character.
  @inline(__always)
  func prefix(_ place: Int) -> Int { Int(prefixes.pointer[place]) }

  /// The place of the gram at `place` without its first character.
  @inline(__always)
  func suffix(_ place: Int) -> Int { Int(suffixes.pointer[place]) }

  func length(_ place: Int) -> Int { PackedGram.length(grams[place].key) }

  /// The least N·n(w)/(n(left)·n(right)) over the splits of the gram at `place`, N being `total`.
  func weakestSplit(_ place: Int, total: Int) -> Double {
    let length = length(place)
    let count = Double(grams[place].count)
    var weakest = Double.infinity
    var right = place
    for cut in 1..<max(1, length) {
      right = suffix(right)
      var left = place
      for _ in cut..<length { left = prefix(left) }
      let ratio =
        Double(total) * count / (Double(grams[left].count) * Double(grams[right].count))
      weakest = min(weakest, ratio)
    }
    return weakest
  }

  /// Runs `body` on stretches of places.
  func forEachChunk(threads: Int, _ body: @escaping @Sendable (Range<Int>) throws -> Void) throws {
    let count = grams.count
    try parallelFor(count: (count + Self.chunk - 1) / Self.chunk, threads: threads) { part in
      try body(part * Self.chunk..<min(count, (part + 1) * Self.chunk))
    }
  }
}

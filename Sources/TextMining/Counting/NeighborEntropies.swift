import Foundation
import Parallel

/// How varied the characters beside each of some n-grams are.
struct NeighborEntropies {
  /// The neighbors of one gram on one side.
  struct Side: Equatable {
    /// Occurrences that have a neighbor.
    var seen = 0
    /// Σ c ln c over the different neighbors, in units of 2^-24: a sum of integers does not depend on
    /// the order of counting.
    var sum = 0

    mutating func add(_ count: Int) {
      seen += count
      let value = Double(count)
      sum += Int((value * log(value) * 0x1p24).rounded())
    }

    /// −Σ p ln p over the occurrences that have a neighbor.
    var entropyOfSeen: Double { seen > 0 ? log(Double(seen)) - scaled / Double(seen) : 0 }

    /// The same over `count` occurrences, those at segment ends each counting as a neighbor of its own.
    func entropy(among count: Int) -> Double {
      count > 0 ? log(Double(count)) - scaled / Double(count) : 0
    }

    private var scaled: Double { Double(sum) * 0x1p-24 }
  }

  /// By the place of the gram in the list that was given.
  private(set) var left: [Side]
  private(set) var right: [Side]

  /// Neighbors of all the grams of `lattice`, which has them up to `order` characters; by place.
  ///
  /// What stands beside a gram is the last or first character of a gram one longer, so only those one
  /// longer than `order` are still to be counted. A neighbor that makes a gram rarer than `minCount`
  /// counts as different from all others; for a least count of 2 that changes nothing.
  init(
    of lattice: GramLattice, order: Int, minCount: Int, in corpus: TextCorpus, work: Work = .silent
  ) throws {
    let grams = lattice.grams
    var left = [Side](repeating: Side(), count: grams.count)
    var right = left
    let shorter = grams.count { $0.key <= PackedGram.mask(length: order - 1) }
    let filter = KeyFilter(count: grams.count - shorter)
    for place in shorter..<grams.count { filter.insert(grams[place].key) }
    for place in grams.indices where grams[place].key > PackedGram.mask {
      right[lattice.prefix(place)].add(grams[place].count)
      left[lattice.suffix(place)].add(grams[place].count)
    }
    let mask = PackedGram.mask(length: order)
    try KeyCount.each(
      "neighbors", in: corpus, minCount: max(2, minCount), work: work,
      scan: { stages, phase in
        try corpus.forEachSegmentGroup(phase) { _, _, numbers in
          stages.use { stage in
            var key: UInt64 = 0
            var run = 0
            var before: Int?
            for id in numbers {
              guard id >= Alphabet.firstCharacter else {
                run = 0
                before = nil
                continue
              }
              key = (key << PackedGram.bits | UInt64(id)) & mask
              run &+= 1
              guard run >= order, filter.mayContain(key), let place = lattice.place(of: key)
              else {
                before = nil
                continue
              }
              if let before {
                stage.add(UInt64(before + 1) << PackedGram.bits | UInt64(id))
              }
              before = place
            }
          }
        }
      },
      { key, count in
        let place = Int(key >> PackedGram.bits) - 1
        right[place].add(count)
        let last = (grams[place].key << PackedGram.bits | key & PackedGram.mask) & mask
        if let other = lattice.place(of: last) { left[other].add(count) }
      })
    self.left = left
    self.right = right
  }

  /// Neighbors of any grams.
  init(of grams: [UInt64], in corpus: TextCorpus, work: Work = .silent) throws {
    var left = [Side](repeating: Side(), count: grams.count)
    var right = left
    var places = CountTable(minimumCapacity: grams.count)
    var lengths = Set<Int>()
    for (index, gram) in grams.enumerated() {
      places.add(gram, index + 1)
      lengths.insert(PackedGram.length(gram))
    }
    let index = places
    let longest = lengths.max() ?? 0
    try KeyCount.each(
      "neighbors", in: corpus, minCount: 1, work: work,
      scan: { stages, phase in
        try corpus.forEachChunk(lookahead: longest + 1, phase) { _, numbers, starts in
          stages.use { stage in
            func scan(_ base: UnsafePointer<UInt16>, _ count: Int) {
              for start in 0..<starts {
                var key: UInt64 = 0
                var end = start
                while end < count, end &- start < longest, base[end] >= Alphabet.firstCharacter {
                  key = key << PackedGram.bits | UInt64(base[end])
                  end &+= 1
                  guard let place = index[key] else {
                    // In a table closed under prefixes nothing longer follows; V0's is not.
                    continue
                  }
                  let code = UInt64(place) << 17
                  if end < count, base[end] >= Alphabet.firstCharacter {
                    stage.add(code | UInt64(base[end]) << 1)
                  }
                }
                // The gram that begins at the next position has this one on its left.
                let neighbor = base[start]
                if neighbor < Alphabet.firstCharacter { continue }
                key = 0
                end = start &+ 1
                while end < count, end &- start <= longest, base[end] >= Alphabet.firstCharacter {
                  key = key << PackedGram.bits | UInt64(base[end])
                  end &+= 1
                  guard let place = index[key] else { continue }
                  stage.add(UInt64(place) << 17 | UInt64(neighbor) << 1 | 1)
                }
              }
            }
            if let base = numbers.baseAddress { scan(base, numbers.count) }
          }
        }
      },
      { key, count in
        let place = Int(key >> 17) - 1
        if key & 1 == 0 { right[place].add(count) } else { left[place].add(count) }
      })
    self.left = left
    self.right = right
  }
}

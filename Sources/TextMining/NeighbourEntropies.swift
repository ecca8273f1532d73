import Foundation
import Parallel

/// How varied the characters beside each of some n-grams are.
struct NeighbourEntropies {
  /// The neighbours of one gram on one side.
  struct Side: Equatable {
    /// Occurrences that have a neighbour.
    var seen = 0
    /// Σ c ln c over the different neighbours, in units of 2^-24: a sum of integers does not depend on
    /// the order of counting.
    var sum = 0

    mutating func add(_ count: Int) {
      seen += count
      let value = Double(count)
      sum += Int((value * log(value) * 0x1p24).rounded())
    }

    /// −Σ p ln p over the occurrences that have a neighbour.
    var entropyOfSeen: Double { seen > 0 ? log(Double(seen)) - scaled / Double(seen) : 0 }

    /// The same over `count` occurrences, those at segment ends each counting as a neighbour of its own.
    func entropy(among count: Int) -> Double {
      count > 0 ? log(Double(count)) - scaled / Double(count) : 0
    }

    private var scaled: Double { Double(sum) * 0x1p-24 }
  }

  /// By the place of the gram in the list that was given.
  private(set) var left: [Side]
  private(set) var right: [Side]

  init(
    of grams: [UInt64], in corpus: TextCorpus, progress: any ProgressReporter,
    cancellation: Cancellation
  ) throws {
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
    progress.begin("neighbours", total: corpus.count, unit: "characters")
    try KeyCount.each(
      corpus: corpus, minCount: 1,
      scan: { stages in
        try corpus.forEachChunk(
          lookahead: longest + 1, progress: progress, cancellation: cancellation
        ) { _, numbers, starts in
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
                let neighbour = base[start]
                if neighbour < Alphabet.firstCharacter { continue }
                key = 0
                end = start &+ 1
                while end < count, end &- start <= longest, base[end] >= Alphabet.firstCharacter {
                  key = key << PackedGram.bits | UInt64(base[end])
                  end &+= 1
                  guard let place = index[key] else { continue }
                  stage.add(UInt64(place) << 17 | UInt64(neighbour) << 1 | 1)
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
    progress.end()
    self.left = left
    self.right = right
  }
}

import CPrefetch
import Memory
import Parallel

/// Exact counts of neighboring characters.
///
/// Characters are ranked by frequency. Pairs of the first few thousand have a counter each, in a square
/// with a row and a column a rank, so that what occurs most lies together and stays in cache; the pairs
/// of other characters are counted by hash.
enum PairCounts {
  /// Positions taken together.
  private static let window = 256

  /// Pairs that occur at least `minCount` times, in no particular order.
  static func collect(
    _ phase: String, in corpus: TextCorpus, minCount: Int, work: Work
  ) throws -> [(key: UInt64, count: Int)] {
    let ranks = CharacterRanks(corpus.characterCounts, minCount: minCount)
    // A square costs its clearing: it must not outgrow the text.
    let cells = min(
      corpus.blocks.wholeCount / corpus.ranks.size / 8, corpus.tableMemory / 64 / corpus.threads)
    let own = min(ranks.count, Int(Double(cells).squareRoot()), 4096)
    // Of ranks with different numbers of threads the smallest square is everybody's.
    let side = -Int(try corpus.ranks.maximum([Double(-own)])[0])
    let squares = WorkspacePool { PairSquare(side: side) }
    var pairs: [(key: UInt64, count: Int)] = []
    var isFirst = true
    try KeyCount.each(
      phase, in: corpus, minCount: minCount, reserved: side * side * 4 * corpus.threads,
      work: work,
      scan: { stages, phase in
        let fillsSquares = isFirst
        isFirst = false
        try corpus.forEachChunk(lookahead: 1, phase) { _, numbers, _ in
          squares.use { square in
            stages.use { stage in
              scan(numbers, ranks, square, fillsSquare: fillsSquares, stage)
            }
          }
        }
      },
      others: { minCount in
        let filled = squares.idle()
        var inside: [(key: UInt64, count: Int)] = []
        // Some rows at a time: ranks add them up.
        for first in stride(from: 0, to: side, by: 64) {
          let rows = first..<min(side, first + 64)
          let counts = try corpus.ranks.sum(
            rows.flatMap { row in
              (0..<side).map { column in filled.reduce(0) { $0 + $1.count(row, column) } }
            })
          for (place, count) in counts.enumerated() where count >= minCount {
            let (row, column) = (first + place / side, place % side)
            inside.append((ranks.ids[row] << PackedGram.bits | ranks.ids[column], count))
          }
        }
        return inside
      }, { pairs.append(($0, $1)) })
    return pairs
  }

  private static func scan(
    _ numbers: UnsafeBufferPointer<UInt16>, _ ranks: CharacterRanks, _ square: PairSquare,
    fillsSquare: Bool, _ stage: PartitionedCounter.Stage
  ) {
    let inside = Block<Int>(uninitializedCount: window)
    let others = Block<UInt64>(uninitializedCount: window)
    var previous: UInt64 = 0
    var previousRank = CharacterRanks.none
    var start = 0
    while start < numbers.count {
      let end = min(numbers.count, start &+ window)
      // Both lists are written without a branch: which one a pair belongs to cannot be predicted.
      var insideCount = 0
      var otherCount = 0
      for index in start..<end {
        let id = numbers[index]
        if id == Alphabet.space { continue }
        let rank = ranks.rank(id)
        let largest = max(rank, previousRank)
        inside.pointer[insideCount] = square.place(previousRank, rank)
        insideCount &+= largest < square.side ? 1 : 0
        others.pointer[otherCount] = previous << PackedGram.bits | UInt64(id)
        otherCount &+= largest >= square.side && largest != CharacterRanks.none ? 1 : 0
        previous = UInt64(id)
        previousRank = rank
      }
      if fillsSquare { square.add(inside.pointer, count: insideCount) }
      for index in 0..<otherCount { stage.add(others.pointer[index]) }
      start = end
    }
  }
}

/// The characters that occur at least so often, the most frequent first.
struct CharacterRanks: Sendable {
  static let none = Int(UInt16.max)
  /// Characters by rank.
  let ids: [UInt64]
  private let ranks: Block<UInt16>

  init(_ counts: [Int], minCount: Int) {
    let ids = (Int(Alphabet.firstCharacter)..<Alphabet.limit)
      .filter { counts[$0] >= max(1, minCount) }
      .sorted { (counts[$1], $0) < (counts[$0], $1) }
    self.ids = ids.map(UInt64.init)
    ranks = Block(repeating: .max, count: Alphabet.limit)
    for (rank, id) in ids.enumerated() { ranks[id] = UInt16(rank) }
  }

  var count: Int { ids.count }

  /// `none` for separators and characters that are too rare.
  @inline(__always)
  func rank(_ id: UInt16) -> Int { Int(ranks.pointer[Int(id)]) }
}

/// A counter for each pair of ranks below `side`; one thread's.
final class PairSquare {
  let side: Int
  private let counters: Block<UInt32>
  /// How often a counter went round.
  private var rounds: [Int: Int] = [:]

  init(side: Int) {
    self.side = side
    counters = Block(repeating: 0, count: side * side)
  }

  @inline(__always)
  func place(_ row: Int, _ column: Int) -> Int { row &* side &+ column }

  @inline(__always)
  func add(_ places: UnsafePointer<Int>, count: Int) {
    let counters = counters.pointer
    for index in 0..<count { prefetch(counters + places[index]) }
    for index in 0..<count {
      let next = counters[places[index]] &+ 1
      counters[places[index]] = next
      if next == 0 { rounds[places[index], default: 0] += 1 }
    }
  }

  func count(_ row: Int, _ column: Int) -> Int {
    let place = row * side + column
    return Int(counters[place]) + (rounds.isEmpty ? 0 : rounds[place, default: 0] << 32)
  }
}

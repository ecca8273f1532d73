import Memory
import Messages
import Parallel

/// Exact counts of all character n-grams, n ≤ 4, that occur at least `minCount` times inside segments.
///
/// One pass per order. An n-gram can reach `minCount` only if its first and its last n−1 characters
/// do, so each pass emits only grams whose two parts passed the one before. That loses nothing.
struct NGramCounts: Sendable {
  /// Counts of the grams of all orders by packed key; a single character's key is its number.
  private(set) var table: CountTable
  /// Characters of the corpus, rare ones included.
  let characters: Int
  /// Pairs of neighbors inside segments.
  let pairs: Int
  /// How many different grams each order has among the survivors; index 0 is unused.
  private(set) var distinct = [0, 0, 0, 0, 0]

  init(corpus: TextCorpus, order: Int, minCount: Int, work: Work = .silent) throws {
    require((1...4).contains(order), "n-grams of order 1 to 4 can be counted, not \(order)")
    let minCount = max(1, minCount)
    characters = corpus.statistics.characters
    // Boundaries close segments; a corpus of joined segments has none.
    pairs = max(0, characters - max(1, corpus.segmentCount))
    table = CountTable()
    for id in Int(Alphabet.firstCharacter)..<Alphabet.limit {
      let count = corpus.characterCounts[id]
      if count >= minCount {
        table.add(UInt64(id), count)
        distinct[1] += 1
      }
    }
    var filter = KeyFilter(count: 0)
    for length in 2..<(order + 1) {
      let survivors =
        length == 2
        ? try PairCounts.collect("counting 2-grams", in: corpus, minCount: minCount, work: work)
        : try Self.pass(
          corpus: corpus, length: length, minCount: minCount, filter: minCount > 1 ? filter : nil,
          work: work)
      distinct[length] = survivors.count
      let total = distinct.reduce(0, +)
      guard total * 40 <= corpus.memory else {
        throw InputError(
          "\(total) different n-grams occur at least \(minCount) times, more than "
            + "\(MemorySize.describe(corpus.memory)) hold: raise `minCount` or `memory`")
      }
      filter = KeyFilter(count: survivors.count)
      for (key, count) in survivors {
        table.add(key, count)
        filter.insert(key)
      }
    }
  }

  /// Positions whose parts are looked up together, so that the filter's cache misses overlap.
  private static let window = 256

  private static func pass(
    corpus: TextCorpus, length: Int, minCount: Int, filter: KeyFilter?, work: Work
  ) throws -> [(key: UInt64, count: Int)] {
    let mask = PackedGram.mask(length: length)
    let partMask = PackedGram.mask(length: length - 1)
    return try KeyCount.collect(
      "counting \(length)-grams", in: corpus, lookahead: length - 1, minCount: minCount, work: work
    ) { numbers, _, stage in
      guard numbers.count >= length, let base = numbers.baseAddress else { return }
      let isWhole = 1 << 63 as UInt64
      let grams = Block<UInt64>(uninitializedCount: window)
      var key: UInt64 = 0
      var run = 0
      var previousPart: UInt64 = 0
      var start = 0
      while start < numbers.count {
        var seen = 0
        for index in start..<min(numbers.count, start &+ window) {
          let id = base[index]
          if id == Alphabet.space { continue }
          key = (key << PackedGram.bits | UInt64(id)) & mask
          run = id == Alphabet.boundary ? 0 : run &+ 1
          grams[seen] = key | (run >= length ? isWhole : 0)
          filter?.prefetch(key & partMask)
          seen &+= 1
        }
        start &+= window
        var found = 0
        for index in 0..<seen {
          let gram = grams[index]
          let part = filter?.mayContainBit(gram & partMask) ?? 1
          grams[found] = gram & mask
          found &+= Int(truncatingIfNeeded: part & previousPart & gram >> 63)
          previousPart = part
        }
        for index in 0..<found { stage.add(grams[index]) }
      }
    }
  }

  /// Occurrences of a gram; `nil` if it is rarer than `minCount`.
  @inline(__always)
  func count(_ gram: UInt64) -> Int? { table[gram] }

  /// All grams of two or more characters, in key order.
  func grams() -> [(key: UInt64, count: Int)] {
    table.sorted().filter { $0.key > PackedGram.mask }
  }

  /// The sum of the counts of the single characters that survive.
  var characterTotal: Int {
    var total = 0
    table.forEachPair { key, count in
      if key <= PackedGram.mask { total += count }
    }
    return total
  }
}

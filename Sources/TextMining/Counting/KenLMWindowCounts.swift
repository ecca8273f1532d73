import Parallel

/// Counts as the word-discovery program gets them from KenLM: not how often an n-gram occurs, but
/// sums over frequent windows.
///
/// Every character (and every sentence end) gives the window of the last four tokens, padded on the
/// left with sentence begins. Windows that occur at least `minCount` times add their count to every
/// prefix of their real characters and to the total.
struct KenLMWindowCounts: Sendable {
  private(set) var table = CountTable()
  private(set) var total = 0
  /// Distinct windows, those below the threshold too unless they are pruned.
  private(set) var windows = 0
  /// Distinct prefixes of each length; index 0 is unused.
  private(set) var distinct = [0, 0, 0, 0, 0]

  init(
    corpus: TextCorpus, minCount: Int, countsSpaceOnlyLines: Bool, prunes: Bool = true,
    work: Work = .silent
  ) throws {
    var filter: KeyFilter?
    if minCount > 1, prunes {
      let pairs = try PairCounts.collect(
        "counting pairs", in: corpus, minCount: minCount, work: work)
      let frequent = KeyFilter(count: pairs.count)
      for (key, _) in pairs { frequent.insert(key) }
      filter = frequent
    }
    let pruned = filter
    let windowMask = PackedGram.mask(length: 4)
    let begins =
      Alphabet.sentenceBegin << 30 | Alphabet.sentenceBegin << 15 | Alphabet.sentenceBegin
    var windows = 0
    var kept: [(key: UInt64, count: Int)] = []
    try KeyCount.each(
      "counting windows", in: corpus, minCount: prunes ? minCount : 1, work: work,
      scan: { stages, phase in
        try corpus.forEachSegmentGroup(phase) { _, _, numbers in
          stages.use { stage in
            var key = begins
            var pairs = 3
            var tokens = 0
            for id in numbers {
              if id >= Alphabet.firstCharacter {
                key = (key << PackedGram.bits | UInt64(id)) & windowMask
                tokens &+= 1
                if tokens > 1, let pruned {
                  // How many pairs in a row, ending here, are frequent: three make a window worth it.
                  pairs = pruned.mayContain(key & PackedGram.mask(length: 2)) ? pairs &+ 1 : 0
                } else {
                  pairs = 3
                }
                if pairs >= 3 { stage.add(key) }
              } else if id == Alphabet.boundary {
                if tokens > 0 || countsSpaceOnlyLines {
                  key = (key << PackedGram.bits | Alphabet.sentenceEnd) & windowMask
                  if pairs >= 2 { stage.add(key) }
                }
                key = begins
                pairs = 3
                tokens = 0
              }
            }
          }
        }
      },
      { key, count in
        windows += 1
        if count >= minCount { kept.append((key, count)) }
      })
    self.windows = windows
    for (key, count) in kept {
      total += count
      let real = PackedGram.characters(key).filter { $0 >= Alphabet.firstCharacter }
      var prefix: UInt64 = 0
      for id in real {
        prefix = prefix << PackedGram.bits | UInt64(id)
        table.add(prefix, count)
      }
    }
    var distinct = [0, 0, 0, 0, 0]
    table.forEachPair { key, _ in distinct[PackedGram.length(key)] += 1 }
    self.distinct = distinct
  }
}

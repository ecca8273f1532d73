import Foundation
import Memory
import Messages
import Parallel

/// Words as the stretches of text that stand most freely on their own.
///
/// For a string x, h(x) is the entropy of the character after it. Inside a word it falls with each
/// further character; where a word ends it rises. The rise v(x) = h(x) − h(x without its last
/// character), and the same on the left, are standardised among the strings of one length (otherwise
/// longer strings, which are rarer, could not compete) and added: the autonomy a(x). Each segment of
/// text is cut into the words with the largest Σ |w|·a(w) + β·(|w| − 1) + κ·c(w), c being the cohesion
/// ln(N·n(w)/(n(left)·n(right))) at the weakest split, 0 for single characters. The resulting dictionary then
/// cuts the corpus once more, by word frequency alone, which settles words that were cut in several ways; words
/// that a bigram model would rather see in two are dropped before (`ContextPruning`).
///
/// Sources: Jin and Tanaka-Ishii (2006), Magistry and Sagot (2012), "Unsupervised word segmentation: the
/// case for Mandarin Chinese". Standardised differences, cohesion, β, κ and the re-estimation are this
/// program's.
public struct Autonomy: DiscoveryMethod {
  /// What leaving out a border inside a word is worth (β).
  static let borderPrice = 2.0
  /// What a nat of cohesion is worth (κ).
  static let cohesionWeight = 1.0

  /// Least number of occurrences of an n-gram; `nil`: 2, and more in a corpus of over 20 million
  /// characters, where the table must not grow with every accident.
  public var minCount: Int?
  /// Longest n-gram that is judged: 2 to 4.
  public var order = 4
  /// How often words are judged by their neighbors (`ContextPruning`).
  var pruningRounds = 2

  public init() {}

  public var reading: CorpusReading { .withoutAtoms }

  public func check() throws(OptionError) {
    if let minCount { try MethodOptions.check(minCount: minCount) }
    try MethodOptions.check(order: order)
  }

  public func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult {
    try requireFit(corpus)
    let minCount = minCount ?? max(2, corpus.statistics.characters / 10_000_000)
    let counts = try NGramCounts(corpus: corpus, order: order, minCount: minCount, work: work)
    let lattice = try GramLattice(counts, threads: corpus.threads)
    let scores = try scores(
      lattice, of: corpus, total: counts.characters, minCount: minCount, work)
    var table = ScoreTable(capacity: lattice.grams.count)
    for (place, gram) in lattice.grams.enumerated() {
      table.insert(gram.key, Float(scores[place]))
    }
    let firstCut = try count(
      "cutting", of: corpus, ScoreCutter(table: table, order: order, missing: -100), work)
    var pruning = ContextPruning(firstCut, of: corpus, order: order)
    for _ in 0..<pruningRounds { try pruning.round(work: work) }
    let (logs, missing) = pruning.scores()
    let words = try count(
      "cutting again", of: corpus, ScoreCutter(table: logs, order: order, missing: missing), work)
    var found = words.map { word in
      DiscoveredWord(
        word: corpus.alphabet.text(word.key), count: word.count,
        score: Double(table[word.key] ?? 0))
    }
    found.sortByCount()
    let kept = Dictionary(uniqueKeysWithValues: words.map { ($0.key, $0.count) })
    let explanations = try WordExplanation.explain(
      explained, in: corpus, total: counts.characters, work: work
    ) { numbers in
      guard numbers.count <= 4 else {
        return (false, 0, "longer than the 4 characters this method judges")
      }
      let gram = PackedGram.pack(numbers)
      guard let score = table[gram] else {
        return (false, 0, "it occurs less than \(minCount) times apart from numbers")
      }
      let value = String(format: "autonomy and cohesion %.3f", score)
      if let count = kept[gram] {
        return (true, count, "\(value): cut out \(count) times")
      }
      return (false, 0, "\(value): wherever it occurs, other cuts stand more freely")
    }
    return DiscoveryResult(
      words: found, scoreMeaning: "autonomy and cohesion: what cutting the word out is worth",
      figures: DiscoveryFigures(
        distinct: counts.distinct, total: counts.characters, cohesive: counts.table.count,
        candidates: words.count),
      explanations: explanations, statistics: corpus.statistics)
  }

  /// What cutting each gram out is worth.
  private func scores(
    _ lattice: GramLattice, of corpus: TextCorpus, total: Int, minCount: Int, _ work: Work
  ) throws -> Block<Double> {
    let autonomies = try autonomies(lattice, of: corpus, minCount: minCount, work)
    let scores = Block<Double>(uninitializedCount: lattice.grams.count)
    // Chunks write to disjoint parts, here and below.
    try lattice.forEachChunk(threads: corpus.threads) { range in
      for place in range {
        let length = lattice.length(place)
        let firmness =
          length > 1 ? Self.cohesionWeight * log(lattice.weakestSplit(place, total: total)) : 0
        let price = Self.borderPrice * Double(length - 1)
        scores[place] = Double(length) * autonomies[place] + price + firmness
      }
    }
    return scores
  }

  /// The autonomy of each gram.
  private func autonomies(
    _ lattice: GramLattice, of corpus: TextCorpus, minCount: Int, _ work: Work
  ) throws -> Block<Double> {
    let entropies = try NeighborEntropies(
      of: lattice, order: order, minCount: minCount, in: corpus, work: work)
    let threads = corpus.threads
    let count = lattice.grams.count
    let singles = lattice.grams.prefix { $0.key <= PackedGram.mask }
    let total = Double(singles.reduce(0) { $0 + $1.count })
    let unconditional = singles.reduce(0.0) {
      let share = Double($1.count) / total
      return $0 - share * log(share)
    }
    let autonomies = Block<Double>(repeating: 0, count: count)
    let entropy = Block<Double>(uninitializedCount: count)
    let rise = Block<Double>(uninitializedCount: count)
    for isRight in [true, false] {
      let sides = isRight ? entropies.right : entropies.left
      try lattice.forEachChunk(threads: threads) { range in
        for place in range {
          entropy[place] = sides[place].entropy(among: lattice.grams[place].count)
        }
      }
      try lattice.forEachChunk(threads: threads) { range in
        for place in range {
          let before =
            lattice.length(place) == 1
            ? unconditional : entropy[isRight ? lattice.prefix(place) : lattice.suffix(place)]
          rise[place] = entropy[place] - before
        }
      }
      // One sum after the other in key order: no bit depends on the threads.
      var moments = [(count: Double, sum: Double, squares: Double)](
        repeating: (0, 0, 0), count: PackedGram.maxLength + 1)
      for place in 0..<count {
        let length = lattice.length(place)
        moments[length].count += 1
        moments[length].sum += rise[place]
        moments[length].squares += rise[place] * rise[place]
      }
      let scales = moments.map { moment in
        let mean = moment.sum / max(1, moment.count)
        let variance = moment.squares / max(1, moment.count) - mean * mean
        return (mean: mean, deviation: variance.squareRoot())
      }
      try lattice.forEachChunk(threads: threads) { range in
        for place in range {
          let scale = scales[lattice.length(place)]
          autonomies[place] +=
            scale.deviation > 1e-9 ? (rise[place] - scale.mean) / scale.deviation : 0
        }
      }
    }
    return autonomies
  }

  private func count(
    _ phase: String, of corpus: TextCorpus, _ cutter: ScoreCutter, _ work: Work
  ) throws -> [(key: UInt64, count: Int)] {
    var words: [(key: UInt64, count: Int)] = []
    try KeyCount.each(
      phase, in: corpus, minCount: 1, work: work,
      scan: { stages, phase in
        try corpus.forEachSegmentGroup(phase) { _, _, numbers in
          stages.use { stage in
            cutter.cut(numbers) { key in
              if key <= PackedGram.mask {
                stage.add(character: UInt16(truncatingIfNeeded: key))
              } else {
                stage.add(key)
              }
            }
          }
        }
      }, { words.append(($0, $1)) })
    return words
  }
}

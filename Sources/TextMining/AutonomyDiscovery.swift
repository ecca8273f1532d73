import Foundation
import Parallel

/// Words as the stretches of text that stand most freely on their own.
///
/// For a string x, h(x) is the entropy of the character after it. Inside a word it falls with each
/// further character; where a word ends it rises. The rise v(x) = h(x) − h(x without its last
/// character), and the same on the left, are standardised among the strings of one length (otherwise
/// longer strings, which are rarer, could not compete) and added: the autonomy a(x). Each segment of
/// text is cut into the words with the largest Σ |w|·a(w) + β·(|w| − 1) + κ·c(w), c being the cohesion
/// ln(N·n(w)/(n(left)·n(right))) at the weakest split, 0 for single characters. The resulting dictionary then
/// cuts the corpus again by word frequency alone, a few times, which settles words that were cut in
/// several ways.
///
/// Sources: Jin and Tanaka-Ishii (2006), Magistry and Sagot (2012), "Unsupervised word segmentation: the
/// case for Mandarin Chinese". Standardised differences, cohesion, β, κ and the re-estimation are this
/// program's.
struct AutonomyDiscovery {
  /// What leaving out a border inside a word is worth (β).
  static let borderPrice = 2.0
  /// What a nat of cohesion is worth (κ).
  static let cohesionWeight = 1.0
  /// How often the dictionary cuts the corpus again.
  static let rounds = 3

  private let work: WordDiscovery.Work

  init(_ work: WordDiscovery.Work) { self.work = work }

  func run() throws -> DiscoveryResult {
    let characters = work.corpus.statistics.characters
    // Twice is enough in a small corpus; in a large one the table must not grow with every accident.
    let minCount = work.options.minCount ?? max(2, characters / 10_000_000)
    let order = work.options.order ?? 4
    let counts = try work.grams(order: order, minCount: minCount)
    let grams = counts.table.sorted()
    let scores = try autonomies(grams, counts: counts, order: order, minCount: minCount)
    var table = ScoreTable(capacity: grams.count)
    let cohesion = CohesionTable(table: counts.table, total: counts.characters)
    for (index, gram) in grams.enumerated() {
      let length = PackedGram.length(gram.key)
      let firmness =
        length > 1 ? Self.cohesionWeight * log(cohesion.weakestSplit(gram.key).ratio) : 0
      let price = Self.borderPrice * Double(length - 1)
      table.insert(gram.key, Float(Double(length) * scores[index] + price + firmness))
    }
    var cutter = ScoreCutter(table: table, order: order, missing: -100)
    var words = try count(cutter)
    for _ in 0..<Self.rounds {
      let total = log(Double(words.reduce(0) { $0 + $1.count }))
      var logs = ScoreTable(capacity: words.count)
      for word in words { logs.insert(word.key, Float(log(Double(word.count)) - total)) }
      cutter = ScoreCutter(table: logs, order: order, missing: Float(log(0.5) - total))
      words = try count(cutter)
    }
    return try result(words, counts: counts, grams: grams, table: table, minCount: minCount)
  }

  /// The autonomy of each gram.
  private func autonomies(
    _ grams: [(key: UInt64, count: Int)], counts: NGramCounts, order: Int, minCount: Int
  ) throws -> [Double] {
    let entropies = try NeighbourEntropies(
      of: grams, counts: counts, order: order, minCount: minCount, in: work.corpus,
      progress: work.progress, cancellation: work.cancellation)
    var places = CountTable(minimumCapacity: grams.count)
    for (index, gram) in grams.enumerated() { places.add(gram.key, index) }
    let right = grams.indices.map { entropies.right[$0].entropy(among: grams[$0].count) }
    let left = grams.indices.map { entropies.left[$0].entropy(among: grams[$0].count) }
    let singles = grams.filter { $0.key <= PackedGram.mask }
    let total = Double(singles.reduce(0) { $0 + $1.count })
    let unconditional = singles.reduce(0.0) {
      let share = Double($1.count) / total
      return $0 - share * log(share)
    }
    var sum = [Double](repeating: 0, count: grams.count)
    for isRight in [true, false] {
      let entropy = isRight ? right : left
      var rise = [Double](repeating: 0, count: grams.count)
      var moments = [(count: Double, sum: Double, squares: Double)](
        repeating: (0, 0, 0), count: 5)
      for (index, gram) in grams.enumerated() {
        let length = PackedGram.length(gram.key)
        let part =
          isRight ? gram.key >> PackedGram.bits : PackedGram.suffix(gram.key, length - 1)
        let before = length == 1 ? unconditional : places[part].map { entropy[$0] } ?? 0
        rise[index] = entropy[index] - before
        moments[length].count += 1
        moments[length].sum += rise[index]
        moments[length].squares += rise[index] * rise[index]
      }
      for (index, gram) in grams.enumerated() {
        let moment = moments[PackedGram.length(gram.key)]
        let mean = moment.sum / moment.count
        let deviation = (moment.squares / moment.count - mean * mean).squareRoot()
        sum[index] += deviation > 1e-9 ? (rise[index] - mean) / deviation : 0
      }
    }
    return sum
  }

  private func count(_ cutter: ScoreCutter) throws -> [(key: UInt64, count: Int)] {
    var words: [(key: UInt64, count: Int)] = []
    work.progress.begin("cutting", total: work.corpus.count, unit: "characters")
    try KeyCount.each(
      corpus: work.corpus, minCount: 1,
      scan: { stages in
        try work.corpus.forEachSegmentGroup(
          progress: work.progress, cancellation: work.cancellation
        ) { _, _, numbers in
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
    work.progress.end()
    return words
  }

  private func result(
    _ words: [(key: UInt64, count: Int)], counts: NGramCounts,
    grams: [(key: UInt64, count: Int)], table: ScoreTable, minCount: Int
  ) throws -> DiscoveryResult {
    let alphabet = work.corpus.alphabet
    var found = words.map {
      DiscoveredWord(
        word: alphabet.text($0.key), count: $0.count, score: Double(table[$0.key] ?? 0))
    }
    found.sortByCount()
    var result = DiscoveryResult(
      words: found, scoreMeaning: "autonomy and cohesion: what cutting the word out is worth")
    result.figures = DiscoveryFigures(
      distinct: counts.distinct, total: counts.characters, cohesive: grams.count,
      candidates: words.count)
    let kept = Dictionary(uniqueKeysWithValues: words.map { ($0.key, $0.count) })
    result.explanations = try work.explanations(total: counts.characters) { numbers in
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
    return result
  }
}

/// Scores of packed n-grams.
struct ScoreTable: Sendable {
  private let keys: RawArray<UInt64>
  private let scores: RawArray<Float>
  private let mask: Int

  init(capacity: Int) {
    var slots = 64
    while slots < capacity * 2 { slots *= 2 }
    keys = RawArray(repeating: 0, count: slots)
    scores = RawArray(repeating: 0, count: slots)
    mask = slots - 1
  }

  /// Call before any thread reads.
  mutating func insert(_ key: UInt64, _ score: Float) {
    let slot = slot(of: key)
    keys[slot] = key
    scores[slot] = score
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: PackedGram.hash(key) >> 8) & mask
    while keys.pointer[slot] != 0, keys.pointer[slot] != key { slot = (slot &+ 1) & mask }
    return slot
  }

  @inline(__always)
  subscript(_ key: UInt64) -> Float? {
    let slot = slot(of: key)
    return keys.pointer[slot] == key ? scores.pointer[slot] : nil
  }
}

/// Cuts segments into grams with the largest sum of scores.
struct ScoreCutter: Sendable {
  let table: ScoreTable
  let order: Int
  /// Score of a single character that is not in the table.
  let missing: Float

  /// Calls `word` with the packed key of each word, the last word of a segment first.
  func cut(_ numbers: UnsafeBufferPointer<UInt16>, _ word: (UInt64) -> Void) {
    guard let base = numbers.baseAddress else { return }
    var longest = 0
    var run = 0
    for id in numbers {
      run = id >= Alphabet.firstCharacter ? run + 1 : 0
      longest = max(longest, run)
    }
    let best = RawArray<Float>(uninitializedCount: longest + 1)
    let from = RawArray<UInt8>(uninitializedCount: longest + 1)
    var start = 0
    while start < numbers.count {
      if base[start] < Alphabet.firstCharacter {
        start += 1
        continue
      }
      var length = 1
      while start + length < numbers.count, base[start + length] >= Alphabet.firstCharacter {
        length += 1
      }
      cutSegment(base + start, length, best.pointer, from.pointer, word)
      start += length
    }
  }

  private func cutSegment(
    _ text: UnsafePointer<UInt16>, _ length: Int, _ best: UnsafeMutablePointer<Float>,
    _ from: UnsafeMutablePointer<UInt8>, _ word: (UInt64) -> Void
  ) {
    for position in 0...length { best[position] = -.infinity }
    best[0] = 0
    for start in 0..<length {
      var key: UInt64 = 0
      let limit = min(length, start + order)
      for end in (start + 1)..<(limit + 1) {
        key = key << PackedGram.bits | UInt64(text[end - 1])
        guard let found = table[key] ?? (end == start + 1 ? missing : nil) else { continue }
        let score = best[start] + found
        if score > best[end] {
          best[end] = score
          from[end] = UInt8(end - start)
        }
      }
    }
    var end = length
    while end > 0 {
      let start = end - Int(from[end])
      var key: UInt64 = 0
      for index in start..<end { key = key << PackedGram.bits | UInt64(text[index]) }
      word(key)
      end = start
    }
  }
}

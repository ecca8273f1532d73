import Parallel

/// Words as BERT's rules cut them, and how often each occurs.
struct WordCounts: Sendable {
  // Of Chinese almost every word is a single scalar, which costs no array.
  private var singles: [UInt32: Int] = [:]
  private var longer: [[UInt32]: Int] = [:]

  private mutating func add(_ word: some Collection<UInt32>, count: Int = 1) {
    if word.count == 1, let scalar = word.first {
      singles[scalar, default: 0] += count
    } else {
      longer[Array(word), default: 0] += count
    }
  }

  private mutating func add(_ other: WordCounts) {
    for (scalar, count) in other.singles { singles[scalar, default: 0] += count }
    for (word, count) in other.longer { longer[word, default: 0] += count }
  }

  /// Each word with its count.
  var counts: [String: Int] {
    var counts: [String: Int] = [:]
    counts.reserveCapacity(singles.count + longer.count)
    // Words that are canonically equivalent are one key.
    for (scalar, count) in singles { counts[String(scalars: [scalar][...]), default: 0] += count }
    for (word, count) in longer { counts[String(scalars: word[...]), default: 0] += count }
    return counts
  }

  /// Counts the words of texts, a few megabytes of them at a time, on up to `threads` threads.
  init(of texts: some Sequence<String>, rules: BERTTextRules, threads: Int) throws {
    let special = WordPieceTokenizer.SpecialTokens()
    var rules = rules
    rules.longestWord = 100
    // With an empty vocabulary each word is unknown and one token.
    let tokenizer = try WordPieceTokenizer(
      vocabulary: Vocabulary(special.all), rules: rules, special: special)
    var batch: [String] = []
    var bytes = 0
    func count() throws {
      let (texts, share) = (batch, (batch.count + threads - 1) / threads)
      let parts = try parallelMap(count: threads, threads: threads) { part in
        var counts = WordCounts()
        for text in texts[min(texts.count, part * share)..<min(texts.count, (part + 1) * share)] {
          tokenizer.forEachWord(text) { counts.add($0) }
        }
        return counts
      }
      for part in parts { add(part) }
      batch.removeAll(keepingCapacity: true)
      bytes = 0
    }
    for text in texts {
      batch.append(text)
      bytes += text.utf8.count
      if bytes > 4 << 20 { try count() }
    }
    try count()
  }

  private init() {}
}

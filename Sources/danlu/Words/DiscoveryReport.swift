import Foundation
import Reports
import TextMining

/// The page of a discovery: top words, lengths, cohesion.
enum DiscoveryReport {
  static func page(_ result: DiscoveryResult, method: DiscoveryPreset, seconds: Double) -> Report {
    let words = result.words
    let statistics = result.statistics
    let longest = min(12, words.map { $0.word.unicodeScalars.count }.max() ?? 1)
    var types = [Double](repeating: 0, count: longest)
    var tokens = types
    for word in words {
      let place = min(longest, word.word.unicodeScalars.count) - 1
      types[place] += 1
      tokens[place] += Double(word.count)
    }
    let categories = (1...longest).map { $0 == longest && longest == 12 ? "12+" : "\($0)" }
    let total = max(1, tokens.reduce(0, +))
    let multi = words.filter { $0.word.unicodeScalars.count > 1 }
    let lengths = Chart.bars(
      "Length of words", categories: categories,
      [
        ("share of the vocabulary", types.map { $0 / Double(max(1, words.count)) }),
        ("share of the text's words", tokens.map { $0 / total }),
      ], y: Axis("share"))
    let series = (2...4).map { length in
      let some = multi.filter { $0.word.unicodeScalars.count == length }.prefix(1500)
      return Series(
        "\(length) characters", x: some.map { Double($0.count) }, y: some.map(\.score),
        style: .points)
    }.filter { !$0.x.isEmpty }
    let cohesion = Chart.scatter(
      "Frequency and score", series, x: Axis("count", scale: .logarithmic),
      y: Axis(result.scoreMeaning))
    let ranks = Chart.lines(
      "Zipf's law",
      [
        Series(
          "words", x: shownRanks(words.count).map(Double.init),
          y: shownRanks(words.count).map { Double(words[$0 - 1].count) })
      ], x: Axis("rank", scale: .logarithmic), y: Axis("count", scale: .logarithmic))
    let tables = [
      (2...2, "2 characters"), (3...3, "3 characters"), (4...4, "4 characters"),
      (5...Int.max, "longer"),
    ]
    .compactMap { lengths, name -> Report.Table? in
      let some = multi.lazy.filter { lengths.contains($0.word.unicodeScalars.count) }.prefix(40)
      guard !some.isEmpty else { return nil }
      return Report.Table(
        columns: ["word", "count", "score"],
        rows: some.map { [.text($0.word), .number(Double($0.count)), .number($0.score)] },
        caption: name)
    }
    let sections = [
      Report.Section(
        "Shape", [.chart(lengths), .chart(ranks.halfWidth()), .chart(cohesion.halfWidth())]),
      Report.Section("The 40 most frequent words by length", [.tables(tables)]),
    ]
    return Report(
      title: "Word discovery, \(method.rawValue)",
      summary: String(
        format: "%d words from %.2f million characters (%.1f MB) in %.2f s.", words.count,
        Double(statistics.characters) / 1e6, Double(statistics.bytes) / 1e6, seconds),
      sections: sections)
  }

  /// Ranks from 1 to `count` at even distances of a logarithmic axis, about 40 a decade.
  private static func shownRanks(_ count: Int) -> [Int] {
    var ranks: [Int] = []
    var rank = 1.0
    while Int(rank) < count {
      if ranks.last != Int(rank) { ranks.append(Int(rank)) }
      rank *= 1.06
    }
    return count > 0 ? ranks + [count] : []
  }
}

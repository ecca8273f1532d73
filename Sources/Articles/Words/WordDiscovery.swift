import Foundation
import Parallel
import Recipes
import Reports
import Text
import TextMining
import Tracking

/// 重新写了之前的新词发现算法：更快更好的新词发现, and the line of articles before it: every method on the same
/// text, and what each one's definition does to it.
public enum WordDiscoveryRecipe: Recipe {
  public static let card = RecipeCard(
    name: "word-discovery", title: "重新写了之前的新词发现算法：更快更好的新词发现",
    summary:
      "Finds the words of unlabeled text by every method of the articles, from 2015 to 2019, and by "
      + "autonomy; checks what each definition must give.",
    date: "2019-09-09", archive: 6920, needsTorch: false,
    data:
      "20,000 generated lines with a known vocabulary; --data: a text file, or a folder of .txt or .txt.gz",
    duration: "5 s",
    settings: [Setting("threads", .integer(2), help: "results do not depend on it")])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let data = context.options.data
    let source = try data.map { try TextSource(contentsOf: $0) } ?? TextSource(string: ExampleCorpora.synthetic())
    let threads = context.settings.integer("threads")
    var results: [(method: DiscoveryPreset, result: DiscoveryResult, seconds: Double)] = []
    for method in DiscoveryMethod.allCases {
      let started = ContinuousClock.now
      let result = try source.discover(
        options(method, isGenerated: source.isGenerated), threads: threads, context)
      results.append((method, result, (ContinuousClock.now - started) / .seconds(1)))
    }
    var claims = [
      Claim(
        id: "threads", statement: "V5 gives the same words at 1 and 8 threads: words that differ",
        measured: try threadDifference(source, context), atMost: 0)
    ]
    if source.isGenerated { claims += try generatedClaims(results, source, context) }
    let metrics = Dictionary(
      uniqueKeysWithValues: results.map {
        ("words/\($0.method.rawValue)", Double($0.result.words.count))
      })
    return RecipeResult(
      steps: results[0].result.statistics.characters, metrics: metrics, claims: claims,
      sections: sections(results))
  }

  /// The settings of the articles; on the generated text V0 needs a lower entropy, its words having
  /// only sixteen neighbors.
  private static func options(_ method: DiscoveryMethod, isGenerated: Bool) -> DiscoveryOptions {
    var options = DiscoveryOptions(method: method)
    if method == .v0, isGenerated { options.minEntropy = 2 }
    if method == .v4 { options.minProbability = 1e-6 }
    return options
  }

  private static func threadDifference(
    _ source: TextFolder, _ context: RecipeContext
  ) throws -> Double {
    let options = DiscoveryOptions(method: .v5)
    let one = try source.discover(options, threads: 1, context).words
    let eight = try source.discover(options, threads: 8, context).words
    return Double(one.indices.filter { $0 >= eight.count || one[$0] != eight[$0] }.count)
      + Double(max(0, eight.count - one.count))
  }

  private static func generatedClaims(
    _ results: [(method: DiscoveryMethod, result: DiscoveryResult, seconds: Double)],
    _ source: TextFolder, _ context: RecipeContext
  ) throws -> [Claim] {
    func words(_ method: DiscoveryMethod) -> [String: Int] {
      let found = results.first { $0.method == method }?.result.words ?? []
      return Dictionary(uniqueKeysWithValues: found.map { ($0.word, $0.count) })
    }
    let truth = Set(ExampleCorpora.syntheticVocabulary.map(\.word))
    let minimum = Set(words(.v4).keys)
    var article = DiscoveryOptions(method: .v3)
    article.explain = ["共和", "和国", "共和国", "林心如"]
    let explained = try source.discover(article, threads: 1, context).explanations
    func weakest(_ place: Int) -> Double {
      exp(explained[place].splits.compactMap(\.cohesion).min() ?? .nan)
    }
    return [
      Claim(
        id: "entropy-2015", statement: "V0 passes exactly five n-grams by cohesion and entropy",
        measured: Double(words(.v0).count), equals: 5, within: 0),
      Claim(
        id: "weak-pair",
        statement: "和国 holds together only about four times more than by chance: its ratio",
        measured: weakest(1), equals: 4.265, within: 0.001),
      Claim(
        id: "trigram-rescues",
        statement: "so a strict threshold on pairs breaks 共和国, whose own ratio is higher: ratio",
        measured: weakest(2), equals: 15.665, within: 0.001),
      Claim(
        id: "firm-word",
        statement: "a name that always stands together has a far higher ratio: 林心如",
        measured: weakest(3), equals: 110.859, within: 0.001),
      Claim(
        id: "backtracking",
        statement: "V3 drops glued pieces by backtracking: 中华人民共和 and 人民共和 are not words",
        measured: Double(["中华人民共和", "人民共和", "电力系统"].filter { words(.v3)[$0] != nil }.count),
        atMost: 0),
      Claim(
        id: "window-counts",
        statement: "V5's window counts are not occurrences: 共和 is cut out 4634 times, not 4711",
        measured: Double(words(.v5)["共和"] ?? 0), equals: 4634, within: 0),
      Claim(
        id: "minimum-entropy",
        statement: "V4 finds the vocabulary the text was made of: words wrong or missing",
        measured: Double(minimum.symmetricDifference(truth).count), atMost: 0),
      Claim(
        id: "redundancy",
        statement: "人民共和国 is redundant beside 人民 and 共和国, 中华人民共和国 is not: count of 中华人民共和国",
        measured: Double(words(.v4)["中华人民共和国"] ?? 0), equals: 2512, within: 0),
    ]
  }

  private static func sections(
    _ results: [(method: DiscoveryMethod, result: DiscoveryResult, seconds: Double)]
  ) -> [Report.Section] {
    let summary = Report.Table(
      columns: ["method", "words", "seconds", "most frequent words of two or more characters"],
      rows: results.map { entry in
        let top = entry.result.words.filter { $0.word.unicodeScalars.count > 1 }.prefix(12)
        return [
          .text(entry.method.rawValue), .number(Double(entry.result.words.count)),
          .number(entry.seconds),
          .text(top.map { "\($0.word) \($0.count)" }.joined(separator: ", ")),
        ]
      })
    let lengths = Chart.bars(
      "Length of the words found", categories: ["1", "2", "3", "4", "5+"],
      results.map { entry in
        var shares = [Double](repeating: 0, count: 5)
        for word in entry.result.words { shares[min(5, word.word.unicodeScalars.count) - 1] += 1 }
        let total = max(1, shares.reduce(0, +))
        return (entry.method.rawValue, shares.map { $0 / total })
      }, y: Axis("share of the vocabulary"))
    return [Report.Section("Methods", [.table(summary), .chart(lengths)])]
  }
}

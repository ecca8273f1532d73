import Foundation
import Recipes
import Reports
import Text
import TextMining
import Tracking

/// 重新写了之前的新词发现算法：更快更好的新词发现, and the line of articles before it: every method on the same
/// text, and what each one's definition does to it.
public enum WordDiscoveryArticle: Article {
  public static let card = RecipeCard(
    name: "word-discovery", title: "重新写了之前的新词发现算法：更快更好的新词发现",
    summary:
      "Finds the words of unlabeled text by every method of the articles, from 2015 to 2019, and by "
      + "autonomy; checks what each definition must give.",
    date: "2019-09-09", archive: 6920, needsTorch: false,
    data: "20,000 generated lines with a known vocabulary",
    ownData: "a text file, or a folder of .txt or .txt.gz", duration: "5 s")

  public struct Settings: RecipeSettings {
    @Knob("threads; results do not depend on them", in: 1...) var threads = 2

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let text = try ArticleText(run)
    let methods = try MethodComparison(text, run)
    var findings: [any Finding] = [methods, try ThreadComparison(text, run)]
    if text.isGenerated {
      findings += [try WeakestSplits(text, run), KnownVocabulary(methods)] as [any Finding]
    }
    return findings
  }
}

/// The user's text, or generated lines with a known vocabulary.
struct ArticleText {
  let source: TextSource
  let isGenerated: Bool

  init(_ run: Running<some RecipeSettings>, lines: Int = 20_000) throws {
    isGenerated = run.options.data == nil
    source =
      try run.options.data.map { try TextSource(contentsOf: $0) }
      ?? TextSource(string: ExampleCorpora.synthetic(lines: lines))
  }

  func words(
    by method: some DiscoveryMethod, threads: Int, explaining: [String] = [],
    _ run: Running<some RecipeSettings>
  ) throws -> DiscoveryResult {
    var options = CorpusOptions()
    options.threads = threads
    return try method.words(
      of: source, corpus: options, explaining: explaining, work: run.work)
  }
}

/// What each method finds.
struct MethodComparison: Finding {
  private(set) var results: [DiscoveryPreset: DiscoveryResult] = [:]
  private var seconds: [DiscoveryPreset: Double] = [:]

  init(_ text: ArticleText, _ run: Running<WordDiscoveryArticle.Settings>) throws {
    for preset in DiscoveryPreset.allCases {
      let started = ContinuousClock.now
      results[preset] = try text.words(
        by: Self.method(preset, isGenerated: text.isGenerated), threads: run.settings.threads, run)
      seconds[preset] = (ContinuousClock.now - started) / .seconds(1)
    }
  }

  /// The settings of the articles; on the generated text V0 needs a lower entropy, its words having
  /// only sixteen neighbors.
  private static func method(_ preset: DiscoveryPreset, isGenerated: Bool) -> any DiscoveryMethod {
    switch preset {
    case .v0 where isGenerated:
      var entropy = BoundaryEntropy()
      entropy.minEntropy = 2
      return entropy
    case .v4: return MinimumEntropy(minProbability: 1e-6)
    default: return preset.method
    }
  }

  func words(_ preset: DiscoveryPreset) -> [DiscoveredWord] { results[preset]?.words ?? [] }

  func counts(_ preset: DiscoveryPreset) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: words(preset).map { ($0.word, $0.count) })
  }

  var metrics: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: DiscoveryPreset.allCases.map {
        ("words/\($0.rawValue)", Double(words($0).count))
      })
  }

  var section: Report.Section? {
    let summary = Report.Table(
      columns: ["method", "words", "seconds", "most frequent words of two or more characters"],
      rows: DiscoveryPreset.allCases.map { preset in
        let top = words(preset).filter { $0.word.unicodeScalars.count > 1 }.prefix(12)
        return [
          .text(preset.rawValue), .number(Double(words(preset).count)),
          .number(seconds[preset] ?? .nan),
          .text(top.map { "\($0.word) \($0.count)" }.joined(separator: ", ")),
        ]
      })
    let lengths = Chart.bars(
      "Length of the words found", categories: ["1", "2", "3", "4", "5+"],
      DiscoveryPreset.allCases.map { preset in
        var shares = [Double](repeating: 0, count: 5)
        for word in words(preset) { shares[min(5, word.word.unicodeScalars.count) - 1] += 1 }
        let total = max(1, shares.reduce(0, +))
        return (preset.rawValue, shares.map { $0 / total })
      }, y: Axis("share of the vocabulary"))
    return Report.Section("Methods", [.table(summary), .chart(lengths)])
  }
}

/// V5 on one thread and on eight.
struct ThreadComparison: Finding {
  private let differingWords: Int

  init(_ text: ArticleText, _ run: Running<WordDiscoveryArticle.Settings>) throws {
    let one = try text.words(by: CohesionGlue.v5, threads: 1, run).words
    let eight = try text.words(by: CohesionGlue.v5, threads: 8, run).words
    differingWords = zip(one, eight).count { $0 != $1 } + abs(one.count - eight.count)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "threads", statement: "V5 gives the same words at 1 and 8 threads: words that differ",
        measured: Double(differingWords), atMost: 0)
    ]
  }
}

/// How firmly words hold together where they hold least, as V3 measures it.
struct WeakestSplits: Finding {
  private var ratios: [String: Double] = [:]

  init(_ text: ArticleText, _ run: Running<WordDiscoveryArticle.Settings>) throws {
    let words = ["和国", "共和国", "林心如"]
    let result = try text.words(by: CohesionGlue.v3, threads: 1, explaining: words, run)
    for word in result.explanations {
      ratios[word.word] = exp(word.splits.compactMap(\.cohesion).min() ?? .nan)
    }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "weak-pair",
        statement: "和国 holds together only about four times more than by chance: its ratio",
        measured: ratios["和国"] ?? .nan, equals: 4.265, within: 0.001),
      Claim(
        id: "trigram-rescues",
        statement: "so a strict threshold on pairs breaks 共和国, whose own ratio is higher: ratio",
        measured: ratios["共和国"] ?? .nan, equals: 15.665, within: 0.001),
      Claim(
        id: "firm-word",
        statement: "a name that always stands together has a far higher ratio: 林心如",
        measured: ratios["林心如"] ?? .nan, equals: 110.859, within: 0.001),
    ]
  }
}

/// What the methods find of the words that the generated text was made of.
struct KnownVocabulary: Finding {
  let methods: MethodComparison

  init(_ methods: MethodComparison) { self.methods = methods }

  var claims: [Claim] {
    let truth = Set(ExampleCorpora.syntheticVocabulary.map(\.word))
    let article = methods.counts(.v3)
    let minimum = methods.counts(.v4)
    return [
      Claim(
        id: "entropy-2015", statement: "V0 passes exactly five n-grams by cohesion and entropy",
        measured: Double(methods.words(.v0).count), equals: 5, within: 0),
      Claim(
        id: "backtracking",
        statement: "V3 drops glued pieces by backtracking: 中华人民共和 and 人民共和 are not words",
        measured: Double(["中华人民共和", "人民共和", "电力系统"].count { article[$0] != nil }),
        atMost: 0),
      Claim(
        id: "window-counts",
        statement: "V5's window counts are not occurrences: 共和 is cut out 4634 times, not 4711",
        measured: Double(methods.counts(.v5)["共和"] ?? 0), equals: 4634, within: 0),
      Claim(
        id: "minimum-entropy",
        statement: "V4 finds the vocabulary the text was made of: words wrong or missing",
        measured: Double(truth.symmetricDifference(minimum.keys).count), atMost: 0),
      Claim(
        id: "redundancy",
        statement: "人民共和国 is redundant beside 人民 and 共和国, 中华人民共和国 is not: count of 中华人民共和国",
        measured: Double(minimum["中华人民共和国"] ?? 0), equals: 2512, within: 0),
    ]
  }
}

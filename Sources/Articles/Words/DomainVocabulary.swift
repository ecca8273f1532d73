import Recipes
import Reports
import Text
import TextMining
import Tracking

/// 分享一次专业领域词汇的无监督挖掘: two vocabularies, a Bayesian share, word vectors, seeds, rules.
public enum DomainVocabularyArticle: Article {
  public static let card = RecipeCard(
    name: "domain-vocabulary", title: "分享一次专业领域词汇的无监督挖掘",
    summary:
      "Finds the terms of a domain against background text without labels: discovery, a Bayesian share, "
      + "expansion from seeds by word vectors, rules.",
    date: "2019-04-10", archive: 6540, needsTorch: false,
    data: "generated text, with and without two terms",
    ownData: "a folder with target.txt and background.txt", duration: "5 s")

  public struct Settings: RecipeSettings {
    @Knob("how terms are ranked; share is the article's") var ranking = DomainRanking.share
    @Knob("shortest term", in: 1...) var minLength = 3

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    [BayesianShares(), ExpansionThresholds(), try DomainTerms(run)]
  }
}

extension DomainRanking: KnobValue {}

/// The article's score on a table small enough to check by hand.
struct BayesianShares: Finding {
  private let counts = DomainCounts(
    target: WordList([("a", 10.0), ("b", 4), ("x", 30)].map { (word: $0.0, count: $0.1) }),
    background: WordList([("a", 8.0), ("b", 20), ("y", 5)].map { (word: $0.0, count: $0.1) }))

  var claims: [Claim] {
    let (shares, _, prior) = counts.shares()
    let share = zip(counts.entries, shares).first { $0.0.word == "x" }?.1
    let unscored = counts.shares(missingIsUndefined: true).scores.count { $0 == nil }
    return [
      Claim(
        id: "bayesian-share",
        statement:
          "a word of the target alone, 30 times, gets a share well below 1: (30 + m/2)/(30 + m)",
        measured: share ?? .nan, equals: 0.788462, within: 1e-6),
      Claim(
        id: "prior", statement: "with both vocabularies complete the prior share is one half",
        measured: prior, equals: 0.5, within: 1e-12),
      Claim(
        id: "published-code-loses-words",
        statement:
          "the published table arithmetic gives words of one side no score: how many of x, y",
        measured: Double(unscored), equals: 2, within: 0),
    ]
  }
}

/// How the threshold of the expansion rises from the seeds outwards.
struct ExpansionThresholds: Finding {
  /// By distance from the seeds.
  private let published = [0.600, 0.718, 0.801, 0.860, 0.901]

  var claims: [Claim] {
    let expansion = SeededExpansion()
    let drift = published.enumerated().map { depth, threshold in
      abs(Double(expansion.threshold(depth: depth)) - threshold)
    }.max()
    return [
      Claim(
        id: "thresholds",
        statement:
          "the threshold rises with the distance from the seeds as published: largest difference",
        measured: drift ?? .nan, atMost: 6e-4)
    ]
  }
}

/// The terms of the target.
struct DomainTerms: Finding {
  /// What the generated background lacks.
  private static let missing: Set = ["电力系统", "变压器"]

  private let ranking: DomainRanking
  private let isGenerated: Bool
  private let result: DomainVocabulary.Result

  init(_ run: Running<DomainVocabularyArticle.Settings>) throws {
    ranking = run.settings.ranking
    isGenerated = run.options.data == nil
    var options = DomainVocabulary.Options()
    options.rules = .article
    options.ranking = ranking
    options.minLength = run.settings.minLength
    options.expands = !isGenerated
    let target: TextSource
    let background: TextSource
    if let folder = run.options.data {
      target = TextSource(paths: [folder + "/target.txt"])
      background = TextSource(paths: [folder + "/background.txt"])
    } else {
      target = TextSource(string: ExampleCorpora.synthetic())
      background = TextSource(string: ExampleCorpora.synthetic(leavingOut: Self.missing))
    }
    result = try DomainVocabulary(options).run(
      target: target, background: background, work: run.work)
  }

  var metrics: [String: Double] {
    ["terms": Double(result.terms.count), "targetWords": Double(result.targetWords)]
  }

  var claims: [Claim] {
    guard isGenerated else { return [] }
    let others = result.terms.prefix(2).count { !Self.missing.contains($0.word) }
    var claims = [
      Claim(
        id: "terms-first",
        statement:
          "the two words the background lacks come first: places of 电力系统 and 变压器 beyond 2",
        measured: Double(others), atMost: 0)
    ]
    if ranking == .share {
      claims.append(
        Claim(
          id: "term-score", statement: "and 电力系统 scores as the formula says",
          measured: result.terms.first?.score ?? .nan, equals: 0.600926, within: 1e-6))
    }
    return claims
  }

  var section: Report.Section? {
    let terms = result.terms
    let plane = Chart.scatter(
      "Domain against background",
      [
        Series(
          "terms", x: terms.map { Double($0.targetCount) },
          y: terms.map { Double($0.backgroundCount) + 0.5 })
      ], x: Axis("count in the target", scale: .logarithmic),
      y: Axis("count in the background + ½", scale: .logarithmic))
    let rows: [[Report.Table.Cell]] = terms.prefix(100).map {
      [
        .text($0.word), .number($0.score), .number(Double($0.targetCount)),
        .number(Double($0.backgroundCount)),
      ]
    }
    return Report.Section(
      "Terms",
      [
        .chart(plane),
        .table(
          Report.Table(
            columns: ["term", ranking.rawValue, "target", "background"], rows: rows)),
      ])
  }
}

import Foundation
import Parallel
import Recipes
import Reports
import TextMining
import Tracking

/// 分享一次专业领域词汇的无监督挖掘: two vocabularies, a Bayesian share, word vectors, seeds, rules.
public enum DomainVocabularyRecipe: Recipe {
  public static let card = RecipeCard(
    name: "domain-vocabulary", title: "分享一次专业领域词汇的无监督挖掘",
    summary:
      "Finds the terms of a domain against background text without labels: discovery, a Bayesian share, "
      + "expansion from seeds by word vectors, rules.",
    date: "2019-04-10", archive: 6540, needsTorch: false,
    data:
      "generated text, with and without two terms; --data: a folder with target.txt and background.txt",
    duration: "5 s",
    settings: [
      Setting(
        "ranking", .text("share"), choices: DomainRanking.allCases.map(\.rawValue),
        help: "how terms are ranked; share is the article's"),
      Setting("minLength", .integer(3), help: "shortest term"),
    ])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let folder = NSTemporaryDirectory() + "danlu-domain-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let target: String
    let background: String
    if let data = context.options.data {
      target = (data as NSString).appendingPathComponent("target.txt")
      background = (data as NSString).appendingPathComponent("background.txt")
    } else {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      target = folder + "/target.txt"
      background = folder + "/background.txt"
      try ExampleCorpora.synthetic().write(toFile: target, atomically: true, encoding: .utf8)
      try ExampleCorpora.synthetic(leavingOut: ["电力系统", "变压器"]).write(
        toFile: background, atomically: true, encoding: .utf8)
    }
    var options = DomainVocabulary.Options()
    options.ranking = DomainRanking(rawValue: context.settings.text("ranking")) ?? .share
    options.minLength = context.settings.integer("minLength")
    options.expands = context.options.data != nil
    let result = try DomainVocabulary(
      options, corpus: CorpusOptions(), progress: context.progress,
      cancellation: context.cancellation
    ).run(target: [target], background: [background])

    let example = DomainCounts(
      target: WordList([("a", 10.0), ("b", 4), ("x", 30)].map { (word: $0.0, count: $0.1) }),
      background: WordList([("a", 8.0), ("b", 20), ("y", 5)].map { (word: $0.0, count: $0.1) }))
    let (intended, _, prior) = example.shares()
    let published = example.shares(missingIsUndefined: true)
    let unscored = zip(example.entries, published.scores).filter { $1 == nil }.map(\.0.word)
    let expansion = SeededExpansion()
    let thresholds = [0.600, 0.718, 0.801, 0.860, 0.901]
    let drift = thresholds.indices.map {
      abs(Double(expansion.threshold(depth: $0)) - thresholds[$0])
    }.max()
    var claims = [
      Claim(
        id: "bayesian-share",
        statement:
          "a word of the target alone, 30 times, gets a share well below 1: (30 + m/2)/(30 + m)",
        measured: (intended[2] ?? nil) ?? .nan, equals: 0.788462, within: 1e-6),
      Claim(
        id: "prior", statement: "with both vocabularies complete the prior share is one half",
        measured: prior, equals: 0.5, within: 1e-12),
      Claim(
        id: "published-code-loses-words",
        statement:
          "the published table arithmetic gives words of one side no score: how many of x, y",
        measured: Double(unscored.count), equals: 2, within: 0),
      Claim(
        id: "thresholds",
        statement:
          "the threshold rises with the distance from the seeds as published: largest difference",
        measured: drift ?? .nan, atMost: 6e-4),
    ]
    if context.options.data == nil {
      claims += [
        Claim(
          id: "terms-first",
          statement:
            "the two words the background lacks come first: places of 电力系统 and 变压器 beyond 2",
          measured: Double(
            result.terms.prefix(2).filter { !["电力系统", "变压器"].contains($0.word) }.count),
          atMost: 0)
      ]
      if options.ranking == .share {
        claims.append(
          Claim(
            id: "term-score", statement: "and 电力系统 scores as the formula says",
            measured: result.terms.first?.score ?? .nan, equals: 0.600926, within: 1e-6))
      }
    }
    let rows: [[Report.Table.Cell]] = result.terms.prefix(100).map {
      [
        .text($0.word), .number($0.score), .number(Double($0.targetCount)),
        .number(Double($0.backgroundCount)),
      ]
    }
    let plane = Chart.scatter(
      "Domain against background",
      [
        Series(
          "terms", x: result.terms.map { Double($0.targetCount) },
          y: result.terms.map { Double($0.backgroundCount) + 0.5 })
      ], x: Axis("count in the target", scale: .logarithmic),
      y: Axis("count in the background + ½", scale: .logarithmic))
    return RecipeResult(
      steps: result.targetCharacters,
      metrics: ["terms": Double(result.terms.count), "targetWords": Double(result.targetWords)],
      claims: claims,
      sections: [
        Report.Section(
          "Terms",
          [
            .chart(plane),
            .table(
              Report.Table(
                columns: ["term", options.ranking.rawValue, "target", "background"], rows: rows)),
          ])
      ])
  }
}

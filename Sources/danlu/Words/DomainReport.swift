import Foundation
import Reports
import TextMining

/// The page of a domain vocabulary: terms, contexts, target against background.
enum DomainReport {
  static let shownTerms = 100

  static func page(
    _ result: DomainVocabulary.Result, ranking: DomainRanking,
    contexts: [String: [KeywordInContext]]
  ) -> Report {
    let terms = result.terms
    let some = terms.prefix(1500)
    let plane = Chart.scatter(
      "Domain against background",
      [
        Series(
          "terms", x: some.map { Double($0.targetCount) },
          y: some.map { Double($0.backgroundCount) + 0.5 })
      ], x: Axis("count in the target", scale: .logarithmic),
      y: Axis("count in the background + ½", scale: .logarithmic))
    let scores = Chart.lines(
      "Score by rank",
      [Series(ranking.rawValue, x: some.indices.map { Double($0 + 1) }, y: some.map(\.score))],
      x: Axis("rank", scale: .logarithmic), y: Axis("score"))
    let rows: [[Report.Table.Cell]] = terms.prefix(shownTerms).map { term in
      [
        .text(term.word), .number(term.score), .number(Double(term.targetCount)),
        .number(Double(term.backgroundCount)),
        .text(contexts[term.word]?.first.map { "\($0.left)【\($0.word)】\($0.right)" } ?? ""),
      ]
    }
    return Report(
      title: "Domain vocabulary",
      summary: "\(terms.count) terms from \(result.targetWords) words of the target; "
        + "\(result.backgroundWords) words of the background.",
      sections: [
        Report.Section("Shape", [.chart(plane.halfWidth()), .chart(scores.halfWidth())]),
        Report.Section(
          "Terms",
          [
            .table(
              Report.Table(
                columns: ["term", ranking.rawValue, "target", "background", "context"], rows: rows))
          ]),
        Report.Section(
          result.proposedSeeds ? "Proposed seeds" : "Seeds",
          [.text(result.seeds.joined(separator: " "))]),
      ])
  }
}

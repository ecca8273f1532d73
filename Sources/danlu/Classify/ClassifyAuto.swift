import ArgumentParser
import Articles
import ClassicalML
import Formats
import Foundation
import Messages
import Reports

struct ClassifyAuto: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "auto",
    abstract: "Train the whole chain, from naive Bayes to stacking, and keep the best.",
    discussion: """
      Every model is judged by cross-validation on the same folds; the best one is trained on all rows.

      Examples:
        danlu classify auto table.csv --label income --out best.cml --report chain.html
        danlu classify auto titles.tsv --label 1
      """)

  @Argument(help: "The training file.") var file: String
  @Option(help: "Write the best model here.") var out: String?
  @Option(help: "Write the table as a page here.") var report: String?
  @Option(help: "Folds of cross-validation.") var folds = 5
  @OptionGroup var reading: ReadingArguments
  @OptionGroup var features: FeatureArguments
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if folds < 2 { throw ValidationError("--folds \(folds): at least 2 are needed") }
    _ = try features.options()
    _ = try reading.fileFormat()
  }

  private struct Row: Encodable {
    let model: String
    let score, deviation: Double
    let seconds: Double
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the training file", [file])
    roles.writes("--out", out)
    roles.writes("--report", report)
    try roles.check()
    let examples = try reading.read(file)
    let options = try features.options()
    let division = try Folds(stratified: examples.targets, count: folds, seed: features.seed)
    let chain = try ModelChain.specifications(
      for: examples, hasNetwork: NetworkTraining.isAvailable)
    if !chain.left.isEmpty { Console.note("note: \(chain.left)") }
    var rows: [(specification: ModelSpecification, row: Row)] = []
    for specification in chain.models {
      let start = DispatchTime.now().uptimeNanoseconds
      let result = try CrossValidation(
        specification, examples, division, options, work: Terminal.work)
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      let shown = result.scores.shown
      rows.append(
        (
          specification,
          Row(
            model: specification.text, score: shown.value, deviation: result.deviation,
            seconds: seconds)
        ))
      if !output.json {
        Console.output(
          specification.text + "\t"
            + String(
              format: "%@ %.4f ± %.4f\t%.2f s", shown.name, shown.value, result.deviation, seconds))
      }
    }
    let isRegression = examples.schema.isRegression
    guard
      let best = rows.min(by: {
        isRegression ? $0.row.score < $1.row.score : $0.row.score > $1.row.score
      })
    else { return }
    if let report { try page(rows.map(\.row), isRegression).write(to: report) }
    if let out {
      let predictor = try Predictor.fit(best.specification, examples, options, work: Terminal.work)
      try ClassicalModel(
        schema: examples.schema, predictor: predictor, specification: best.specification.text,
        rowCount: examples.count
      ).write(to: out)
    }
    if output.json { return try Console.json(rows.map(\.row)) }
    Console.output("best: \(best.row.model)" + (out.map { ", written to \($0)" } ?? ""))
  }

  private func page(_ rows: [Row], _ isRegression: Bool) -> Report {
    let score = isRegression ? "RMSE" : "accuracy"
    return Report(
      title: "The chain of models: \(file)",
      summary: "\(folds)-fold cross-validation, the same folds for all.",
      sections: [
        Report.Section(
          "Models",
          [
            .chart(
              Chart.bars(
                score, categories: rows.map { String($0.model.prefix(24)) },
                [(score, rows.map(\.score))], y: Axis(score))),
            .table(
              Report.Table(
                columns: ["model", score, "±", "seconds"],
                rows: rows.map {
                  [.text($0.model), .number($0.score), .number($0.deviation), .number($0.seconds)]
                })),
          ])
      ])
  }
}

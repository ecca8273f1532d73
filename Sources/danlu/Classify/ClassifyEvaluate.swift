import ArgumentParser
import ClassicalML
import Formats
import Foundation
import Messages

struct ClassifyEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Judge a model by rows whose labels are known.",
    discussion: """
      The report has precision and recall of each class, the confusion matrix, ROC curves, calibration,
      permutation importance, and with --train the learning curve.

      Examples:
        danlu classify evaluate test.csv --model m.cml
        danlu classify evaluate test.csv --model m.cml --report report.html --train train.csv
      """)

  @Argument(help: "Rows with labels.") var file: String
  @Option(help: "Write a page of charts and tables here.") var report: String?
  @Option(help: "For the report's learning curve: the file that the model was trained on.")
  var train: String?
  @Option(help: "csv, tsv, jsonl or libsvm; by the file's name unless given.") var format: String?
  @OptionGroup var model: ModelOptions
  @OptionGroup var features: FeatureArguments
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try ReadingArguments.fileFormat(format)
    _ = try features.options()
    if train != nil, report == nil { throw ValidationError("--train needs --report") }
  }

  private struct WordOutput: Encodable {
    let precision, recall, f1: Double
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the rows", [file])
    roles.reads("--model", model.model)
    roles.reads("--train", train)
    roles.writes("--report", report)
    try roles.check()
    if let model = try? HiddenMarkov(path: model.model) { return try judgeWords(model) }
    let trained = try ClassicalModel(path: model.model)
    let format = try ReadingArguments.fileFormat(format)
    let examples = try Examples(file, format: format, schema: trained.schema)
    let values = trained.predictor.values(examples.frame)
    let scores = Scores(values, examples.targets, examples.schema)
    if let report {
      var page = ModelReport(trained, examples, values: values, source: file)
      page.importances = try PermutationImportance.measure(
        trained.predictor, examples, seed: features.seed, work: Terminal.work)
      if let train {
        page.curve = try LearningCurve(
          try ModelSpecification(parsing: trained.specification),
          try Examples(train, format: format, schema: trained.schema), try features.options(),
          work: Terminal.work)
      }
      try page.page().write(to: report)
      Console.note("report: \(report)")
    }
    if output.json { return try Console.json(ScoreOutput(scores)) }
    Console.output(ScoreOutput.line(scores))
    guard case .classes(let classes) = scores else { return }
    for c in classes.classes.indices.prefix(40) {
      Console.output(
        classes.classes[c] + "\t"
          + String(
            format: "precision %.4f\trecall %.4f\tF1 %.4f\t%d rows", classes.precision[c],
            classes.recall[c], classes.f1[c], classes.confusion[c].reduce(0, +)))
    }
  }

  private func judgeWords(_ model: HiddenMarkov) throws {
    if report != nil { throw InputError("there is no report of a model of kind hmm") }
    let (right, truth, found) = SegmentedLines.compare(try SegmentedLines.read(file), model)
    let result = WordOutput(
      precision: Double(right) / Double(max(1, found)),
      recall: Double(right) / Double(max(1, truth)),
      f1: 2 * Double(right) / Double(max(1, found + truth)))
    if output.json { return try Console.json(result) }
    Console.output(
      String(
        format: "words: precision %.4f, recall %.4f, F1 %.4f", result.precision, result.recall,
        result.f1))
  }
}

struct ClassifyExplain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "What a model goes by: its strongest weights, or the columns its trees ask about.",
    discussion: """
      Examples:
        danlu classify explain --model m.cml --top 20

      Models without weights (k-NN, mixed naive Bayes): danlu classify evaluate --report permutes their columns.
      """)

  @Option(help: "How many features of each class.") var top = 10
  @OptionGroup var model: ModelOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top \(top): at least 1 is needed") }
  }

  private struct Group: Encodable {
    struct Feature: Encodable {
      let name: String
      let weight: Double
    }
    let group: String
    let features: [Feature]
  }

  func run() throws {
    let trained = try ClassicalModel(path: model.model)
    let groups = try FeatureWeights.read(trained.predictor, trained.schema, limit: top)
    if output.json {
      return try Console.json(
        groups.map { group in
          Group(
            group: group.group,
            features: group.features.map { Group.Feature(name: $0.name, weight: $0.weight) })
        })
    }
    Console.note(
      "\(trained.specification), trained on \(NumberText.grouped(trained.rowCount)) rows")
    for group in groups {
      for feature in group.features {
        Console.output(
          (group.group.isEmpty ? "" : group.group + "\t")
            + "\(feature.name)\t\(String(format: "%.4f", feature.weight))")
      }
    }
  }
}

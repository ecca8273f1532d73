import ArgumentParser
import FineTuning
import Formats
import Foundation
import Messages
import Parallel
import Torch
import Training

/// A fine-tuned model and how it is used.
struct FineTunedOptions: ParsableArguments {
  @Option(name: .customLong("run"), help: "A folder that 'danlu bert fine-tune' made.")
  var run: String

  @Option(help: "Texts that go through the model together.") var batch = 32
  @Option(help: "Beams of generated texts.") var beams = 1
  @Option(help: "auto, cpu or cuda:0.") var device = "auto"
  @Option(help: "auto, fp32 or bf16.") var precision = "auto"

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch must be at least 1, received \(batch)") }
    if beams < 1 { throw ValidationError("--beams must be at least 1, received \(beams)") }
    _ = try Precision(parsing: precision)
  }

  func predictor() throws -> Predictor {
    let (model, tokenizer) = try FineTunedFolder(path: run).load()
    let device = try Device(parsing: device)
    model.move(to: device)
    var predictor = Predictor(model, tokenizer)
    predictor.batchSize = batch
    predictor.beams = beams
    predictor.scope = StepScope(
      device: device, autocastType: try Precision(parsing: precision).choice(for: device).dtype)
    return predictor
  }

  func note(_ result: Predictor.Result, _ settings: FineTunedSettings) {
    guard result.cutCount > 0 else { return }
    Console.note(
      "note: \(result.cutCount) texts are longer than the \(settings.maxLength) tokens that the model reads "
        + "and were cut")
  }
}

struct BERTPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Apply a fine-tuned model to texts.",
    discussion: """
      Reads the forms that 'fine-tune' reads, labels or not; any other file, and standard input, is one text a \
      line. Writes one JSON object for each.

      Examples:
        danlu bert predict --run runs/reviews reviews.txt > labels.jsonl
        echo 浙商银行的叶老桂博士 | danlu bert predict --run runs/names
        danlu bert predict --run runs/reader questions.json --out answers.jsonl
      """)

  @Argument(help: "The file; standard input without it.")
  var file: String?

  @OptionGroup var fineTuned: FineTunedOptions
  @OptionGroup var columns: ColumnOptions

  @Option(help: "Write to this file instead of standard output.")
  var out: String?

  func run() throws {
    let settings = try FineTunedFolder(path: fineTuned.run).settings()
    let items = try items(settings)
    let predictor = try fineTuned.predictor()
    let started = ContinuousClock.now
    let result = try predictor.predict(items, work: Terminal.work)
    let lines = zip(items, result.predictions).map { item, prediction in
      prediction.json(item, task: settings.task, labels: settings.labels).text() + "\n"
    }.joined()
    if let out {
      try AtomicFile.write(lines, to: out)
    } else {
      try Console.write(Array(lines.utf8))
    }
    fineTuned.note(result, settings)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    Console.note(String(format: "%d texts in %.2f s", items.count, seconds))
  }

  private func items(_ settings: FineTunedSettings) throws -> [TextItem] {
    if let file, file != "-" {
      return try TextFiles.read(
        file, for: settings.task, columns: columns.names(over: settings.columns), isLabeled: false)
    }
    guard settings.task != .pair, settings.task != .extract else {
      throw ValidationError(
        "\(settings.task.rawValue) reads two texts of each example: give a .tsv or .jsonl file")
    }
    var text = ""
    while let line = readLine(strippingNewline: false) { text += line }
    let items = TextFiles.lines(text)
    guard !items.isEmpty else { throw ValidationError("there is no text on standard input") }
    return items
  }
}

struct BERTEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "How well a fine-tuned model does on labeled data.",
    discussion: """
      classify, pair: accuracy and macro F1; tag, pointer: F1 of entities by span; extract: F1 and exact match; \
      generate: ROUGE-L and BLEU.

      Examples:
        danlu bert evaluate --run runs/reviews --data test.tsv
        danlu bert evaluate --run runs/names --data dev.jsonl --json
      """)

  @Option(help: "The file of examples with what is right.")
  var data: String

  @OptionGroup var fineTuned: FineTunedOptions
  @OptionGroup var columns: ColumnOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let settings = try FineTunedFolder(path: fineTuned.run).settings()
    let items = try TextFiles.read(
      data, for: settings.task, columns: columns.names(over: settings.columns), isLabeled: true)
    let predictor = try fineTuned.predictor()
    let result = try predictor.predict(items, work: Terminal.work)
    let scores = TaskScores(settings.task, items, result.predictions)
    if output.json {
      try Console.json(ScoreTable.json(scores))
    } else {
      Console.output("\(items.count) examples")
      ScoreTable.show(scores)
    }
    fineTuned.note(result, settings)
  }
}

import ArgumentParser
import Articles
import ClassicalML
import Foundation
import Messages

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract:
      "Classical models on tables and texts: trained, judged, explained; libtorch only for `network`.",
    discussion: """
      Files are CSV, TSV, JSON lines or libsvm, plain or gzip. Columns are numbers, categories, dates and
      texts, found out from the file; what is missing may stay so. A model is one file.

      Examples:
        danlu classify train reviews.tsv --label label --out reviews.cml
        danlu classify predict new.tsv --model reviews.cml
        danlu classify evaluate test.tsv --model reviews.cml --report report.html
        danlu classify explain --model reviews.cml
        danlu classify auto table.csv --out best.cml
      """,
    subcommands: [
      ClassifyTrain.self, ClassifyPredict.self, ClassifyEvaluate.self, ClassifyExplain.self,
      ClassifyAuto.self,
    ])
}

/// How a training file is read.
struct ReadingArguments: ParsableArguments {
  @Option(
    help:
      "The label's column, by name or by number from 1; label, class, target or category, else the last."
  )
  var label: String?

  @Option(
    name: .customLong("text"), help: "A column that is text, whatever it looks like. Repeatable.")
  var texts: [String] = []

  @Option(
    name: .customLong("category"),
    help: "A column of categories, whatever it looks like. Repeatable.")
  var categories: [String] = []

  @Option(name: .customLong("ignore"), help: "A column that is no feature. Repeatable.")
  var ignored: [String] = []

  @Flag(help: "The label is a number to be predicted, not a class.")
  var regression = false

  @Option(help: "csv, tsv, jsonl or libsvm; by the file's name unless given.")
  var format: String?

  func fileFormat() throws -> ExampleFormat? { try Self.fileFormat(format) }

  static func fileFormat(_ name: String?) throws -> ExampleFormat? {
    try name.map { name in
      guard let format = ExampleFormat(rawValue: name) else {
        throw OptionError("format", expected: "csv, tsv, jsonl or libsvm", received: "'\(name)'")
      }
      return format
    }
  }

  func read(_ path: String) throws -> Examples {
    var options = ReadingOptions()
    options.label = label
    options.texts = Set(texts)
    options.categories = Set(categories)
    options.ignored = Set(ignored)
    options.isRegression = regression ? true : nil
    let examples = try Examples(learning: path, format: try fileFormat(), options) {
      Console.note("note: \($0)")
    }
    if case .classes(let classes, let count) = examples.targets {
      var sizes = [Int](repeating: 0, count: count)
      for c in classes { sizes[Int(c)] += 1 }
      let rare = sizes.indices.filter { sizes[$0] == 1 }.map { examples.schema.classes[$0] }
      if !rare.isEmpty {
        Console.note(
          "note: \(rare.count == 1 ? "a label occurs" : "\(rare.count) labels occur") once only, "
            + rare.prefix(3).joined(separator: ", ") + (rare.count > 3 ? ", …" : "")
            + ": no test can tell whether the model knows it")
      }
    }
    return examples
  }
}

/// How texts are cut and what all models share.
struct FeatureArguments: ParsableArguments {
  @Option(help: "What texts are cut into: characters or words.")
  var unit = "characters"

  @Option(help: "How many of them in a row, from 1 to 3, such as 1 or 1-2; 1-2 characters, 1 word.")
  var grams: String?

  @Option(help: "Grams of fewer texts are left out.")
  var minTexts = 2

  @Option(help: "How grams count: tfidf, presence or counts. Naive Bayes takes its own.")
  var weighting = "tfidf"

  @Flag(help: "Every class counts as much as any other.")
  var balanced = false

  @Option(help: "The seed of everything that is drawn.")
  var seed: UInt64 = 0

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if minTexts < 1 { throw ValidationError("--min-texts \(minTexts): at least 1 is needed") }
  }

  func options() throws -> TrainingOptions {
    guard let unit = TextSplitter.Unit(rawValue: unit) else {
      throw OptionError("unit", expected: "characters or words", received: "'\(unit)'")
    }
    guard let weighting = TextFeatures.Weighting(rawValue: weighting) else {
      throw OptionError(
        "weighting", expected: "tfidf, presence or counts", received: "'\(weighting)'")
    }
    let grams = grams ?? (unit == .words ? "1" : "1-2")
    let ends = grams.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard 1...2 ~= ends.count, let low = ends[0], let high = ends[ends.count - 1], low >= 1,
      low <= high, high <= 3
    else { throw OptionError("grams", expected: "such as 1, 2 or 1-2, up to 3", received: grams) }
    var options = TrainingOptions()
    options.networkTrainer = NetworkTraining.trainer
    options.text.splitter = TextSplitter(unit, lengths: low...high)
    options.text.minimumTexts = minTexts
    options.weighting = weighting
    options.isBalanced = balanced
    options.seed = seed
    options.threads = threads.count
    return options
  }
}

/// A trained model that a subcommand reads.
struct ModelOptions: ParsableArguments {
  @Option(help: "The model's file, as 'classify train' wrote it.") var model: String
}

/// Scores for people and as JSON.
struct ScoreOutput: Encodable {
  struct Class: Encodable {
    let name: String
    let rows: Int
    let precision, recall, f1, area: Double
  }

  var accuracy, macroF1, logLoss, brier, area: Double?
  var rmse, meanAbsolute, explained: Double?
  var classes: [Class]?
  var confusion: [[Int]]?

  init(_ scores: Scores) {
    switch scores {
    case .classes(let scores):
      accuracy = scores.accuracy
      macroF1 = scores.macroF1
      logLoss = scores.logLoss
      brier = scores.brier
      area = scores.area
      classes = scores.classes.indices.map { c in
        Class(
          name: scores.classes[c], rows: scores.confusion[c].reduce(0, +),
          precision: scores.precision[c], recall: scores.recall[c], f1: scores.f1[c],
          area: scores.areas[c])
      }
      confusion = scores.confusion
    case .numbers(let scores):
      rmse = scores.rootMeanSquare
      meanAbsolute = scores.meanAbsolute
      explained = scores.explained
    }
  }

  static func line(_ scores: Scores) -> String {
    switch scores {
    case .classes(let scores):
      String(
        format: "accuracy %.4f, macro F1 %.4f, log loss %.4f, ROC area %.4f", scores.accuracy,
        scores.macroF1, scores.logLoss, scores.area)
    case .numbers(let scores):
      String(
        format: "RMSE %.4f, mean absolute error %.4f, R² %.4f", scores.rootMeanSquare,
        scores.meanAbsolute, scores.explained)
    }
  }
}

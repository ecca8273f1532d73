import ArgumentParser
import ClassicalML
import Formats
import Foundation
import Memory
import Messages

struct ClassifyTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model and write it to a file.",
    discussion: """
      Models: \(ModelKind.allCases.map { "\($0.rawValue) (\($0.summary))" }.joined(separator: "; ")); \
      hmm (words of untagged lines by a hidden Markov model, learnt from lines whose words are separated by \
      spaces). Settings stand in parentheses; boosting needs 'pip install lightgbm', network libtorch ('make setup').

      Examples:
        danlu classify train titles.tsv --label 1 --out titles.cml
        danlu classify train table.csv --label income --model 'forest(trees=200)' --out f.cml
        danlu classify train table.csv --model 'stacking(logistic, forest)' --out s.cml
        danlu classify train table.csv --model svm --grid C=0.1,0.3,1,3 --calibrate sigmoid --out m.cml
        danlu classify train segmented.txt --model hmm --out words.hmm
      """)

  @Argument(help: "The training file.") var file: String
  @Option(help: "The model and its settings.") var model = "logistic"
  @Option(name: .customLong("set"), help: "A setting, NAME=VALUE. Repeatable.")
  var settings: [String] = []
  @Option(
    help:
      "Try these values by cross-validation and take the best: NAME=V,V,… or NAME=LOW..HIGH. Repeatable."
  )
  var grid: [String] = []
  @Option(help: "Try that many random choices of --grid instead of all.") var random: Int?
  @Option(help: "Folds of cross-validation.") var folds = 5
  @Option(help: "Correct probabilities: sigmoid or isotonic.") var calibrate: String?
  @Option(help: "Where the model goes.") var out: String
  @OptionGroup var reading: ReadingArguments
  @OptionGroup var features: FeatureArguments
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if folds < 2 { throw ValidationError("--folds \(folds): at least 2 are needed") }
    if let random, random < 1 { throw ValidationError("--random \(random): at least 1 is needed") }
    if random != nil, grid.isEmpty { throw ValidationError("--random needs --grid") }
    if model == "hmm" {
      if !grid.isEmpty || calibrate != nil {
        throw ValidationError("--grid and --calibrate do not belong to --model hmm")
      }
    } else {
      _ = try specification()
      _ = try search()
    }
    _ = try features.options()
    _ = try reading.fileFormat()
    if let calibrate, Calibration.Method(rawValue: calibrate) == nil {
      throw OptionError("calibrate", expected: "sigmoid or isotonic", received: "'\(calibrate)'")
    }
  }

  private struct Trial: Encodable {
    let settings: [String: Double]
    let score: Double
  }

  private struct Output: Encodable {
    let model: String
    let rows, columns, bytes: Int
    let seconds: Double
    let classes: [String]
    let trials: [Trial]?
  }

  private func assignments() throws -> [(String, Double)] {
    try settings.map { text in
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Double(parts[1]) else {
        throw OptionError("set", expected: "NAME=NUMBER", received: "'\(text)'")
      }
      return (String(parts[0]), value)
    }
  }

  private func specification() throws -> ModelSpecification {
    var specification = try ModelSpecification(parsing: model)
    for (name, value) in try assignments() { try specification.set(name, value) }
    return specification
  }

  private func search() throws -> SettingSearch? {
    guard !grid.isEmpty else { return nil }
    let kind = try specification().kind
    let values = try grid.map { text -> (name: String, values: SettingSearch.Values) in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw OptionError("grid", expected: "NAME=V,V,… or NAME=LOW..HIGH", received: "'\(text)'")
      }
      let ends = parts[1].components(separatedBy: "..").compactMap { Double($0) }
      if ends.count == 2, ends[0] < ends[1] { return (parts[0], .range(ends[0]...ends[1])) }
      let list = parts[1].split(separator: ",").map { Double($0) }
      guard !list.isEmpty, !list.contains(nil) else {
        throw OptionError("grid", expected: "NAME=V,V,… or NAME=LOW..HIGH", received: "'\(text)'")
      }
      return (parts[0], .list(list.compactMap { $0 }))
    }
    var search = SettingSearch(values, draws: random)
    search.seed = features.seed
    // Wrong names and values are found out before anything is read.
    for settings in try search.candidates(for: kind) {
      var trial = try specification()
      for (name, value) in settings { try trial.set(name, value) }
    }
    return search
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the training file", [file])
    roles.writes("--out", out)
    try roles.check()
    if model == "hmm" { return try trainSequences() }
    let start = DispatchTime.now()
    let examples = try reading.read(file)
    let options = try features.options()
    var specification = try specification()
    var trials: [SettingSearch.Trial] = []
    if let search = try search() {
      let division = try Folds(
        stratified: examples.targets, count: folds, seed: features.seed)
      trials = try search.run(
        specification, examples, division, options, work: Terminal.work)
      if let best = trials.first { specification = best.specification }
    }
    let predictor: Predictor
    if let calibrate, let method = Calibration.Method(rawValue: calibrate) {
      predictor = try Predictor.fitCalibrated(
        specification, examples, options, method: method, folds: folds, work: Terminal.work)
    } else {
      predictor = try Predictor.fit(specification, examples, options, work: Terminal.work)
    }
    let trained = ClassicalModel(
      schema: examples.schema, predictor: predictor, specification: specification.text,
      rowCount: examples.count)
    try trained.write(to: out)
    let written = try Written(out, since: start)
    if output.json {
      return try Console.json(
        Output(
          model: specification.text, rows: examples.count, columns: examples.schema.columns.count,
          bytes: written.bytes, seconds: written.seconds, classes: examples.schema.classes,
          trials: trials.isEmpty
            ? nil
            : trials.map { trial in
              Trial(
                settings: Dictionary(
                  uniqueKeysWithValues: trial.settings.map { ($0.name, $0.value) }),
                score: trial.result.scores.shown.value)
            }))
    }
    for trial in trials {
      let settings = trial.settings.map { "\($0.name)=\(NumberText.short($0.value))" }
      Console.output(
        settings.joined(separator: " ") + "\t"
          + String(
            format: "%@ %.4f", trial.result.scores.shown.name, trial.result.scores.shown.value))
    }
    let columns = examples.schema.columns.map { "\($0.name) (\($0.kind.name))" }
    Console.note(
      "columns: " + columns.prefix(12).joined(separator: ", ")
        + (columns.count > 12 ? " and \(columns.count - 12) more" : ""))
    Console.output(
      "\(out): \(specification.text), \(NumberText.grouped(examples.count)) rows, "
        + (examples.schema.isRegression ? "numbers" : "\(examples.schema.classes.count) classes")
        + ", \(written.summary)")
  }

  /// The model file that a training left, and how long it took.
  private struct Written {
    let bytes: Int
    let seconds: Double

    init(_ path: String, since start: DispatchTime) throws {
      bytes = try MappedFile(path: path).bytes.count
      seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    }

    var summary: String {
      "\(MemorySize.describe(bytes)), \(String(format: "%.2f", seconds)) s"
    }
  }

  private func trainSequences() throws {
    var smoothing = 0.1
    for (name, value) in try assignments() {
      guard name == "smoothing", value > 0 else {
        throw OptionError("set", "'\(name)': hmm has the setting smoothing, above 0")
      }
      smoothing = value
    }
    let start = DispatchTime.now()
    let sequences = try SegmentedLines.read(file)
    let trained = HiddenMarkov.fit(sequences, tagNames: WordTags.names, smoothing: smoothing)
    try trained.write(to: out)
    let written = try Written(out, since: start)
    if output.json {
      return try Console.json(
        Output(
          model: "hmm", rows: sequences.count, columns: 1, bytes: written.bytes,
          seconds: written.seconds, classes: WordTags.names, trials: nil))
    }
    Console.output(
      "\(out): hmm, \(NumberText.grouped(sequences.count)) lines, \(written.summary)")
  }
}

import ArgumentParser
import FineTuning
import Formats
import Foundation
import Messages
import Training

extension FineTuningTask: ExpressibleByArgument {}

/// The columns of a table or the keys of JSON objects.
struct ColumnOptions: ParsableArguments {
  @Option(help: "The column or key of the text (of generate: the source; of extract: the passage).")
  var textColumn: String?

  @Option(help: "That of the second text (of generate: the target; of extract: the question).")
  var secondColumn: String?

  @Option(help: "That of the label.")
  var labelColumn: String?

  var names: ColumnNames { ColumnNames(text: textColumn, second: secondColumn, label: labelColumn) }

  /// These, and where none is given those that the model was trained with.
  func names(over trained: ColumnNames) -> ColumnNames {
    ColumnNames(
      text: textColumn ?? trained.text, second: secondColumn ?? trained.second,
      label: labelColumn ?? trained.label)
  }
}

struct BERTFineTune: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "fine-tune",
    abstract: "Teach a transformer a task by examples.",
    discussion: """
      Tasks: classify (one label of a text), pair (one label of two texts), tag and pointer (entities: by labels of \
      tokens; by scores of spans, nested ones too), extract (the span that answers a question), generate (a text \
      from a text).

      Data: .tsv, .csv (columns named by the first line, or found out), .jsonl; entities also as .bio, .bmes, \
      .conll; questions as SQuAD's .json; each also as .gz. --out becomes a Hugging Face folder that \
      `transformers` loads, with fine-tuning.json for 'predict' and 'evaluate', and training/ with metrics, \
      curves and, until it is done, checkpoints. Without --model a new BERT is made: 3 layers of 128 numbers with \
      4 heads and dropout 0.1, its vocabulary of at most 12000 tokens learnt from the data.

      Examples:
        danlu bert fine-tune classify --model bert-base-chinese/ --data reviews.tsv --out runs/reviews
        danlu bert fine-tune tag --data cluener.jsonl.gz --out runs/names --epochs 20
        danlu bert fine-tune pair --data pairs.tsv --second-column 2 --label-column 3 --r-drop 4 --out runs/pairs
        danlu bert fine-tune generate --data papers.jsonl --text-column abstract --second-column title --out r
        danlu bert fine-tune --resume runs/reviews
        danlu launch -n 2 bert fine-tune …        as ranks over several machines
      """)

  @Argument(help: "classify, pair, tag, pointer, extract or generate.")
  var task: FineTuningTask?

  @Option(help: "The file of examples.") var data: String?
  @OptionGroup var folder: TrainedFolderOptions

  @Option(help: "A Hugging Face folder to start from; without it a new model is made.")
  var model: String?

  @Option(
    help: "A file to validate on after each epoch; by default a share of the data is held out.")
  var validation: String?
  @Option(help: "The share that is held out without --validation; 0: none.")
  var validationShare = 0.1
  @OptionGroup var columns: ColumnOptions

  @OptionGroup var new: NewModelOptions

  @Option(help: "The most tokens that are read at once.") var maxLength = 128
  @Option(help: "Passes over the data; 3 with --model, else 10.") var epochs: Int?
  @Option(help: "Examples of an update.") var batch = 32
  @Option(help: "The learning rate after warming up; 2e-5 with --model, else 5e-4.") var rate:
    Double?
  @Option(help: "The share of updates in which the rate rises.") var warmUp = 0.1
  @Option(help: "Decoupled weight decay.") var weightDecay = 0.01
  @Option(help: "Stop after so many epochs without improvement.") var patience: Int?

  enum ClassWeights: String, ExpressibleByArgument, CaseIterable { case none, balanced }
  @Option(help: "none, or balanced: rare classes count as much as frequent ones.")
  var classWeights = ClassWeights.none
  @Flag(
    inversion: .prefixedNo, help: "tag: a conditional random field; without, each token for itself."
  )
  var crf = true

  @Option(help: "ε of adversarial training by the gradient (FGM), such as 0.5.") var fgm: Double?
  @Option(help: "ε of a penalty of the gradient, such as 0.5.") var gradientPenalty: Double?
  @Option(help: "ε of virtual adversarial training, such as 1.") var vat: Double?
  @Option(help: "α of R-Drop, such as 4.") var rDrop: Double?
  @Option(help: "Momentum of a moving average of the weights (EMA), such as 0.999.")
  var average: Double?

  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Option(help: "auto, cpu or cuda:0.") var device = "auto"
  @Option(help: "auto, fp32 or bf16.") var precision = "auto"
  @OptionGroup var ranks: TrainingRankOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if folder.resume != nil {
      guard task == nil, data == nil, folder.out == nil, model == nil else {
        throw ValidationError(
          "--resume repeats the run as it was begun: neither a task nor --data, --model or --out goes with it"
        )
      }
      return
    }
    guard task != nil else {
      throw ValidationError(
        "a task is missing: " + FineTuningTask.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard data != nil, folder.out != nil else {
      throw ValidationError("--data FILE and --out FOLDER are needed")
    }
    if model != nil { try new.refuse() }
  }

  func run() throws {
    let (path, outcome) = try folder.train("bert fine-tune", as: ranks) {
      try FineTuningSession.begin(options(), at: $0, work: Terminal.work)
    } resume: {
      try FineTuningSession.resume(at: $0)
    } train: {
      try $0.train(Terminal.work)
    }
    try show(outcome, path)
  }

  private func options() -> FineTuningOptions {
    var options = FineTuningOptions(task ?? .classify, data: data ?? "")
    options.validation = validation
    options.validationShare = validationShare
    options.columns = columns.names
    options.model = model
    options.newModel = new.sizes(over: options.newModel)
    options.vocabularySize = new.vocabularySize ?? options.vocabularySize
    options.isCased = new.cased
    options.maxLength = maxLength
    options.epochs = epochs ?? (model == nil ? 10 : 3)
    options.batch = batch
    options.rate = rate ?? (model == nil ? 5e-4 : 2e-5)
    options.warmUp = warmUp
    options.weightDecay = weightDecay
    options.patience = patience
    options.balancesClasses = classWeights == .balanced
    options.usesField = crf
    options.fastGradient = fgm
    options.gradientPenalty = gradientPenalty
    options.virtualAdversarial = vat
    options.rDrop = rDrop
    options.average = average
    options.seed = seed
    options.device = device
    options.precision = precision
    return options
  }

  private struct Report: Encodable {
    let folder: String
    let steps: Int
    let seconds: Double
    let stoppedEarly: Bool
    let scores: JSONValue?
  }

  private func show(_ outcome: FineTuningSession.Outcome, _ path: String) throws {
    let training = outcome.training
    if output.json {
      return try Console.json(
        Report(
          folder: path, steps: training.steps, seconds: training.seconds,
          stoppedEarly: training.stoppedEarly, scores: outcome.scores.map(ScoreTable.json)))
    }
    Console.output(
      "\(training.steps) updates in \(NumberText.short(training.seconds)) s"
        + (training.stoppedEarly ? ", stopped early" : "")
        + (training.best.map { ", best after \($0.step)" } ?? ""))
    if let scores = outcome.scores { ScoreTable.show(scores) }
    Console.output(path)
  }
}

import ArgumentParser
import Foundation
import Messages
import Pretraining
import Training

extension PretrainingObjective: ExpressibleByArgument {}

struct BERTPretrain: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Train a transformer on raw text, without labels.",
    discussion: """
      Text: files and folders of .txt (an empty line ends a document), .jsonl or .json (a document a line, its text \
      under --field), each also as .gz, UTF-8; it is streamed and may be larger than memory. Objectives: mlm (masked \
      words, BERT), lm (the next token, GPT), unilm (the second part from the first). Words are masked whole: those \
      of --words, or those that Danlu finds in the text itself.

      --out becomes a Hugging Face folder with its vocabulary, from which 'danlu bert fine-tune --model' and \
      `transformers` start, and training/ with metrics, curves and, until it is done, checkpoints.

      Examples:
        danlu bert pretrain corpus/ --out models/own
        danlu bert pretrain reviews.jsonl.gz --field text --steps 5000 --out models/reviews
        danlu bert pretrain corpus/ --model bert-base-chinese/ --rate 0.0005 --out models/domain
        danlu bert pretrain --resume models/own
        danlu launch --hosts one,two bert pretrain corpus/ --out models/own
        danlu bert fine-tune classify --model models/own --data labels.tsv --out runs/labels
      """)

  @Argument(help: "Files and folders of text.") var paths: [String] = []
  @OptionGroup var folder: TrainedFolderOptions
  @Option(help: "The key of the text in JSON lines.") var field = "text"
  @Option(help: "mlm, lm or unilm.") var objective = PretrainingObjective.mlm
  @Option(help: "A list of words, one a line, that are masked whole; by default they are found.")
  var words: String?
  @Flag(inversion: .prefixedNo, help: "Mask whole words; otherwise each ideograph is a word.")
  var wholeWords = true

  @Option(help: "A Hugging Face folder to start from; without it a new BERT is made.")
  var model: String?
  @OptionGroup var new: NewModelOptions

  @Option(help: "The most tokens of a row.") var maxLength = 128
  @Option(help: "Updates.") var steps = 10_000
  @Option(help: "Rows of a batch.") var batch = 32
  @Option(help: "Batches of an update.") var accumulation = 1
  @Option(help: "LAMB's learning rate after warming up.") var rate = 0.002
  @Option(help: "The share of updates in which the rate rises.") var warmUp = 0.025
  @Option(help: "Decoupled weight decay.") var weightDecay = 0.01
  @Option(help: "Updates between two looks at rows that are held out.") var validationInterval = 500
  @Option(help: "Updates between two checkpoints.") var checkpointInterval = 500
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Option(help: "auto, cpu or cuda:0.") var device = "auto"
  @Option(help: "auto, fp32 or bf16.") var precision = "auto"
  @OptionGroup var ranks: TrainingRankOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if folder.resume != nil {
      guard paths.isEmpty, folder.out == nil, model == nil else {
        throw ValidationError(
          "--resume repeats the run as it was begun: neither text nor --out or --model goes with it"
        )
      }
      return
    }
    guard !paths.isEmpty, folder.out != nil else {
      throw ValidationError("files or folders of text and --out FOLDER are needed")
    }
    if model != nil { try new.refuse() }
  }

  func run() throws {
    let (path, outcome) = try folder.train("bert pretrain", as: ranks) {
      try PretrainingSession.begin(options(), at: $0, work: Terminal.work)
    } resume: {
      try PretrainingSession.resume(at: $0)
    } train: {
      try $0.train(Terminal.work)
    }
    try show(outcome, path)
  }

  private func options() -> PretrainingOptions {
    var options = PretrainingOptions(paths)
    options.field = field
    options.objective = objective
    options.words = words
    options.masksWholeWords = wholeWords
    options.model = model
    options.newModel = new.sizes(over: options.newModel)
    options.vocabularySize = new.vocabularySize ?? options.vocabularySize
    options.isCased = new.cased
    options.maxLength = maxLength
    options.steps = steps
    options.batch = batch
    options.accumulation = accumulation
    options.rate = rate
    options.warmUp = warmUp
    options.weightDecay = weightDecay
    options.validationInterval = validationInterval
    options.checkpointInterval = checkpointInterval
    options.seed = seed
    options.device = device
    options.precision = precision
    return options
  }

  private struct Report: Encodable {
    let folder: String
    let steps: Int
    let seconds: Double
    let heldOutLoss, heldOutAccuracy, tokensPerSecond: Double
  }

  private func show(_ outcome: PretrainingSession.Outcome, _ path: String) throws {
    let training = outcome.training
    if output.json {
      return try Console.json(
        Report(
          folder: path, steps: training.steps, seconds: training.seconds,
          heldOutLoss: outcome.heldOutLoss, heldOutAccuracy: outcome.heldOutAccuracy,
          tokensPerSecond: outcome.tokensPerSecond))
    }
    Console.output(
      "\(training.steps) updates in \(NumberText.short(training.seconds)) s, "
        + "\(Int(outcome.tokensPerSecond)) tokens/s; held out: loss "
        + "\(NumberText.short(outcome.heldOutLoss)), right "
        + "\(NumberText.short(outcome.heldOutAccuracy))")
    Console.output(
      "Teach it a task:  danlu bert fine-tune classify --model \(path) --data FILE --out FOLDER")
  }
}

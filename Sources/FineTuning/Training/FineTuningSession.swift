import Datasets
import Distributed
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Tokenizers
import Torch
import Tracking
import Training
import Transformers

/// One fine-tuning: `training/` in its folder is the run (metrics, checkpoints, report), the folder itself becomes a
/// Hugging Face folder at the end.
public final class FineTuningSession {
  public let folder: TrainedFolder
  public let options: FineTuningOptions
  private let data: FineTuningData
  private let tokenizer: any Tokenizer
  private let run: Run
  private let device: Device

  /// Reads the data, learns a vocabulary if there is no model to start from, makes the folder.
  ///
  /// Throws before anything is written: for options and data that cannot be, and if `path` exists.
  public static func begin(
    _ options: FineTuningOptions, at path: String, work: Work = .silent
  ) throws -> FineTuningSession {
    try options.check()
    try LibTorch.load()
    let folder = TrainedFolder(path: path)
    try folder.expectNothing()
    let data = try FineTuningData(options)
    let tokenizer: any Tokenizer
    let keep: () throws -> Void
    if let model = options.model {
      tokenizer = try TokenizerFile.read(folder: model)
      keep = {
        try Folder.create(folder.tokenizerPath)
        try TokenizerFile.copy(from: model, to: folder.tokenizerPath)
      }
    } else {
      let learnt = try learnt(options, data, work)
      tokenizer = learnt
      keep = {
        try TokenizerFile.write(learnt, maxLength: options.maxLength, to: folder.tokenizerPath)
      }
    }
    return try folder.begin(
      "fine-tune-\(options.task.rawValue)", seed: options.seed, options: options
    ) { run in
      try keep()
      return try FineTuningSession(folder, options, data, tokenizer, run)
    }
  }

  /// Opens an interrupted one. Throws `InputError` if `path` holds none, or a finished one.
  public static func resume(at path: String) throws -> FineTuningSession {
    let folder = TrainedFolder(path: path)
    let (options, _) = try folder.interrupted(
      FineTuningOptions.self, begunBy: "danlu bert fine-tune",
      isFinished: FineTunedFolder(path: path).isFinished)
    try LibTorch.load()
    return try FineTuningSession(
      folder, options, FineTuningData(options), TokenizerFile.read(folder: folder.tokenizerPath),
      Run.resume(at: folder.run.path))
  }

  private init(
    _ folder: TrainedFolder, _ options: FineTuningOptions, _ data: FineTuningData,
    _ tokenizer: any Tokenizer, _ run: Run
  ) throws {
    self.folder = folder
    self.options = options
    self.data = data
    self.tokenizer = tokenizer
    self.run = run
    device = try Device(parsing: options.device)
  }

  // MARK: - Tokenizer

  private static func learnt(
    _ options: FineTuningOptions, _ data: FineTuningData, _ work: Work
  ) throws -> WordPieceTokenizer {
    let rules = BERTTextRules.huggingFace(lowercases: !options.isCased)
    var training = WordPieceTraining()
    training.size = options.vocabularySize
    training.alphabetLimit = max(1, options.vocabularySize * 3 / 4)
    let texts = data.training.flatMap { [$0.text] + ($0.second.map { [$0] } ?? []) }
    let vocabulary = try training.train(
      WordPieceTraining.words(of: texts, rules: rules), work: work)
    return try WordPieceTokenizer(vocabulary: vocabulary, rules: rules)
  }

  // MARK: - Training

  /// What a fine-tuning came to.
  public struct Outcome: Sendable {
    public let training: Trainer.Outcome
    /// Of the model that was saved, on the validation data; `nil` without any.
    public let scores: TaskScores?
  }

  /// Trains to the end and writes the folder. Throws `Cancelled` when interrupted, after a checkpoint.
  public func train(_ work: Work = .silent) throws -> Outcome {
    RandomGenerator.seedAll(options.seed)
    let model = try model()
    model.move(to: device)
    let windows = TextWindows(tokenizer, task: options.task, maxLength: options.maxLength)
    let examples = try TrainingExamples(data.training, windows, labels: model.settings.labels)
    guard !examples.examples.isEmpty else {
      throw InputError("\(options.data) gives no training examples")
    }
    work.note(
      "\(data.training.count) texts to train on, \(data.validation.count) held out"
        + (model.settings.labels.isEmpty ? "" : ", \(model.settings.labels.count) labels"))
    if examples.cutCount > 0 {
      work.note(
        "\(examples.cutCount) texts are longer than \(options.maxLength) tokens and were cut")
    }
    if examples.windowedCount > 0 {
      work.note(
        "\(examples.windowedCount) texts are longer than \(options.maxLength) tokens and are read in "
          + "windows")
    }
    // A wide window would sort most of a small set, and with it whatever goes along with length.
    let loader = try BatchLoader(
      examples.source,
      .init(batchSize: options.batch, seed: options.seed, order: .bucketed(window: 8)))
    let optimizer = optimizer(model, batchesPerEpoch: loader.batchesPerEpoch ?? 1)
    let task = task(model, optimizer, loader, work)
    let isValidated = !data.validation.isEmpty
    let trainer = Trainer(
      TrainingOptions(
        .epochs(options.epochs), device: device,
        precision: try Precision(parsing: options.precision),
        validationInterval: isValidated ? .epochs(1) : nil, checkpointInterval: .epochs(1),
        keptCheckpoints: 1,
        monitor: isValidated
          ? Monitor(
            "validation/\(options.task.mainFigure)", better: .higher, patience: options.patience)
          : nil), run: run, work: work)
    let outcome = try trainer.fit(task)
    if isValidated { try trainer.restoreBest(task, outcome) }
    let finish = {
      let scores = isValidated ? try self.scores(model, work) : nil
      if Communicator.world.isRoot {
        try FineTunedFolder(path: self.folder.path).write(
          model, tokenizerFiles: self.folder.tokenizerPath)
      }
      return Outcome(training: outcome, scores: scores)
    }
    let result =
      options.average != nil && !optimizer.holdsAverages
      ? try optimizer.withAverages(finish) : try finish()
    // The weights are in the folder now; what only a resumed training needs goes.
    try? FileManager.default.removeItem(atPath: run.folder.checkpointsPath)
    try run.finish(outcome, title: "Fine-tuning: \(options.task.rawValue)")
    return result
  }

  private func model() throws -> FineTunedModel {
    let generator = RandomGenerator(seed: options.seed)
    let settings = FineTunedSettings(
      task: options.task, labels: data.labels, maxLength: options.maxLength,
      usesField: options.usesField,
      // Transitions are of the size of the last layer's scores; the body's rate is too low for them.
      fieldMultiplier: max(1, 0.01 / options.rate), allowsNoAnswer: data.allowsNoAnswer,
      columns: options.columns)
    guard let path = options.model else {
      let body = Transformer(
        options.configuration(vocabularySize: tokenizer.vocabulary.count), generator: generator)
      return FineTunedModel(body, settings, generator: generator)
    }
    var reading = CheckpointOptions()
    reading.heads = FineTunedModel.heads(options.task)
    reading.newHeads = options.task == .generate ? [] : FineTunedModel.heads(options.task)
    let generates = options.task == .generate
    reading.configure = {
      if generates, $0.attention == .bidirectional { $0.attention = .prefix }
    }
    let loaded = try PretrainedModel<Transformer>.load(folder: path, options: reading)
    let positions = loaded.model.configuration.maxPositions
    guard options.maxLength <= positions || loaded.model.embeddings.positions == nil else {
      throw OptionError(
        "maxLength", expected: "at most the model's \(positions) positions",
        received: options.maxLength)
    }
    return FineTunedModel(loaded.model, settings, generator: generator)
  }

  private func optimizer(_ model: FineTunedModel, batchesPerEpoch: Int) -> Optimizer {
    let steps = options.epochs * batchesPerEpoch
    let rise = max(1, Int(options.warmUp * Double(steps)))
    let rule = Adam(learningRate: options.rate, epsilon: 1e-8)
      .withWeightDecay(options.weightDecay, excluding: ["bias", "[nN]orm", "transitions"])
      .withClipping(norm: 1)
      .withSchedule(.piecewiseLinear([rise: 1, max(rise + 1, steps): 0]))
    guard let average = options.average else { return Optimizer(rule, for: model) }
    return Optimizer(rule.withMovingAverage(average), for: model)
  }

  private func task(
    _ model: FineTunedModel, _ optimizer: Optimizer, _ loader: BatchLoader, _ work: Work
  ) -> SupervisedTask {
    let weights = classWeights()?.to(device)
    let embeddings = model.body.embeddings.tokens.weight
    var regularizations: [any Regularization] = []
    if let alpha = options.rDrop { regularizations.append(RDrop(alpha: alpha)) }
    if let epsilon = options.gradientPenalty {
      regularizations.append(GradientPenalty(embeddings, epsilon: epsilon))
    }
    if let epsilon = options.fastGradient {
      regularizations.append(FastGradientMethod(embeddings, epsilon: epsilon))
    }
    if let epsilon = options.virtualAdversarial {
      regularizations.append(VirtualAdversarialTraining(embeddings, epsilon: epsilon))
    }
    let validates = !data.validation.isEmpty
    return SupervisedTask(
      model, optimizer: optimizer, loader: loader,
      figures: validates
        ? { [unowned self] in
          try Dictionary(
            uniqueKeysWithValues: scores(model, work).figures.map {
              ("validation/\($0.name)", $0.value)
            })
        } : nil, validatesAverages: options.average != nil, regularizations: regularizations,
      denominator: { model.denominator($0, classWeights: weights) },
      forward: { model.scores($0) }, loss: { model.loss($0, $1, classWeights: weights) })
  }

  private func scores(_ model: FineTunedModel, _ work: Work) throws -> TaskScores {
    var predictor = Predictor(model, tokenizer)
    predictor.scope = StepScope(
      device: device,
      autocastType: try Precision(parsing: options.precision).choice(for: device).dtype)
    predictor.batchSize = max(32, options.batch)
    let predictions = try predictor.predict(data.validation).predictions
    return TaskScores(options.task, data.validation, predictions)
  }

  /// N / (K · count) of each class.
  private func classWeights() -> Tensor? {
    guard options.balancesClasses else { return nil }
    var counts: [String: Int] = [:]
    for item in data.training { counts[item.label ?? "", default: 0] += 1 }
    let labels = data.labels
    return Tensor(
      labels.map {
        Float(data.training.count) / Float(labels.count * max(1, counts[$0] ?? 0))
      })
  }
}

import Datasets
import Distributed
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Text
import TextMining
import Tokenizers
import Torch
import Tracking
import Training
import Transformers

/// One pre-training: `training/` in its folder is the run (metrics, checkpoints, report), the folder itself becomes a
/// Hugging Face folder with its vocabulary at the end.
public final class PretrainingSession {
  public let folder: TrainedFolder
  public let options: PretrainingOptions
  private let corpus: PretrainingCorpus
  private let run: Run
  private let device: Device

  /// What is done before the first update: options and text are looked at, vocabulary and words are learnt, the
  /// folder is made.
  ///
  /// Throws before anything is written: for options and text that cannot be, and if `path` exists.
  public static func begin(
    _ options: PretrainingOptions, at path: String, work: Work = .silent
  ) throws -> PretrainingSession {
    try options.check()
    try LibTorch.load()
    let folder = TrainedFolder(path: path)
    try folder.expectNothing()
    let text = try PretrainingText(options.paths, field: options.field)
    let tokenizer = try tokenizer(options, text, work)
    let words = try words(options, text, work)
    let corpus = try corpus(options, text, tokenizer, words)
    let needed = PretrainingCorpus.heldOutInterval - 1
    let (rows, isEnough) = try corpus.heldOut(needing: needed, work: work)
    guard isEnough, !rows.isEmpty else {
      throw InputError(
        "\(options.paths.joined(separator: ", ")): too little text: pre-training needs at least "
          + "\(needed + 1) rows of \(options.maxLength) tokens")
    }
    return try folder.begin(
      "pretrain-\(options.objective.rawValue)", seed: options.seed, options: options,
      facts: [JSONMember("storedBytes", .integer(text.storedBytes))]
    ) { run in
      try keep(tokenizer, words, options, in: folder.tokenizerPath)
      return try PretrainingSession(folder, options, corpus, run)
    }
  }

  /// Opens an interrupted one. Throws `InputError` if `path` holds none, or a finished one, or if its text has changed.
  public static func resume(at path: String) throws -> PretrainingSession {
    let folder = TrainedFolder(path: path)
    let (options, facts) = try folder.interrupted(
      PretrainingOptions.self, begunBy: "danlu bert pretrain",
      // `config.json` is the last to be written.
      isFinished: FileManager.default.fileExists(atPath: path + "/config.json"))
    try LibTorch.load()
    let text = try PretrainingText(options.paths, field: options.field)
    guard let before = facts["storedBytes"]?.integerValue, before == text.storedBytes else {
      throw InputError(
        "the text of \(path) has \(text.storedBytes) bytes now, other than when the run began; what is "
          + "trained on must not change on the way")
    }
    guard
      let tokenizer = try TokenizerFile.read(folder: folder.tokenizerPath) as? WordPieceTokenizer
    else { throw FileError(path: folder.tokenizerPath, reason: "has no vocab.txt") }
    let list = folder.tokenizerPath + "/words.tsv"
    let words =
      FileManager.default.fileExists(atPath: list) ? try WordList(contentsOf: list) : nil
    return try PretrainingSession(
      folder, options, corpus(options, text, tokenizer, words), Run.resume(at: folder.run.path))
  }

  private init(
    _ folder: TrainedFolder, _ options: PretrainingOptions, _ corpus: PretrainingCorpus, _ run: Run
  ) throws {
    self.folder = folder
    self.options = options
    self.corpus = corpus
    self.run = run
    device = try Device(parsing: options.device)
  }

  // MARK: - Vocabulary and words

  private static func tokenizer(
    _ options: PretrainingOptions, _ text: PretrainingText, _ work: Work
  ) throws -> WordPieceTokenizer {
    guard let model = options.model else {
      let rules = BERTTextRules.huggingFace(lowercases: !options.isCased)
      return try WordPieceTokenizer(
        vocabulary: text.learntVocabulary(size: options.vocabularySize, rules: rules, work: work),
        rules: rules)
    }
    guard let tokenizer = try TokenizerFile.read(folder: model) as? WordPieceTokenizer else {
      throw FileError(path: model, reason: "has no WordPiece vocabulary (vocab.txt)")
    }
    return tokenizer
  }

  private static func words(
    _ options: PretrainingOptions, _ text: PretrainingText, _ work: Work
  ) throws -> WordList? {
    guard options.objective == .mlm, options.masksWholeWords else { return nil }
    if let path = options.words { return try WordList(contentsOf: path) }
    let words = try text.discoveredWords(work: work)
    work.note("\(words.count) words found in the text; they are masked whole")
    return words
  }

  private static func corpus(
    _ options: PretrainingOptions, _ text: PretrainingText, _ tokenizer: WordPieceTokenizer,
    _ words: WordList?
  ) throws -> PretrainingCorpus {
    PretrainingCorpus(
      text, WordTokenizer(tokenizer, segmenter: try words.map { try Segmenter($0) }),
      length: options.maxLength, heldOut: options.heldOut)
  }

  /// Puts the files of the tokenizer, and the words, where a resumed training and the finished folder find them.
  private static func keep(
    _ tokenizer: WordPieceTokenizer, _ words: WordList?, _ options: PretrainingOptions,
    in folder: String
  ) throws {
    try Folder.create(folder)
    if let words {
      let lines = zip(words.words, words.counts).map { "\($0)\t\(Int($1))\n" }
      try AtomicFile.write(lines.joined(), to: folder + "/words.tsv")
    }
    if let model = options.model { return try TokenizerFile.copy(from: model, to: folder) }
    try TokenizerFile.write(tokenizer, maxLength: options.maxLength, to: folder)
  }

  // MARK: - Training

  /// What a pre-training came to.
  public struct Outcome: Sendable {
    public let training: Trainer.Outcome
    /// Mean cross-entropy of the places guessed, and the share guessed right, in the rows held out.
    public let heldOutLoss: Double
    public let heldOutAccuracy: Double
    public let tokensPerSecond: Double
  }

  /// Trains to the end and writes the folder. Throws `Cancelled` when interrupted, after a checkpoint.
  public func train(_ work: Work = .silent) throws -> Outcome {
    RandomGenerator.seedAll(options.seed)
    let model = try model()
    model.move(to: device)
    let optimizer = Optimizer(
      .pretraining(
        learningRate: options.rate, weightDecay: options.weightDecay,
        warmUp: Int(options.warmUp * Double(options.steps)), steps: options.steps), for: model)
    let inputs = try PretrainingInputs(
      options.objective, corpus.tokenizer.tokenizer, length: options.maxLength)
    let task = try PretrainingTask(
      model, options.objective, optimizer: optimizer,
      loader: BatchLoader(
        corpus.stream(),
        .init(
          batchSize: options.batch, seed: options.seed, shuffleBuffer: options.shuffleBuffer),
        transforms: [inputs]),
      accumulation: options.accumulation,
      heldOut: PretrainingTask.heldOut(
        corpus.heldOutRows(), inputs, batchSize: options.batch))
    let notes = PretrainingNotes(task, work)
    let outcome = try Trainer(
      TrainingOptions(
        steps: options.steps, device: device, precision: try Precision(parsing: options.precision),
        validationInterval: .steps(options.validationInterval),
        checkpointInterval: .steps(options.checkpointInterval)), run: run, callbacks: [notes],
      work: work
    ).fit(task)
    if Communicator.world.isRoot { try write(model) }
    // The weights are in the folder now; what only a resumed training needs goes.
    try? FileManager.default.removeItem(atPath: run.folder.checkpointsPath)
    try run.finish(outcome, title: "Pre-training: \(options.objective.rawValue)")
    return Outcome(
      training: outcome, heldOutLoss: outcome.validation["heldOut/loss"] ?? .nan,
      heldOutAccuracy: outcome.validation["heldOut/accuracy"] ?? .nan,
      tokensPerSecond: notes.lastRate)
  }

  private func model() throws -> Transformer {
    let generator = RandomGenerator(seed: options.seed)
    guard let start = options.model else {
      return Transformer(
        options.configuration(
          vocabularySize: corpus.tokenizer.tokenizer.vocabulary.count), generator: generator)
    }
    var reading = CheckpointOptions()
    reading.heads = [.languageModel]
    reading.newHeads = [.languageModel]
    let attention = options.objective.attention
    reading.configure = { $0.attention = attention }
    let model = try Transformer.load(folder: start, options: reading, generator: generator)
    guard model.embeddings.positions == nil || options.maxLength <= model.configuration.maxPositions
    else {
      throw OptionError(
        "maxLength", expected: "at most the model's \(model.configuration.maxPositions) positions",
        received: options.maxLength)
    }
    return model
  }

  private func write(_ model: Transformer) throws {
    model.move(to: .cpu)
    try TokenizerFile.copy(from: folder.tokenizerPath, to: folder.path)
    try model.writePretrained(into: folder.path, objective: options.objective)
  }
}

extension Transformer {
  /// Writes `model.safetensors` and `config.json` into a folder that is there, as the class of `transformers` that has
  /// the objective's mask: of UniLM's it has none, and takes the folder for a masked model.
  public func writePretrained(into folder: String, objective: PretrainingObjective) throws {
    var head = SavedHead()
    if objective == .lm, configuration.family == .bert {
      head.architecture = "BertLMHeadModel"
      head.configuration = [JSONMember("is_decoder", true)]
    }
    try write(into: folder, with: head)
  }
}

extension PretrainingTask {
  /// Rows that are held out as batches, whose masks are drawn once.
  public static func heldOut(
    _ rows: [WordTokens], _ inputs: PretrainingInputs, batchSize: Int
  ) throws -> [Datasets.Batch] {
    let loader = try BatchLoader(
      Examples(count: rows.count) { index, _ in PretrainingInputs.example(rows[index]) },
      .init(batchSize: batchSize, seed: 0x68_656c_64, order: .sequential, prefetch: 0),
      transforms: [inputs])
    var batches: [Datasets.Batch] = []
    while let batch = try loader.nextOfEpoch() { batches.append(batch) }
    return batches
  }
}

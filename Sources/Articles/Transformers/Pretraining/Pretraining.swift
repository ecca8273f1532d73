import Datasets
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Pretraining
import Recipes
import Reports
import TextMining
import Tokenizers
import Torch
import Tracking
import Training
import Transformers

extension PretrainingObjective: KnobValue {}

/// Keras：Tensorflow的黄金标准, and the pre-training that it announces: a transformer that learns from raw text by
/// guessing masked words, the next token, or the second half of a text; and what that is worth where labels are few.
public enum PretrainingArticle: Article {
  public static let card = RecipeCard(
    name: "pretraining", title: "Keras：Tensorflow的黄金标准",
    summary:
      "Pre-trains small transformers by masked words, as a language model and as UniLM, and shows what it is worth "
      + "with few labels.",
    date: "2019-11-06", archive: 7055,
    data: "6,000 invented reviews without labels, 24 with; sequences of numbers",
    ownData: "a text file, or a folder of .txt, .jsonl and their .gz",
    ownModel: "a folder of BERT's with vocab.txt, to go on from", duration: "4 to 6 min")

  public struct Settings: RecipeSettings {
    @Knob("updates on text", in: 1...) var steps = 2400
    @Knob("rows of a batch of text", in: 1...) var batch = 32
    @Knob("batches of an update", in: 1...) var accumulation = 1
    @Knob("what is guessed in text") var objective = PretrainingObjective.mlm
    @Knob("the longest row of text, in tokens", in: 8...4096) var maxLength = 48
    @Knob("length of hidden states", in: 8...4096) var hiddenSize = 128
    @Knob("layers", in: 1...48) var layers = 2
    @Knob("attention heads", in: 1...64) var heads = 4
    @Knob("LAMB's learning rate after warming up", in: 1e-6...1) var rate = 0.01
    @Knob("invented reviews", in: 200...1_000_000) var texts = 6000
    @Knob("labelled reviews of each of eight classes", in: 1...200) var labels = 3
    @Knob("updates on labelled reviews", in: 1...) var labelSteps = 150
    @Knob("Adam's learning rate there", in: 1e-6...1) var labelRate = 1e-3
    @Knob(
      "updates on sequences of numbers by masked tokens; half as many by each other objective",
      in: 0...)
    var sequenceSteps = 1500

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let text = try TrainingText(run)
    var findings: [any Finding] = []
    if text.isGenerated {
      findings += [RowsAndMasks(text, run), try PartsOfABatch(run)] as [any Finding]
      if run.settings.sequenceSteps > 0 { findings.append(try Progressions(run)) }
    }
    let trained = try TrainedOnText(text, run)
    findings.append(trained)
    if text.isGenerated, run.settings.objective == .mlm {
      findings.append(try FewLabels(trained, run))
    }
    return findings
  }
}

/// The text, its vocabulary and its words.
struct TrainingText {
  let isGenerated: Bool
  let corpus: PretrainingCorpus
  let words: Int
  /// The share of the generated text's own words that were found.
  let foundWords: Double

  init(_ run: Running<PretrainingArticle.Settings>) throws {
    let settings = run.settings
    isGenerated = run.options.data == nil
    let text =
      try run.options.data.map { try PretrainingText([$0]) }
      ?? PretrainingText(string: Self.reviews(settings.texts, seed: run.seed))
    let tokenizer: WordPieceTokenizer
    if let folder = run.options.model {
      guard let own = try TokenizerFile.read(folder: folder) as? WordPieceTokenizer else {
        throw FileError(path: folder, reason: "has no WordPiece vocabulary (vocab.txt)")
      }
      tokenizer = own
    } else {
      let rules = BERTTextRules.huggingFace(lowercases: true)
      tokenizer = try WordPieceTokenizer(
        vocabulary: text.learntVocabulary(size: 8000, rules: rules, work: run.work), rules: rules)
    }
    let list = try text.discoveredWords(work: run.work)
    words = list.count
    let known = InventedReviews.words
    foundWords = Double(known.count { list.contains($0) }) / Double(known.count)
    corpus = PretrainingCorpus(
      text, WordTokenizer(tokenizer, segmenter: try Segmenter(list)), length: settings.maxLength)
  }
}

extension TrainingText {
  /// Reviews of all kinds, each a line and a document.
  private static func reviews(_ count: Int, seed: UInt64) -> String {
    var random = RandomStream(seed: seed, stream: 7055)
    return (0..<count).map { _ in
      InventedReviews.draw(random.below(InventedReviews.labels.count), &random) + "\n\n"
    }.joined()
  }
}

/// What training on text came to; the model stands in the run's folder as one of Hugging Face's.
struct TrainedOnText: Finding {
  let folder: String
  let configuration: TransformerConfiguration
  let isGenerated: Bool
  private let figures: [String: Double]

  /// Where the run in `path` keeps its model.
  static func folder(ofRun path: String) -> String { path + "/pretrained" }

  init(_ text: TrainingText, _ run: Running<PretrainingArticle.Settings>) throws {
    let settings = run.settings
    let corpus = text.corpus
    let tokenizer = corpus.tokenizer.tokenizer
    isGenerated = text.isGenerated
    let model = try Self.model(vocabularySize: tokenizer.vocabulary.count, run)
    configuration = model.configuration
    let inputs = try PretrainingInputs(
      settings.objective, tokenizer, length: settings.maxLength)
    let held = try corpus.heldOutRows()
    guard !held.isEmpty else {
      throw InputError(
        "\(run.options.data ?? "the text") is too little: it gives less than 20 rows of "
          + "\(settings.maxLength) tokens")
    }
    let task = PretrainingTask(
      model, settings.objective,
      optimizer: Optimizer(
        .pretraining(
          learningRate: settings.rate, warmUp: max(1, settings.steps / 20), steps: settings.steps),
        for: model),
      loader: try BatchLoader(
        corpus.stream(),
        .init(batchSize: settings.batch, seed: run.seed, shuffleBuffer: 4000), transforms: [inputs]),
      accumulation: settings.accumulation,
      heldOut: try PretrainingTask.heldOut(held, inputs, batchSize: settings.batch))
    model.move(to: run.device)
    let scope = StepScope(device: run.device)
    let before = task.validate(scope)
    let notes = PretrainingNotes(task, run.work)
    try run.train(task, named: "text", steps: settings.steps, callbacks: [notes]) {
      $0.validationInterval = .steps(max(1, settings.steps / 4))
    }
    let after = task.validate(scope)
    figures = [
      "text/heldOutLossBefore": before["heldOut/loss"] ?? .nan,
      "text/heldOutLoss": after["heldOut/loss"] ?? .nan,
      "text/heldOutAccuracy": after["heldOut/accuracy"] ?? .nan,
      "text/words": Double(text.words), "text/vocabulary": Double(tokenizer.vocabulary.count),
    ].merging(notes.lastRate > 0 ? ["text/tokensPerSecond": notes.lastRate] : [:]) { $1 }
    folder = Self.folder(ofRun: run.run.folder.path)
    try TokenizerFile.write(tokenizer, maxLength: settings.maxLength, to: folder)
    model.move(to: .cpu)
    try model.writePretrained(into: folder, objective: settings.objective)
  }

  private static func model(
    vocabularySize: Int, _ run: Running<PretrainingArticle.Settings>
  ) throws -> Transformer {
    let settings = run.settings
    let generator = RandomGenerator(seed: run.seed)
    if let folder = run.options.model {
      var reading = CheckpointOptions()
      reading.heads = [.languageModel]
      reading.newHeads = [.languageModel]
      let attention = settings.objective.attention
      reading.configure = { $0.attention = attention }
      return try Transformer.load(folder: folder, options: reading, generator: generator)
    }
    let sizes = NewTransformer(
      layers: settings.layers, hiddenSize: settings.hiddenSize, heads: settings.heads, dropout: 0.1)
    try sizes.check()
    var configuration = sizes.configuration(
      vocabularySize: vocabularySize, maxPositions: settings.maxLength)
    configuration.heads = [.languageModel]
    configuration.attention = settings.objective.attention
    return Transformer(configuration, generator: generator)
  }

  var claims: [Claim] {
    guard isGenerated else { return [] }
    return [
      Claim(
        id: "held-out",
        statement:
          "what is learnt holds for text that was not trained on: loss there, of that before",
        measured: (figures["text/heldOutLoss"] ?? .nan)
          / (figures["text/heldOutLossBefore"] ?? .nan), atMost: 0.7)
    ]
  }

  var metrics: [String: Double] { figures }

  var section: Report.Section? {
    Report.Section(
      "Text",
      [
        .text(
          "The model is a Hugging Face folder, `pretrained` in the run's: "
            + "danlu bert fine-tune classify --model \(folder) --data FILE --out FOLDER"),
        .table(
          Report.Table(
            columns: ["figure", "value"],
            rows: figures.sorted { $0.key < $1.key }.map { [.text($0.key), .number($0.value)] })),
      ])
  }
}

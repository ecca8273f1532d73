import Datasets
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Recipes
import Reports
import Tokenizers
import Torch
import Training
import Transformers

/// 万能的seq2seq：基于seq2seq的阅读理解问答: one transformer that reads passage and question both ways and writes the
/// answer from left to right; several passages vote, and those that see no answer say so.
public enum ReadingComprehensionArticle: Article {
  public static let card = RecipeCard(
    name: "reading-comprehension", title: "万能的seq2seq：基于seq2seq的阅读理解问答",
    summary:
      "Trains a transformer to answer questions from several passages, or to say that they do not "
      + "tell.",
    date: "2019-12-05", archive: 7115,
    data: "invented facts: questions drawn anew to train on, 400 others to answer",
    ownData: "a file of questions and passages (WebQA, SQuAD, CMRC or DuReader JSON)",
    ownModel: "a folder of BERT's or one of its kin, with vocab.txt", duration: "5 min")

  public struct Settings: RecipeSettings {
    @Knob("updates", in: 1...) var steps = 4000
    @Knob(
      "updates before these, of finding, copying and telling subjects apart; none from a given model",
      in: 0...) var practiceSteps = 3500
    @Knob("questions in a batch", in: 1...) var batch = 32
    @Knob("length of hidden states", in: 8...1024) var hiddenSize = 64
    @Knob("layers", in: 1...24) var layers = 4
    /// Of 32 numbers each: of the 16 that four heads would have, positions turn too many for names to be told apart.
    @Knob("attention heads", in: 1...16) var heads = 2
    @Knob("learning rate after warming up", in: 1e-6...1) var rate = 3e-3
    @Knob("how answers are written") var decoding = AnswerDecoding.seq2seq
    @Knob("beams of the answer", in: 1...16) var beams = 1
    @Knob("invented questions that are answered in the end", in: 4...7000) var questions = 400

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let data = try ReadingData(run)
    var start = try Start(run, data)
    start.layout.decoding = settings.decoding
    let (model, layout) = (start.model, start.layout)
    func train(_ name: String, _ loader: BatchLoader, steps: Int, endingAt share: Double) throws {
      let optimizer = Optimizer(
        Adam(learningRate: settings.rate).withClipping(norm: 1)
          .withSchedule(.piecewiseLinear([min(200, max(1, steps / 10)): 1, steps: share])),
        for: model)
      let task = SupervisedTask(
        model, optimizer: optimizer, loader: loader,
        denominator: { Double(layout.targets($0.inputs).count) },
        forward: { layout.loss(model, $0.inputs) }, loss: { output, _ in output })
      try run.train(task, named: name, steps: steps)
    }
    if run.options.model == nil, settings.practiceSteps > 0 {
      try train(
        "practice", data.practiceLoader(layout, batchSize: settings.batch, seed: run.seed),
        steps: settings.practiceSteps, endingAt: 0.8)
    }
    try train(
      "reader", data.loader(layout, batchSize: settings.batch, seed: run.seed),
      steps: settings.steps, endingAt: 0.05)
    model.evaluate()
    let saved = SavedReader(folder: run.run.folder.path)
    try saved.write(model, layout.tokenizer, data.heldOut)
    let reader = PassageReader(model: model, layout: layout, beamCount: settings.beams)
    let answered = try HeldOutQuestions(reader, data, run)
    // Slots are filled by each passage alone: none can silence another.
    guard settings.decoding == .seq2seq else { return [answered] }
    return [answered, try SilentPassages(reader, data, run)]
  }
}

/// The model and the tokens that training begins with.
private struct Start {
  let model: Transformer
  var layout: ReadingLayout

  init(_ run: Running<ReadingComprehensionArticle.Settings>, _ data: ReadingData) throws {
    let settings = run.settings
    let attention: AttentionKind = settings.decoding == .seq2seq ? .prefix : .bidirectional
    guard let folder = run.options.model else {
      let vocabulary = ReadingLayout.vocabulary(
        of: data.texts, minimumCount: data.corpus == nil ? 2 : 1)
      layout = try ReadingLayout(
        WordPieceTokenizer(vocabulary: vocabulary, rules: .huggingFace(lowercases: true)))
      model = try Self.fresh(vocabulary.count, attention, settings, seed: run.seed)
      return
    }
    let usual = ReadingComprehensionArticle.Settings()
    for (key, isGiven) in [
      ("hidden-size", settings.hiddenSize != usual.hiddenSize),
      ("layers", settings.layers != usual.layers), ("heads", settings.heads != usual.heads),
    ] where isGiven {
      throw OptionError(key, "is that of the model in \(folder)")
    }
    var options = CheckpointOptions()
    options.heads = [.languageModel]
    options.newHeads = [.languageModel]
    options.configure = { $0.attention = attention }
    let pretrained = try PretrainedModel<Transformer>.load(folder: folder, options: options)
    guard let tokenizer = pretrained.tokenizer as? WordPieceTokenizer else {
      throw InputError("\(folder) has no WordPiece vocabulary (vocab.txt or tokenizer.json)")
    }
    model = pretrained.model
    layout = try ReadingLayout(tokenizer)
  }

  /// A small RoFormer. BERT's learnt positions have to find out what is next to what before anything can be
  /// copied; turned queries and keys know.
  private static func fresh(
    _ vocabularySize: Int, _ attention: AttentionKind,
    _ settings: ReadingComprehensionArticle.Settings, seed: UInt64
  ) throws -> Transformer {
    let sizes = NewTransformer(
      layers: settings.layers, hiddenSize: settings.hiddenSize, heads: settings.heads)
    try sizes.check()
    var configuration = sizes.reader(vocabularySize: vocabularySize, maxPositions: 384)
    configuration.attention = attention
    configuration.heads = [.languageModel]
    let model = Transformer(configuration, generator: RandomGenerator(seed: seed))
    model.startKeysAsQueries()
    return model
  }
}

/// Questions to train on and questions to answer.
private struct ReadingData {
  /// Where the first are invented; `nil` for a user's.
  let corpus: FactCorpus?
  /// The user's.
  private let training: [ReadingItem]
  let heldOut: [ReadingItem]
  /// What the vocabulary is made from.
  let texts: [ReadingItem]

  init(_ run: Running<ReadingComprehensionArticle.Settings>) throws {
    guard let path = run.options.data else {
      let corpus = FactCorpus(heldOutCount: run.settings.questions, seed: run.seed)
      self.corpus = corpus
      training = []
      heldOut = corpus.heldOut
      var random = RandomStream(seed: run.seed, stream: 7116)
      texts = (0..<3000).map { _ in corpus.draw(&random) }
      return
    }
    corpus = nil
    let items = try ReadingFiles.read(path)
    guard items.count >= 10 else {
      throw InputError("\(path) has \(items.count) questions; training needs at least 10")
    }
    // Passages that several questions share stay on one side.
    let groups = Dictionary(grouping: items) { $0.passages.first?.text ?? "" }
      .sorted { $0.value[0].id < $1.value[0].id }.map(\.value)
    let cut = max(1, groups.count / 10)
    heldOut = Array(groups.prefix(cut).joined().prefix(400))
    training = Array(groups.dropFirst(cut).joined())
    texts = training
  }

  func loader(_ layout: ReadingLayout, batchSize: Int, seed: UInt64) throws -> BatchLoader {
    guard let corpus else {
      return try BatchLoader(
        layout.samples(training),
        .init(batchSize: batchSize, seed: seed, order: .bucketed(window: 50)))
    }
    // What was practised is not let go at once.
    let samples = layout.samples(count: 10_000) { random in
      random.below(5) == 0 ? corpus.drawLookalikes(&random) : corpus.draw(&random)
    }
    return try BatchLoader(samples, .init(batchSize: batchSize, seed: seed))
  }

  /// A small model that begins with the questions themselves finds an answer of the right kind and no more: whom the
  /// question is about decides too few of them.
  func practiceLoader(_ layout: ReadingLayout, batchSize: Int, seed: UInt64) throws -> BatchLoader {
    let training = training
    let samples =
      if let corpus {
        layout.practiceSamples(
          count: 10_000, share: 0.6, question: corpus.drawLookalikes, reading: corpus.draw)
      } else {
        layout.practiceSamples(
          count: 10_000, share: 0.5, question: { training[$0.below(training.count)] },
          reading: { training[$0.below(training.count)] })
      }
    return try BatchLoader(samples, .init(batchSize: batchSize, seed: seed))
  }
}

/// How well questions are answered whose facts were not trained on.
private struct HeldOutQuestions: Finding {
  let figures: AnswerFigures
  let isGenerated: Bool
  let isExtracted: Bool
  let rows: [[String]]

  init(
    _ reader: PassageReader, _ data: ReadingData,
    _ run: Running<ReadingComprehensionArticle.Settings>
  ) throws {
    var figures = AnswerFigures()
    var rows: [[String]] = []
    var isExtracted = true
    try run.work.phase("answering", of: data.heldOut.count, unit: "questions") { phase in
      for item in data.heldOut {
        let answer = try reader.answer(item.question, passages: item.passages.map(\.text))
        figures.add(answer.text, accepted: item.answers)
        isExtracted = isExtracted && (answer.text.isEmpty || answer.place != nil)
        if rows.count < 12 {
          rows.append([
            item.question, item.answers.first ?? "—", answer.text.isEmpty ? "—" : answer.text,
          ])
        }
        try phase.advance()
      }
    }
    self.figures = figures
    self.rows = rows
    self.isExtracted = isExtracted
    isGenerated = data.corpus != nil
  }

  var claims: [Claim] {
    let extracted = Claim(
      id: "extracted", statement: "every answer stands in one of its passages", expected: "true",
      measured: .bool(isExtracted), holds: isExtracted)
    guard isGenerated else { return [extracted] }
    return [
      Claim(
        id: "exact-match", statement: "questions about facts never seen are answered: exact match",
        measured: figures.exactMatch, atLeast: 0.9),
      Claim(
        id: "f1", statement: "F1 of characters of the answers", measured: figures.f1, atLeast: 0.95),
      Claim(
        id: "no-answer", statement: "questions without an answer are told from the others: F1",
        measured: figures.noAnswerF1, atLeast: 0.9),
      extracted,
    ]
  }

  var metrics: [String: Double] {
    [
      "answers/exactMatch": figures.exactMatch, "answers/f1": figures.f1,
      "answers/substringF1": figures.substringF1,
      "answers/noAnswerPrecision": figures.noAnswerPrecision,
      "answers/noAnswerRecall": figures.noAnswerRecall,
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Questions about facts that were not trained on",
      [
        .table(
          Report.Table(
            columns: ["question", "answer", "given"], rows: rows.map { $0.map { .text($0) } }))
      ])
  }
}

/// What becomes of answers when passages that see none are not left out.
private struct SilentPassages: Finding {
  let withFilter: Double
  let without: Double

  init(
    _ reader: PassageReader, _ data: ReadingData,
    _ run: Running<ReadingComprehensionArticle.Settings>
  ) throws {
    // One passage that tells among two that do not.
    let items = data.heldOut.filter { item in
      item.passages.count { !$0.answer.isEmpty } == 1 && item.passages.count >= 3
    }.prefix(150)
    var ablated = reader
    ablated.leavesOutSilentPassages = false
    var counts = (0, 0)
    try run.work.phase("answering without the filter", of: items.count, unit: "questions") {
      phase in
      for item in items {
        let passages = item.passages.map(\.text)
        let full = try reader.answer(item.question, passages: passages).text
        let bare = try ablated.answer(item.question, passages: passages).text
        counts.0 += AnswerMetrics.isExact(full, accepted: item.answers) ? 1 : 0
        counts.1 += AnswerMetrics.isExact(bare, accepted: item.answers) ? 1 : 0
        try phase.advance()
      }
    }
    withFilter = Double(counts.0) / Double(max(1, items.count))
    without = Double(counts.1) / Double(max(1, items.count))
    isGenerated = data.corpus != nil
  }

  private let isGenerated: Bool

  var claims: [Claim] {
    guard isGenerated else { return [] }
    return [
      Claim(
        id: "filter",
        statement:
          "leaving out passages that see no answer is what makes voting work: exact match with one "
          + "telling passage of three, minus the same without",
        measured: withFilter - without, atLeast: 0.5)
    ]
  }

  var metrics: [String: Double] {
    ["filter/exactMatch": withFilter, "filter/exactMatchWithout": without]
  }
}

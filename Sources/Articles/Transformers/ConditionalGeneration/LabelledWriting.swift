import Datasets
import Foundation
import Layers
import Optimizers
import Parallel
import Recipes
import Reports
import Tokenizers
import Torch
import Tracking
import Training
import Transformers

/// Texts of a label that is asked for, judged by what never saw a text of the writer's.
struct LabelledWriting {
  let findings: [any Finding]

  init(_ run: Running<ConditionalTextGenerationArticle.Settings>) throws {
    let settings = run.settings
    let isGenerated = run.options.data == nil
    let data =
      try run.options.data.map {
        try LabelledTexts(file: $0, maxLength: settings.maxLength, seed: run.seed)
      } ?? LabelledTexts(count: settings.texts, seed: run.seed)
    let tokens = try WriterTokens(
      learntFrom: data.training.map(\.text), maxLength: settings.maxLength)
    let configuration = try run.configuration(
      vocabularySize: tokens.tokenizer.vocabulary.count)
    func loader(_ items: [LabelledTexts.Item]) throws -> BatchLoader {
      let rows = items.map { (tokens.ids($0.text), $0.label) }
      return try BatchLoader(
        Examples(count: rows.count) { index, _ in
          Example(["tokens": .sequence(rows[index].0), "label": .integer(rows[index].1)])
        }, .init(batchSize: settings.batch, seed: run.seed))
    }
    let language = Transformer(configuration, generator: RandomGenerator(seed: run.seed))
    try run.trainWriter(
      language, named: "language", loader(data.training), steps: settings.languageSteps
    ) { ConditionedWriter.loss(language, $0) }
    let writer = ConditionedWriter(
      configuration, .labels(data.labels), generator: RandomGenerator(seed: run.seed &+ 1))
    writer.move(to: run.device)
    writer.begin(from: language)
    let start = UnchangedAtStart(
      "labels", "labels", writer, from: language, source: writer.classes,
      try loader(data.training).next().moved(to: run.device))
    try run.trainWriter(
      writer, named: "labels", loader(data.training), steps: settings.steps, loss: writer.loss)
    writer.evaluate()
    language.evaluate()
    let judge = try TextJudge(data, tokens, run)
    findings = [
      start,
      try RequestedLabels(
        writer, language: language, judge, data, tokens, run, isGenerated: isGenerated),
    ]
    try SavedWriter(run: run.run.folder.path, .label).write(writer, tokens)
  }
}

/// A classifier that learnt from texts which the writer was not trained on.
struct TextJudge {
  private let task: SupervisedTask
  private let tokens: WriterTokens
  private let device: Device
  /// On texts that neither was trained on.
  let accuracy: Double

  init(
    _ data: LabelledTexts, _ tokens: WriterTokens,
    _ run: Running<ConditionalTextGenerationArticle.Settings>
  ) throws {
    var configuration = ConditionedWriter.configuration(
      NewTransformer(layers: 1, hiddenSize: 64, heads: 2),
      vocabularySize: tokens.tokenizer.vocabulary.count, maxLength: tokens.maxLength + 4)
    configuration.attention = .bidirectional
    configuration.heads = []
    let generator = RandomGenerator(seed: run.seed &+ 2)
    let model = MeanClassifier(
      Transformer(configuration, generator: generator), classCount: data.labels.count,
      generator: generator)
    model.move(to: run.device)
    let steps = run.settings.judgeSteps
    self.tokens = tokens
    device = run.device
    task = SupervisedTask.classifier(
      model,
      optimizer: Optimizer(
        Adam(learningRate: 2e-3).withClipping(norm: 1)
          .withSchedule(.piecewiseLinear([min(20, steps): 1, steps + 1: 0])), for: model),
      loader: try BatchLoader(
        Self.examples(data.forJudge.map { tokens.ids($0.text) }, data.forJudge.map(\.label)),
        .init(batchSize: 32, seed: run.seed))
    ) { model($0) }
    try run.train(task, named: "judge", steps: steps)
    model.evaluate()
    let found = try Self.labels(task, data.heldOut.map { tokens.ids($0.text) }, device)
    let right = zip(found, data.heldOut).count { $0 == $1.label }
    accuracy = Double(right) / Double(data.heldOut.count)
  }

  private static func examples(_ rows: [[Int]], _ labels: [Int]) -> Examples {
    Examples(count: rows.count) { index, _ in
      Example(["tokens": .sequence(rows[index])], label: .integer(labels[index]))
    }
  }

  private static func labels(
    _ task: SupervisedTask, _ rows: [[Int]], _ device: Device
  ) throws -> [Int] {
    try task.predict(
      examples(rows, rows.map { _ in 0 }), StepScope(device: device)
    ).argmax(axis: 1).integers()
  }

  /// The labels of texts' tokens, without start and end.
  func labels(_ texts: [[Int]]) throws -> [Int] {
    try Self.labels(task, texts.map { [tokens.start] + $0 + [tokens.end] }, device)
  }
}

/// How often a text is of the label that it was asked for, how many different ones there are, and how well they read.
private struct RequestedLabels: Finding {
  private let right: Double
  private let judgeAccuracy: Double
  private let distinct: Double
  private let distinctOfTexts: Double
  private let perplexity: Double
  private let perplexityOfTexts: Double
  private let rows: [[String]]
  private let isGenerated: Bool

  init(
    _ writer: ConditionedWriter, language: Transformer, _ judge: TextJudge, _ data: LabelledTexts,
    _ tokens: WriterTokens, _ run: Running<ConditionalTextGenerationArticle.Settings>,
    isGenerated: Bool
  ) throws {
    self.isGenerated = isGenerated
    judgeAccuracy = judge.accuracy
    var texts: [[Int]] = []
    var asked: [Int] = []
    var rows: [[String]] = []
    let count = run.settings.samples
    try run.work.phase("writing", of: data.labels.count, unit: "labels") { phase in
      for label in data.labels.indices {
        let condition = withoutGradients {
          writer.condition(label: label).broadcast(to: [count, ConditionedWriter.conditionSize])
            .contiguous()
        }
        let drawn = try ConditionedWriter.draw(
          writer.body, conditions: condition, count: count, start: tokens.start, end: tokens.end,
          maxLength: tokens.maxLength, topP: run.settings.topP,
          seed: run.seed &+ UInt64(label), device: run.device)
        rows += drawn.prefix(2).map { [data.labels[label], tokens.tokenizer.decode($0)] }
        texts += drawn
        asked += drawn.map { _ in label }
        try phase.advance()
      }
    }
    self.rows = rows
    right = Double(zip(try judge.labels(texts), asked).count { $0 == $1 }) / Double(texts.count)
    let real = data.heldOut.prefix(texts.count).map {
      tokens.ids($0.text).filter { $0 != tokens.start && $0 != tokens.end }
    }
    distinct = distinctPairs(Array(texts.prefix(real.count)))
    distinctOfTexts = distinctPairs(real)
    perplexity = Self.perplexity(language, texts, tokens, run.device)
    perplexityOfTexts = Self.perplexity(language, real, tokens, run.device)
  }

  private static func perplexity(
    _ model: Transformer, _ texts: [[Int]], _ tokens: WriterTokens, _ device: Device
  ) -> Double {
    var (sum, count) = (0.0, 0)
    withoutGradients {
      for text in texts {
        let ids = [tokens.start] + text + [tokens.end]
        let row = Tensor(ids, shape: [1, ids.count]).to(device)
        let targets = SequenceTargets.next(
          tokens: row, isPredicted: Tensor.ones([1, ids.count], dtype: .bool, device: device))
        sum += targets.lossSum(model.logits(at: targets, row)).item()
        count += targets.count
      }
    }
    return exp(sum / Double(max(1, count)))
  }

  var claims: [Claim] {
    guard isGenerated else { return [] }
    return [
      Claim(
        id: "requested",
        statement: "texts are of the label asked for, by a judge trained on other texts",
        measured: right, atLeast: 0.95),
      Claim(
        id: "distinct",
        statement: "they are not the same few: distinct pairs of neighbors, of those of real texts",
        measured: distinct / distinctOfTexts, atLeast: 0.6),
      Claim(
        id: "perplexity",
        statement:
          "they read like real ones to the model that never saw a label: perplexity, of that of real texts",
        measured: perplexity / perplexityOfTexts, atMost: 1.2),
    ]
  }

  var metrics: [String: Double] {
    [
      "labels/requested": right, "labels/judgeAccuracy": judgeAccuracy,
      "labels/distinct2": distinct,
      "labels/distinct2OfTexts": distinctOfTexts, "labels/perplexity": perplexity,
      "labels/perplexityOfTexts": perplexityOfTexts,
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Texts of a label",
      [
        .table(
          Report.Table(columns: ["asked for", "written"], rows: rows.map { $0.map { .text($0) } }))
      ])
  }
}

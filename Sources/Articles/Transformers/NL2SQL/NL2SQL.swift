import Datasets
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Recipes
import Reports
import TableQueries
import Tokenizers
import Torch
import Training
import Transformers

/// 基于Bert的NL2SQL模型：一个简明的Baseline: one encoder reads a question and a table's headers, and four small heads say which
/// columns are asked for and what they are compared with. The query is run on a database.
public enum NL2SQLArticle: Article {
  public static let card = RecipeCard(
    name: "nl2sql", title: "基于Bert的NL2SQL模型：一个简明的Baseline",
    summary:
      "Trains a model that turns questions about a table into SQL, and runs what it writes on SQLite.",
    date: "2019-06-29", archive: 6771,
    data: "invented tables and questions: 25 kinds of tables to train on, 9 others to be asked about",
    ownData: "a folder or file of questions in TableQA's form (JSON lines), tables beside it",
    duration: "5 min")

  public struct Settings: RecipeSettings {
    @Knob("updates", in: 1...) var steps = 3600
    @Knob("updates of the same model with the additive score, from where the other ended", in: 0...)
    var additiveSteps = 400
    @Knob("questions in a batch", in: 1...) var batch = 32
    @Knob("length of hidden states", in: 8...1024) var hiddenSize = 64
    @Knob("layers", in: 1...24) var layers = 3
    @Knob("attention heads", in: 1...16) var heads = 2
    @Knob("learning rate after warming up", in: 1e-6...1) var rate = 2e-3
    @Knob("whether words of a question that are in headers and cells are marked") var links = true
    @Knob("invented questions that are answered in the end", in: 4...7000) var questions = 1000

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let corpus = QuestionCorpus(seed: run.seed)
    var layout = QuestionLayout(characters: corpus.characters())
    layout.marksLinks = settings.links
    let reader = try Self.train(run, corpus, layout)
    reader.model.evaluate()
    let held = try HeldOutTables(corpus, count: settings.questions, seed: run.seed)
    return [try HeldOutAnswers(reader, held, run)]
  }

  private static func train(
    _ run: Running<Settings>, _ corpus: QuestionCorpus, _ layout: QuestionLayout
  ) throws -> TableReader {
    let settings = run.settings
    guard settings.hiddenSize % settings.heads == 0 else {
      throw OptionError(
        "heads", "hiddenSize \(settings.hiddenSize) cannot be divided among \(settings.heads)")
    }
    let generator = RandomGenerator(seed: run.seed)
    let model = QuestionModel(
      encoder: Transformer(
        TableReader.configuration(
          layout, hiddenSize: settings.hiddenSize, layers: settings.layers, heads: settings.heads),
        generator: generator), score: .nonlinear, generator: generator)
    TableReader.prepare(model.encoder)
    let optimizer = Optimizer(
      Adam(learningRate: settings.rate).withClipping(norm: 1)
        .withSchedule(
          .piecewiseLinear([min(200, max(1, settings.steps / 10)): 1, settings.steps: 0.05])),
      for: model)
    let loader = try BatchLoader(
      corpus.samples(layout), .init(batchSize: settings.batch, seed: run.seed))
    let task = SupervisedTask(model, optimizer: optimizer, loader: loader) { batch in
      model.loss(batch.inputs)
    } loss: { output, _ in
      output
    }
    try run.train(task, named: "reader", steps: settings.steps)
    return TableReader(model: model, layout: layout)
  }
}

/// A model with the layout of what it reads.
struct TableReader {
  let model: QuestionModel
  let layout: QuestionLayout
  var rules = DecodingRules()

  /// A small RoFormer, as `reading-comprehension` has.
  static func configuration(
    _ layout: QuestionLayout, hiddenSize: Int, layers: Int, heads: Int
  ) -> TransformerConfiguration {
    var configuration = TransformerConfiguration(.roformer)
    configuration.vocabularySize = layout.vocabulary.count
    configuration.hiddenSize = hiddenSize
    configuration.numLayers = layers
    configuration.numHeads = heads
    configuration.intermediateSize = hiddenSize * 4
    configuration.maxPositions = 512
    configuration.segmentCount = QuestionLayout.segmentCount
    configuration.block = .preNorm
    configuration.normalizesOutput = true
    configuration.dropoutRate = 0
    configuration.attentionDropoutRate = 0
    configuration.initializerRange = 0.06
    return configuration
  }

  /// Keys that start as their queries make each token see its like.
  static func prepare(_ encoder: Transformer) {
    for case let attention? in encoder.encoder.blocks.map(\.attention) {
      attention.key.weight.replace(with: withoutGradients { attention.query.weight.value * 2 })
    }
    // What is in a column's cell begins as what is in its header, and one thing more.
    if let segments = encoder.embeddings.segments?.weight {
      withoutGradients {
        let rows = segments.value
        let count = QuestionLayout.columnLimit
        let headers = rows.narrowed(0, start: 2, length: count) * 2
        let cells = headers + rows.narrowed(0, start: 2 + count, length: 1) * 2
        segments.replace(
          with: Tensor.concatenate([rows.narrowed(0, start: 0, length: 2), headers, cells], axis: 0))
      }
    }
  }

  /// What the model makes of questions about tables; links may be known.
  func answers(_ asked: [(question: String, table: QueryTable, links: SchemaLinks)]) -> [DecodedQuery] {
    let rows = asked.map { item -> (QuestionTokens, QuestionLayout.Row) in
      let tokens = QuestionTokens(item.question)
      var random = RandomStream(seed: 6771)
      return (
        tokens,
        layout.row(tokens, item.table, links: item.links.links(of: tokens), random: &random)
      )
    }
    let readings = model.read(rows.map { ($0.1.tokens, $0.1.segments, $0.1.headers) })
    return zip(readings, zip(rows, asked)).map { reading, pair in
      rules.decode(reading, pair.0.1, pair.0.0, pair.1.table)
    }
  }
}

/// Questions to train on, drawn anew at each visit.
struct QuestionCorpus: Sendable {
  let seed: UInt64
  /// The share of tables whose columns mean nothing.
  var inventedShare = 0.35

  init(seed: UInt64) { self.seed = seed }

  /// Texts that occur often enough to be known.
  func characters() -> [String] {
    var maker = QuestionMaker(random: RandomStream(seed: seed, stream: 6772))
    var counts: [String: Int] = [:]
    for _ in 0..<4000 {
      let drawn = maker.draw(InventedSchemas.training, inventedShare: 0.1)
      var texts = Set(QuestionTokens(drawn.question.question).tokens.filter { !$0.isNumber }.map(\.text))
      for header in drawn.table.headers { texts.formUnion(QuestionTokens(header).tokens.filter { !$0.isNumber }.map(\.text)) }
      for text in texts { counts[text, default: 0] += 1 }
    }
    return counts.filter { $0.value >= 8 }
      .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
  }

  func samples(_ layout: QuestionLayout) -> Examples {
    Examples(count: 20_000) { _, random in
      var maker = QuestionMaker(random: random)
      let (invented, question) = maker.draw(InventedSchemas.training, inventedShare: inventedShare)
      random = maker.maker.random
      let table = invented.table
      // A table without its cells, now and then: a million rows have more than are looked at.
      let links = SchemaLinks(table).links(
        of: QuestionTokens(question.question), withCells: random.uniform() > 0.15)
      let hide = random.uniform()
      let share = hide < 0.35 ? 0 : hide < 0.6 ? 0.3 : 1.0
      var hidden: Set<String> = []
      for text in question.contentTexts.sorted() where random.uniform() < share { hidden.insert(text) }
      return layout.example(question, table, links: links, hidden: hidden, random: &random)
    }
  }
}

/// Questions about kinds of tables that were not trained on, with their databases.
struct HeldOutTables {
  struct Item {
    let invented: InventedTable
    let source: TableSource
    let question: TableQuestion
    var table: QueryTable { source.tables[0] }
  }

  let items: [Item]

  init(_ corpus: QuestionCorpus, count: Int, seed: UInt64) throws {
    var maker = QuestionMaker(random: RandomStream(seed: seed, stream: 6773))
    items = try (0..<count).map { _ in
      let (invented, question) = maker.draw(InventedSchemas.heldOut, inventedShare: 0)
      return Item(
        invented: invented,
        source: try TableSource(
          name: invented.name, header: invented.headers, rows: invented.rows), question: question)
    }
  }
}

/// How many held-out questions get the right query, and the right rows.
private struct HeldOutAnswers: Finding {
  private(set) var full = 0
  private(set) var executed = 0
  private(set) var count = 0
  private var rows: [[String]] = []

  init(_ reader: TableReader, _ held: HeldOutTables, _ run: Running<NL2SQLArticle.Settings>) throws {
    for start in stride(from: 0, to: held.items.count, by: 64) {
      let part = Array(held.items[start..<min(start + 64, held.items.count)])
      let answers = reader.answers(part.map { ($0.question.question, $0.table, SchemaLinks($0.table)) })
      for (item, answer) in zip(part, answers) {
        count += 1
        let isFull = answer.query.matches(item.question.query)
        full += isFull ? 1 : 0
        if !isFull, rows.count < 60 {
          func shown(_ query: SketchQuery) -> String {
            query.selections.isEmpty ? "—" : Statement(query, on: item.table).shown
          }
          FileHandle.standardError.write(Data("Q \(item.question.question)\n  T \(item.table.columns.map(\.header))\n  G \(shown(item.question.query)) \(item.question.query.connective)\n  M \(shown(answer.query)) \(answer.query.connective)\n".utf8))
          rows.append([item.question.question, shown(item.question.query), shown(answer.query)])
        }
      }
    }
  }

  var metrics: [String: Double] { ["heldOut/fullMatch": Double(full) / Double(count)] }
}

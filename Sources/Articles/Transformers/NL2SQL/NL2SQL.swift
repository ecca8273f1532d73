import Datasets
import Messages
import Optimizers
import Recipes
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
    data:
      "invented tables and questions: 25 kinds of tables to train on, 9 others to be asked about",
    ownData:
      "a file or folder of questions in TableQA's or WikiSQL's JSON lines, tables beside them",
    duration: "4 min")

  public struct Settings: RecipeSettings {
    @Knob("updates", in: 1...) var steps = 4200
    @Knob("updates with the additive score, from where the others ended; 0 leaves it out", in: 0...)
    var additiveSteps = 300
    @Knob("questions in a batch", in: 1...) var batch = 32
    @Knob("length of hidden states", in: 8...1024) var hiddenSize = 64
    @Knob("layers", in: 1...24) var layers = 3
    @Knob("attention heads", in: 1...16) var heads = 2
    @Knob("learning rate after warming up", in: 1e-6...1) var rate = 3e-3
    @Knob("how the column of a value is scored") var score = ColumnScore.nonlinear
    @Knob("whether words of a question that are in headers and cells are marked") var links = true
    @Knob("questions that are answered in the end", in: 4...7000) var questions = 1000

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let sizes = NewTransformer(
      layers: settings.layers, hiddenSize: settings.hiddenSize, heads: settings.heads)
    try sizes.check()
    let corpus =
      try run.options.data.map { try QuestionCorpus(path: $0, heldOutCount: settings.questions) }
      ?? QuestionCorpus(heldOutCount: settings.questions, seed: run.seed)
    for note in corpus.notes { run.work.note(note) }
    var layout = QuestionLayout(characters: corpus.characters)
    layout.marksLinks = settings.links
    let generator = RandomGenerator(seed: run.seed)
    let encoder = Transformer(TableReader.configuration(layout, sizes), generator: generator)
    TableReader.prepare(encoder)
    let model = QuestionModel(encoder: encoder, score: settings.score, generator: generator)
    try train(
      model, corpus, layout, named: "reader", steps: settings.steps, rate: settings.rate, run)
    model.evaluate()
    var reader = TableReader(model: model, layout: layout)
    // Files hold no questions without an answer.
    reader.rules.refuses = corpus.isInvented
    try SavedTableReader(folder: run.run.folder.path).write(
      reader,
      example: corpus.heldOut.first { $0.question.query.conditions.count == 1 && !$0.rows.isEmpty })
    let answered = try HeldOutAnswers(reader, corpus, run)
    try AnswerFile.write(answered, to: run.run.folder.path)
    guard corpus.isInvented else { return [answered] }
    var findings: [any Finding] = [
      answered, RuleGains(answered), try TableChoice(reader, corpus, run),
    ]
    if settings.score == .nonlinear, settings.additiveSteps > 0 {
      let additive = QuestionModel(
        encoder: encoder.clone(), score: .additive, generator: RandomGenerator(seed: run.seed + 1))
      additive.begin(as: model)
      try train(
        additive, corpus, layout, named: "additive", steps: settings.additiveSteps,
        rate: settings.rate / 3, run)
      additive.evaluate()
      findings.append(
        try AdditiveScore(TableReader(model: additive, layout: layout), reader, corpus, run))
    }
    return findings
  }

  private static func train(
    _ model: QuestionModel, _ corpus: QuestionCorpus, _ layout: QuestionLayout, named name: String,
    steps: Int, rate: Double, _ run: Running<Settings>
  ) throws {
    let optimizer = Optimizer(
      Adam(learningRate: rate).withClipping(norm: 1)
        .withSchedule(.piecewiseLinear([min(200, max(1, steps / 10)): 1, steps: 0.03])),
      for: model)
    let loader = try BatchLoader(
      corpus.samples(layout), .init(batchSize: run.settings.batch, seed: run.seed))
    let task = SupervisedTask(
      model, optimizer: optimizer, loader: loader,
      denominators: { QuestionModel.labelCounts($0.inputs) },
      loss: { model.loss($0.inputs, over: $1) })
    try run.train(task, named: name, steps: steps)
  }
}

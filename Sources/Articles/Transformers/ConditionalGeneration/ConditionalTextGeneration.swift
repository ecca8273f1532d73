import Datasets
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

/// 基于Conditional Layer Normalization的条件文本生成: a language model that writes what it is asked for, because a label
/// or a picture scales and shifts each of its normalizations.
public enum ConditionalTextGenerationArticle: Article {
  public static let card = RecipeCard(
    name: "conditional-text-generation", title: "基于Conditional Layer Normalization的条件文本生成",
    summary:
      "Conditions a language model by its normalizations: reviews of a chosen kind, captions of pictures.",
    date: "2019-12-14", archive: 7124,
    data: "6,000 invented reviews of eight kinds; 4,000 drawn shapes with captions",
    ownData:
      "a file of labels and texts (.tsv, .csv, .jsonl), or a folder of PNG pictures with captions.tsv",
    duration: "1 to 4 min")

  public struct Settings: RecipeSettings {
    @Knob("updates with labels", in: 1...) var steps = 500
    @Knob("updates of the language model that reviews begin from", in: 1...) var languageSteps = 400
    @Knob("updates with pictures; before them as many of the network that sees them", in: 1...)
    var pictureSteps = 1000
    @Knob(
      "updates of the toy's language model; three quarters as many with its condition", in: 0...)
    var directionSteps = 800
    @Knob("updates of the judge", in: 1...) var judgeSteps = 300
    @Knob("texts of a batch", in: 1...) var batch = 32
    @Knob("length of hidden states", in: 8...1024) var hiddenSize = 128
    @Knob("layers", in: 1...24) var layers = 2
    @Knob("attention heads", in: 1...16) var heads = 4
    @Knob("Adam's learning rate after warming up", in: 1e-6...1) var rate = 1e-3
    @Knob("characters of a text at most", in: 8...500) var maxLength = 60
    @Knob("invented reviews", in: 100...1_000_000) var texts = 6000
    @Knob("drawn pictures", in: 100...1_000_000) var pictures = 4000
    @Knob("texts that are written of each label in the end", in: 1...1000) var samples = 25
    @Knob("the share of probability that tokens are drawn from", in: 0.01...1) var topP = 0.95

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    var findings: [any Finding] = []
    var isFolder: ObjCBool = false
    if let path = run.options.data {
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw FileError(path: path, reason: "does not exist")
      }
    }
    if run.options.data == nil, run.settings.directionSteps > 0 {
      findings.append(try Directions(run))
    }
    if !isFolder.boolValue { findings += try LabelledWriting(run).findings }
    if run.options.data == nil || isFolder.boolValue { findings += try Captions(run).findings }
    return findings
  }
}

extension Running<ConditionalTextGenerationArticle.Settings> {
  /// A small model of the article's settings.
  func configuration(vocabularySize: Int) throws -> TransformerConfiguration {
    let sizes = NewTransformer(
      layers: settings.layers, hiddenSize: settings.hiddenSize, heads: settings.heads)
    try sizes.check()
    return ConditionedWriter.configuration(
      sizes, vocabularySize: vocabularySize, maxLength: settings.maxLength + 4)
  }

  /// Trains `model` by `loss`, a mean over the tokens behind the first, with Adam whose rate rises and falls.
  func trainWriter(
    _ model: Module, named name: String, _ loader: BatchLoader, steps: Int, rate: Double? = nil,
    loss: @escaping (Batch) -> Tensor
  ) throws {
    model.move(to: device)
    let optimizer = Optimizer(
      Adam(learningRate: rate ?? settings.rate).withClipping(norm: 1)
        .withSchedule(.piecewiseLinear([max(1, steps / 20): 1, max(2, steps): 0.1])), for: model)
    let task = SupervisedTask(
      model, optimizer: optimizer, loader: loader,
      denominator: { Double($0.attentionMasks["tokens"].sum().integerItem() - $0.count) },
      forward: loss, loss: { loss, _ in loss })
    try train(task, named: name, steps: steps)
  }
}

/// The tokens of texts: `[CLS]` text `[SEP]`, cut to what the model has places for.
struct WriterTokens {
  let tokenizer: WordPieceTokenizer
  let start: Int
  let end: Int
  let maxLength: Int

  init(_ tokenizer: WordPieceTokenizer, maxLength: Int) throws {
    self.tokenizer = tokenizer
    self.maxLength = maxLength
    let ids = try tokenizer.vocabulary.ids(
      required: [tokenizer.special.start, tokenizer.special.separator])
    (start, end) = (ids[0], ids[1])
  }

  /// With a vocabulary learnt from `texts`.
  init(learntFrom texts: [String], maxLength: Int) throws {
    let rules = BERTTextRules.huggingFace(lowercases: true)
    var training = WordPieceTraining()
    training.size = 6000
    training.minimumCount = 3
    training.alphabetLimit = 5000
    try self.init(
      WordPieceTokenizer(
        vocabulary: training.train(WordPieceTraining.words(of: texts, rules: rules)), rules: rules),
      maxLength: maxLength)
  }

  func ids(_ text: String) -> [Int] {
    [start] + tokenizer.tokens(text).map(\.id).prefix(maxLength + 1) + [end]
  }
}

/// That a condition changes nothing before it was trained, and that its first gradients are as they must be.
struct UnchangedAtStart: Finding {
  private let id: String
  private let what: String
  private let isEqual: Bool
  private let conditionGradient: Double
  private let weightGradient: Double

  /// - Parameter source: What c is computed from and has weights of its own: a table of classes, a network.
  init(
    _ id: String, _ what: String, _ writer: ConditionedWriter, from model: Transformer,
    source: Module?, _ batch: Batch
  ) {
    self.id = id
    self.what = what
    let tokens = batch.inputs["tokens"]
    let visible = batch.attentionMasks["tokens"]
    let (before, after) = withoutGradients {
      (
        model(tokens, visible: visible).logits,
        writer.body(tokens, visible: visible, condition: writer.conditions(batch)).logits
      )
    }
    isEqual = zip([before].compactMap { $0 }, [after].compactMap { $0 }).allSatisfy {
      $0.equals($1)
    }
    func greatest(_ parameters: [Parameter]) -> Double {
      Optimizer.gradients(of: [writer.loss(batch)], by: parameters)
        .compactMap { $0?.abs().max().item() }.max() ?? 0
    }
    conditionGradient = greatest(source?.namedParameters().map(\.parameter) ?? [])
    weightGradient = greatest(
      writer.body.namedParameters().filter { $0.name.contains("conditionScale") }
        .map(\.parameter))
  }

  var claims: [Claim] {
    [
      Claim(
        id: "\(id)-start",
        statement: "\(what): the pre-trained model is unchanged at the start, bit for bit",
        expected: "true", measured: .bool(isEqual), holds: isEqual),
      Claim(
        id: "\(id)-first-gradient",
        statement:
          "\(what): what the condition comes from has no gradient in the first update, its maps have",
        expected: "0 and above 0",
        measured: .string(
          "\(NumberText.short(conditionGradient)) and \(NumberText.short(weightGradient))"),
        holds: conditionGradient == 0 && weightGradient > 0),
    ]
  }
}

import Messages
import Optimizers
import Training
import Transformers

/// How a model is pre-trained on raw text: everything that a resumed training must know again.
public struct PretrainingOptions: Codable, Sendable, Equatable {
  /// Files and folders of text.
  public var paths: [String]
  /// The key of the text in records.
  public var field = "text"
  public var objective = PretrainingObjective.mlm
  /// A list of words that are masked whole; `nil`: those that the text itself shows.
  public var words: String?
  /// Whether words are masked whole; otherwise each ideograph is a word.
  public var masksWholeWords = true

  /// A folder to start from; `nil`: a new BERT of the sizes below.
  public var model: String?
  public var newModel = NewTransformer(layers: 4, hiddenSize: 256, heads: 4, dropout: 0.1)
  /// Tokens of the new model's vocabulary, learnt from the text.
  public var vocabularySize = 8000
  /// Whether the new vocabulary keeps capitals and accents.
  public var isCased = false

  /// The longest row of tokens.
  public var maxLength = 128
  /// Updates in all.
  public var steps = 10_000
  /// Rows of a batch, and batches of an update.
  public var batch = 32
  public var accumulation = 1
  /// LAMB's rate after warming up: the share of its own length that a weight may change by.
  public var rate = 0.002
  /// The share of updates in which the rate rises.
  public var warmUp = 0.025
  public var weightDecay = 0.01
  /// Updates between two looks at the rows held out.
  public var validationInterval = 500
  public var checkpointInterval = 500
  /// The most rows that are held out.
  public var heldOut = 200
  /// Rows that wait to be drawn from: the text's order is shuffled within them.
  public var shuffleBuffer = 4000

  public var seed: UInt64 = 0
  public var device = "auto"
  public var precision = "auto"

  public init(_ paths: [String]) { self.paths = paths }

  /// Throws `OptionError` for what cannot be.
  func check() throws {
    for (name, value) in [
      ("steps", steps), ("batch", batch), ("accumulation", accumulation),
      ("validationInterval", validationInterval), ("checkpointInterval", checkpointInterval),
      ("heldOut", heldOut), ("shuffleBuffer", shuffleBuffer),
    ] {
      try OptionError.expect(value >= 1, name, "at least 1", received: value)
    }
    try OptionError.expect(maxLength >= 8, "maxLength", "at least 8", received: maxLength)
    try OptionError.expect(rate > 0, "learningRate", "a positive number", received: rate)
    try OptionError.expect((0...1).contains(warmUp), "warmUp", "from 0 to 1", received: warmUp)
    try OptionError.expect(weightDecay >= 0, "weightDecay", "0 or more", received: weightDecay)
    try newModel.check()
    if words != nil, objective != .mlm || !masksWholeWords {
      throw OptionError("words", "are what mlm masks whole; nothing else has a use for them")
    }
    _ = try Precision(parsing: precision)
  }

  /// A new BERT of the sizes asked for.
  func configuration(vocabularySize: Int) -> TransformerConfiguration {
    var configuration = newModel.configuration(
      vocabularySize: vocabularySize, maxPositions: maxLength)
    configuration.heads = [.languageModel]
    configuration.attention = objective.attention
    return configuration
  }
}

extension OptimizerSpecification where Self == ExtendedRule {
  /// LAMB as bert4keras pre-trains with it: Adam without bias correction → weight decay → layer adaptation, both not of
  /// biases and normalizations, → a rate that rises over `warmUp` updates and falls to 0 at `steps`.
  ///
  /// The rate is the share of its length that a weight changes by. What is not adapted changes by the rate itself,
  /// whatever its length: above the article's 0.00176, which suits batches of thousands, its rate stays at that.
  public static func pretraining(
    learningRate: Double, weightDecay: Double = 0.01, warmUp: Int, steps: Int
  ) -> ExtendedRule {
    let exclusions = ["[nN]orm|bias"]
    let unadapted = min(1, 0.00176 / learningRate)
    let rise = max(1, warmUp)
    return Adam(learningRate: learningRate, biasCorrection: false)
      .withWeightDecay(weightDecay, excluding: exclusions)
      .withLayerAdaptation(excluding: exclusions)
      .withLearningRates([(exclusions[0], unadapted)])
      .withSchedule(.piecewiseLinear([rise: 1, max(rise + 1, steps): 0]))
  }
}

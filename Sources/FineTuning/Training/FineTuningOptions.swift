import Messages
import Torch
import Training
import Transformers

/// How a model is fine-tuned: everything that a resumed training must know again.
public struct FineTuningOptions: Codable, Sendable, Equatable {
  public var task: FineTuningTask
  /// The file of examples.
  public var data: String
  /// The file that is validated on; `nil`: a share of `data` is held out.
  public var validation: String?
  public var validationShare = 0.1
  public var columns = ColumnNames()

  /// A folder to start from; `nil`: a new model of the sizes below.
  public var model: String?
  public var newModel = NewTransformer(layers: 3, hiddenSize: 128, heads: 4, dropout: 0.1)
  /// Tokens of the new model's vocabulary, learnt from the data.
  public var vocabularySize = 12_000
  /// Whether the new vocabulary keeps capitals and accents.
  public var isCased = false

  public var maxLength = 128
  public var epochs = 3
  public var batch = 32
  public var rate = 2e-5
  /// The share of updates in which the rate rises.
  public var warmUp = 0.1
  public var weightDecay = 0.01
  /// Epochs without improvement before training stops; `nil`: never early.
  public var patience: Int?
  /// Whether each class counts as much as any other, however many examples it has.
  public var balancesClasses = false
  /// Whether `tag` has a conditional random field.
  public var usesField = true
  /// ε of adversarial training by the gradient.
  public var fastGradient: Double?
  /// ε of the gradient penalty.
  public var gradientPenalty: Double?
  /// ε of virtual adversarial training.
  public var virtualAdversarial: Double?
  /// α of R-Drop.
  public var rDrop: Double?
  /// The momentum of a moving average of the weights, which is validated and saved.
  public var average: Double?

  public var seed: UInt64 = 0
  public var device = "auto"
  public var precision = "auto"

  public init(_ task: FineTuningTask, data: String) {
    self.task = task
    self.data = data
  }

  /// Throws `OptionError` for what cannot be.
  func check() throws {
    try OptionError.expect(epochs >= 1, "epochs", "at least 1", received: epochs)
    try OptionError.expect(batch >= 1, "batch", "at least 1", received: batch)
    try OptionError.expect(rate > 0, "learningRate", "a positive number", received: rate)
    try OptionError.expect(maxLength >= 8, "maxLength", "at least 8", received: maxLength)
    try OptionError.expect(
      (0..<1).contains(validationShare), "validationShare", "from 0 to below 1",
      received: validationShare)
    try OptionError.expect((0...1).contains(warmUp), "warmUp", "from 0 to 1", received: warmUp)
    try OptionError.expect(weightDecay >= 0, "weightDecay", "0 or more", received: weightDecay)
    try OptionError.expect(patience ?? 1 >= 1, "patience", "at least 1", received: patience ?? 1)
    try OptionError.expect(
      average.map { (0..<1).contains($0) } ?? true, "average", "from 0 to below 1",
      received: average ?? 0)
    for (name, value) in [
      ("fgm", fastGradient), ("gradientPenalty", gradientPenalty), ("vat", virtualAdversarial),
      ("rDrop", rDrop),
    ] {
      try OptionError.expect(
        value.map { $0 > 0 } ?? true, name, "a positive number", received: value ?? 0)
    }
    if !task.hasClasses {
      guard rDrop == nil, virtualAdversarial == nil else {
        throw OptionError(
          rDrop == nil ? "vat" : "rDrop",
          "compares classes of texts; it goes with classify and pair")
      }
      guard !balancesClasses else {
        throw OptionError("classWeights", "go with classify and pair")
      }
    }
    try newModel.check()
    _ = try Precision(parsing: precision)
  }

  /// A new BERT of the sizes asked for.
  func configuration(vocabularySize: Int) -> TransformerConfiguration {
    var configuration = newModel.configuration(
      vocabularySize: vocabularySize, maxPositions: maxLength)
    configuration.heads = FineTunedModel.heads(task)
    if task == .generate { configuration.attention = .prefix }
    return configuration
  }
}

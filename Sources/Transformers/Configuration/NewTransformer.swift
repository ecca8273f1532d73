import Messages

/// The sizes of a transformer to be trained from nothing.
public struct NewTransformer: Codable, Sendable, Equatable {
  public var layers: Int
  /// The length of a token's state, a multiple of `heads`.
  public var hiddenSize: Int
  public var heads: Int
  /// Of states and of attention.
  public var dropout: Double

  public init(layers: Int, hiddenSize: Int, heads: Int, dropout: Double = 0) {
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.heads = heads
    self.dropout = dropout
  }

  /// Throws `OptionError` for sizes that cannot be.
  public func check() throws {
    try OptionError.expect(layers >= 1, "layers", "at least 1", received: layers)
    try OptionError.expect(heads >= 1, "heads", "at least 1", received: heads)
    try OptionError.expect(
      (0..<1).contains(dropout), "dropout", "from 0 to below 1", received: dropout)
    guard hiddenSize >= heads, hiddenSize % heads == 0 else {
      throw OptionError("heads", "hiddenSize \(hiddenSize) cannot be divided among \(heads)")
    }
  }

  /// The settings of a model of these sizes: inner layers four times `hiddenSize` wide, weights drawn as wide for their
  /// inputs as 0.02 is for the 768 of BERT-base.
  ///
  /// - Parameters:
  ///   - vocabularySize: Tokens.
  ///   - maxPositions: The longest row, in tokens.
  public func configuration(
    _ family: TransformerFamily = .bert, vocabularySize: Int, maxPositions: Int
  ) -> TransformerConfiguration {
    var configuration = TransformerConfiguration(family)
    configuration.vocabularySize = vocabularySize
    configuration.hiddenSize = hiddenSize
    configuration.numLayers = layers
    configuration.numHeads = heads
    configuration.intermediateSize = 4 * hiddenSize
    configuration.maxPositions = maxPositions
    configuration.dropoutRate = dropout
    configuration.attentionDropoutRate = dropout
    configuration.initializerRange = 0.02 * (768 / Double(hiddenSize)).squareRoot()
    return configuration
  }
}

extension TransformerConfiguration {
  /// A BERT of one's own sizes, to be trained from nothing: inner layers four times `hiddenSize` wide, one rate of
  /// dropout everywhere, weights drawn as wide for their inputs as 0.02 is for BERT's 768.
  ///
  /// - Parameters:
  ///   - vocabularySize: Tokens.
  ///   - hiddenSize: A multiple of `numHeads`.
  ///   - maxPositions: The longest row, in tokens.
  ///   - dropoutRate: From 0 to below 1.
  public static func newBERT(
    vocabularySize: Int, hiddenSize: Int, numLayers: Int, numHeads: Int, maxPositions: Int,
    dropoutRate: Double
  ) -> TransformerConfiguration {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = vocabularySize
    configuration.hiddenSize = hiddenSize
    configuration.numLayers = numLayers
    configuration.numHeads = numHeads
    configuration.intermediateSize = 4 * hiddenSize
    configuration.maxPositions = maxPositions
    configuration.dropoutRate = dropoutRate
    configuration.attentionDropoutRate = dropoutRate
    configuration.initializerRange = 0.02 * (768 / Double(hiddenSize)).squareRoot()
    return configuration
  }
}

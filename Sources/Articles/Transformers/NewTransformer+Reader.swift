import Torch
import Transformers

extension NewTransformer {
  /// A small RoFormer that learns from a few thousand examples to find in one text what another one names.
  func reader(vocabularySize: Int, maxPositions: Int) -> TransformerConfiguration {
    var configuration = configuration(
      .roformer, vocabularySize: vocabularySize, maxPositions: maxPositions)
    configuration.block = .preNorm
    configuration.normalizesOutput = true
    // Large enough for a small model to leave the plateau; 0.02 suits the sizes that are pretrained.
    configuration.initializerRange = 0.06
    return configuration
  }
}

extension Transformer {
  /// Starts each layer's keys as its queries, twice as long, so that each token sees its like, names among them, long
  /// before anything has been learnt (after Trockman and Kolter 2023).
  func startKeysAsQueries() {
    for case let attention? in encoder.blocks.map(\.attention) {
      attention.key.weight.replace(with: withoutGradients { attention.query.weight.value * 2 })
    }
  }
}

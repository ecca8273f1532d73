import Formats
import Layers
import TestSupport
import Testing
import Torch

@testable import Transformers

/// A small model of random weights with large enough deviations that every part counts.
func tiny(
  _ family: TransformerFamily = .bert, dtype: DType = .float64, seed: UInt64 = 1,
  _ change: (inout TransformerConfiguration) -> Void = { _ in }
) -> Transformer {
  var configuration = tinyConfiguration(family)
  change(&configuration)
  let model = Transformer(configuration, generator: RandomGenerator(seed: seed))
  shake(model, dtype, seed: seed)
  return model
}

func tinyConfiguration(_ family: TransformerFamily) -> TransformerConfiguration {
  var configuration = TransformerConfiguration(family)
  configuration.vocabularySize = 40
  configuration.hiddenSize = 16
  configuration.numLayers = 2
  configuration.numHeads = 2
  configuration.intermediateSize = 24
  configuration.maxPositions = 32
  configuration.initializerRange = 0.3
  return configuration
}

/// Gives all parameters, zeros and ones included, random deviations.
func shake(_ model: Module, _ dtype: DType, seed: UInt64) {
  let generator = RandomGenerator(seed: seed + 1)
  model.move(dtype: dtype)
  for (_, parameter) in model.namedParameters() {
    parameter.assign(
      parameter.value + Tensor.normal(parameter.shape, dtype: dtype, generator: generator) * 0.2)
  }
  model.evaluate()
}

/// Tokens `(B, L)` from 1, so that none is padding.
func randomTokens(_ shape: [Int], seed: UInt64 = 3) -> Tensor {
  (Tensor.uniform(shape, generator: RandomGenerator(seed: seed)) * 38 + 1).to(.int64)
}

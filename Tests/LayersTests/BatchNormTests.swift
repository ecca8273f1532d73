import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct BatchNormTests {
  @Test func trainingEqualsPyTorch() throws {
    try GoldenCase("batchNorm-training").check(BatchNorm(3, epsilon: 1e-3, momentum: 0.01))
  }

  @Test func inferenceEqualsPyTorch() throws {
    try GoldenCase("batchNorm-inference").check(BatchNorm(3, epsilon: 1e-3).evaluate())
  }

  @Test func statisticsMoveOnlyWhereWanted() {
    let layer = BatchNorm(2)
    let model = Sequential(layer)
    let input = Tensor.normal([16, 2], generator: RandomGenerator(seed: 1)) + 3
    let before = layer.runningMean.value.clone()
    let quiet = model.withoutUpdatingStatistics { model(input) }
    #expect(layer.runningMean.value.equals(before))
    #expect(layer.updatesStatistics)
    let loud = model(input)
    #expect(quiet.equals(loud))
    #expect(!layer.runningMean.value.equals(before))
    let after = layer.runningMean.value.clone()
    _ = model.evaluate()(input)
    #expect(layer.runningMean.value.equals(after))
  }

  @Test func batchStatisticsCanBeForcedEitherWay() {
    let layer = BatchNorm(2)
    let input = Tensor.normal([64, 2], generator: RandomGenerator(seed: 2)) * 5 + 3
    layer.usesBatchStatistics = false
    expectClose(layer(input), input / (1 + 1e-5).squareRoot(), 1e-5)
    layer.evaluate()
    layer.usesBatchStatistics = true
    #expect(abs(layer(input).mean().item()) < 1e-5)
    #expect(layer.runningMean.value.norm().item() == 0)
  }

  @Test func statesAreSavedAndNotTrained() {
    let layer = BatchNorm(4)
    #expect(
      layer.namedParameters().map(\.name) == ["weight", "bias", "runningMean", "runningVariance"])
    #expect(layer.parameters.count == 2)
    let counts = layer.parameterCounts
    #expect(counts.trainable == 8 && counts.frozen == 0 && counts.state == 8)
  }
}

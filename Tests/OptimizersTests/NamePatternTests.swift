import Layers
import Optimizers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct NamePatternTests {
  static func optimizer(_ specification: any OptimizerSpecification) -> Optimizer {
    Optimizer(specification, for: Dense(2, 2))
  }

  @Test func patternsThatMatchChoose() {
    _ = NamePatternTests.optimizer(SGD().withWeightDecay(0.1, excluding: ["bias", "norm"]))
    _ = NamePatternTests.optimizer(SGD().withWeightDecay(0.1, rates: [("weight", 0)]))
    _ = NamePatternTests.optimizer(SGD().withLearningRates([("^bias$", 2)]))
    _ = NamePatternTests.optimizer(SGD().withClipping(norm: 1, groups: ["weight"]))
  }

  @Test func everyPlaceRefusesPatternsThatMatchNothing() async {
    await #expect(processExitsWith: .failure) {
      _ = NamePatternTests.optimizer(SGD().withWeightDecay(0.1, excluding: ["biases", "norms"]))
    }
    await #expect(processExitsWith: .failure) {
      _ = NamePatternTests.optimizer(SGD().withWeightDecay(0.1, rates: [("wieght", 0)]))
    }
    await #expect(processExitsWith: .failure) {
      _ = NamePatternTests.optimizer(SGD().withL2Penalty(0.1, excluding: ["biases"]))
    }
    await #expect(processExitsWith: .failure) {
      _ = NamePatternTests.optimizer(SGD().withLayerAdaptation(excluding: ["biases"]))
    }
    await #expect(processExitsWith: .failure) {
      _ = NamePatternTests.optimizer(SGD().withClipping(norm: 1, groups: ["weight", "biases"]))
    }
    await #expect(processExitsWith: .failure) {
      _ = NamePatternTests.optimizer(SGD().withLazyUpdates(of: ["embedding"]))
    }
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = NamePatternTests.optimizer(SGD().withLearningRates([("head", 2)]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("'head' matches none of the parameters weight, bias"), "\(text)")
  }

  /// States go by the extensions' names, so that one that is added or taken away moves no other's.
  @Test func statesOfExtensionsDoNotMove() throws {
    let gradients = [Tensor.ones([2, 2]), Tensor.ones([2])]
    let plain = NamePatternTests.optimizer(SGD().withMovingAverage())
    plain.step(gradients: gradients)
    let clipped = NamePatternTests.optimizer(SGD().withClipping(norm: 1).withMovingAverage())
    try clipped.restore(plain.checkpoint())
    #expect(clipped.stepCount == 1)
    let twice = NamePatternTests.optimizer(
      SGD().withGradientAccumulation(2).withGradientAccumulation(3))
    #expect(
      twice.checkpoint().values.keys.filter { $0.hasSuffix(".received") }.sorted()
        == ["GradientAccumulation-2.received", "GradientAccumulation.received"])
  }
}

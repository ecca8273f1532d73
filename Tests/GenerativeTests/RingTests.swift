import Datasets
import Generative
import Optimizers
import TestSupport
import Testing
import Torch

/// Training on the eight Gaussians: does a whole run find them all?
@Suite(.enabled(if: hasTorch, torchReason), .serialized) struct RingTests {
  static func train(
    _ loss: AdversarialLoss, _ rule: any OptimizerSpecification, step: any AdversarialStep,
    seed: UInt64, steps: Int
  ) -> ModeCoverage {
    RandomGenerator.seedAll(seed)
    let generator = ToyNetworks.pointGenerator()
    let players = AdversarialPlayers(
      generator: generator, discriminator: ToyNetworks.pointDiscriminator(), loss: loss,
      generatorOptimizer: rule, discriminatorOptimizer: rule)
    let data = ToySets.ring(count: 50_000, seed: seed).inputs
    for _ in 0..<steps {
      _ = step.update(
        players, real: data.gatherRows(Tensor.randomIntegers(0, data.size(0), shape: [256])),
        noise: Tensor.normal([256, 2]))
    }
    let samples = withoutGradients { generator(Tensor.normal([10_000, 2])) }
    return ModeCoverage(samples, centers: ToySets.ringCenters, deviation: ToySets.ringDeviation)
  }

  @Test(.tags(.slow), .enabled(if: runsSlowTests, slowReason))
  func jointHingeFindsAllModes() {
    let adam = Adam(learningRate: 1e-3, beta1: 0.5)
    let runs = (0..<3).map {
      Self.train(.hingeRealLow, adam, step: JointStep(), seed: $0, steps: 4000)
    }
    for run in runs { print("Adam", run.covered(), run.quality, run.divergence) }
    #expect(runs.map { $0.covered() }.sorted()[1] == 8)
    #expect(runs.map(\.quality).sorted()[1] >= 0.9)
    let rms = RMSprop(learningRate: 1e-4, smoothing: 0.99, epsilon: 1e-7)
    let slower = (0..<3).map {
      Self.train(.hingeRealLow, rms, step: JointStep(), seed: $0, steps: 4000)
    }
    for run in slower { print("RMSprop", run.covered(), run.quality, run.divergence) }
    #expect(slower.map { $0.covered() }.sorted()[1] == 8)
    #expect(slower.map(\.quality).sorted()[1] >= 0.8)
  }

  @Test(
    .tags(.slow), .enabled(if: runsSlowTests, slowReason),
    arguments: ["sgan", "lsgan", "rsgan", "rasgan"])
  func everyLossFindsTheModes(_ name: String) throws {
    let loss = try #require(AdversarialLoss.all.first { $0.name == name })
    let adam = Adam(learningRate: 1e-3, beta1: 0.5)
    let runs = (0..<3).map {
      Self.train(loss, adam, step: SplitStep(), seed: $0, steps: 4000)
    }
    for run in runs { print(name, run.covered(), run.quality, run.divergence) }
    #expect(runs.map { $0.covered() }.sorted()[1] >= (name == "lsgan" ? 7 : 8))
    #expect(runs.map(\.quality).sorted()[1] >= 0.9)
  }
}

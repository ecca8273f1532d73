import Datasets
import Foundation
import Generative
import Layers
import Optimizers
import Torch

/// Every row of the GAN zoo on a mixture in the plane: `zoo ring|grid SEED STEPS [ROW]...`. A line of JSON a row:
/// modes, quality, evenness of 10 000 samples, and seconds of a round.
///
/// Networks: perceptrons 2 → 128 × 3 → 2 with ReLU and 2 → 128 × 3 → 1 with LeakyReLU(0.2). Batch 256, Adam
/// 1e-3 (β₁ 0.5), one update of either player; rows of the Wasserstein kind 5e-4 (β₂ 0.9), five updates of the
/// discriminator for one of the generator.
enum ZooModes {
  private struct Row {
    let name: String
    let game: AdversarialGame
    var isWasserstein = false
    var clipping: Double?
    var hasSpectralNorm = false
    var outputs = 1
  }

  private static let rows: [Row] =
    [
      AdversarialLoss.standard, .saturating, .leastSquares, .hinge, .relativistic,
      .relativisticAverage, .relativisticLeastSquares,
    ].map { Row(name: $0.name, game: AdversarialGame($0)) } + [
      Row(name: "gan-qp-l1", game: .init(.wasserstein, pairPenalty: PairPenalty(.meanAbsolute))),
      Row(name: "gan-qp-l2", game: .init(.wasserstein, pairPenalty: PairPenalty(.rootMeanSquare))),
      Row(
        name: "o-gan",
        game: .init(
          .wassersteinRealLow, pairPenalty: PairPenalty(.meanSquare, weight: 0.25, scale: 1),
          head: .code(correlation: 0.5)), outputs: 8),
      Row(name: "cascading-hinge", game: .init(.hinge, head: .scores(weights: [1, 1, 1]))),
      Row(
        name: "wgan-clipping", game: .init(.wasserstein), isWasserstein: true, clipping: 0.05),
      Row(name: "wgan-sn", game: .init(.wasserstein), isWasserstein: true, hasSpectralNorm: true),
      Row(
        name: "wgan-gp-0.1", game: .init(.wasserstein, slopePenalty: .gradient(weight: 0.1)),
        isWasserstein: true),
      Row(
        name: "wgan-gp-10", game: .init(.wasserstein, slopePenalty: .gradient(weight: 10)),
        isWasserstein: true),
    ]
    + GradientPenalty.Points.allCases.map {
      Row(
        name: "wgan-div-\($0.rawValue)",
        game: .init(.wassersteinRealLow, slopePenalty: .divergence(points: $0)),
        isWasserstein: true)
    }

  static func run(_ arguments: [String]) throws {
    guard arguments.count >= 3, let seed = UInt64(arguments[1]), let steps = Int(arguments[2]),
      ["ring", "grid"].contains(arguments[0])
    else {
      FileHandle.standardError.write(
        Data("usage: DanluBench zoo ring|grid SEED STEPS [ROW]...\n".utf8))
      exit(2)
    }
    let wanted = Set(arguments.dropFirst(3))
    for row in rows where wanted.isEmpty || wanted.contains(row.name) {
      measure(row, isRing: arguments[0] == "ring", seed: seed, steps: steps)
    }
  }

  private static func players(_ row: Row, seed: UInt64) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    let generator = ToyNetworks.pointGenerator(
      noise: row.outputs > 1 ? row.outputs : 2, generator: random)
    var rejections: Int?
    if case .scores(let weights) = row.game.head { rejections = weights.count }
    var discriminator = ToyNetworks.pointDiscriminator(rejections: rejections, generator: random)
    if row.outputs > 1 {
      discriminator = ToyNetworks.perceptron(
        [2, 128, 128, 128, row.outputs], .leakyReLU(0.2), generator: random)
    }
    if row.hasSpectralNorm {
      discriminator = Sequential(
        children: discriminator.children.map { name, layer in
          (name, (layer as? Dense).map { SpectralNorm($0, generator: random) } ?? layer)
        })
    }
    let rule = Adam(
      learningRate: row.isWasserstein ? 5e-4 : 1e-3, beta1: 0.5,
      beta2: row.isWasserstein ? 0.9 : 0.999, epsilon: 1e-7)
    return AdversarialPlayers(
      generator: generator, discriminator: discriminator, game: row.game,
      generatorOptimizer: rule,
      discriminatorOptimizer: row.clipping.map { rule.withWeightClipping($0) } ?? rule)
  }

  private static func measure(_ row: Row, isRing: Bool, seed: UInt64, steps: Int) {
    RandomGenerator.seedAll(seed)
    let players = players(row, seed: seed)
    let data = (isRing ? ToySets.ring : ToySets.grid)(50_000, seed).inputs
    let step = AlternatingStep(discriminatorSteps: row.isWasserstein ? 5 : 1)
    let noiseSize = row.outputs > 1 ? row.outputs : 2
    var seconds: [Double] = []
    for _ in 0..<steps {
      let real = (0..<step.discriminatorSteps).map { _ in
        data.gatherRows(Tensor.randomIntegers(0, data.size(0), shape: [256]))
      }
      let noise = real.map { _ in Tensor.normal([256, noiseSize]) }
      let start = ContinuousClock.now
      _ = step.update(players, AdversarialRound(real: real, noise: noise), .init())
      seconds.append((ContinuousClock.now - start) / .seconds(1))
    }
    let samples = withoutGradients { players.generator(Tensor.normal([10_000, noiseSize])) }
    func coverage(_ deviations: Double) -> ModeCoverage {
      ModeCoverage(
        samples, centers: isRing ? ToySets.ringCenters : ToySets.gridCenters,
        deviation: isRing ? ToySets.ringDeviation : ToySets.gridDeviation, deviations: deviations)
    }
    let (near, nearer) = (coverage(6), coverage(3))
    print(
      "{\"name\": \"\(row.name)\", \"modes\": \(near.covered()), \"within6\": \(near.quality), "
        + "\"within3\": \(nearer.quality), \"divergence\": \(near.divergence), "
        + "\"jensenShannon\": \(near.jensenShannon), "
        + "\"seconds\": \(seconds.sorted()[seconds.count / 2]), \"torch\": \"\(LibTorch.version)\"}"
    )
  }
}

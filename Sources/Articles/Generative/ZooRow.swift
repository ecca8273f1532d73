import Datasets
import Generative
import Optimizers
import Torch
import Training

/// One way to train a GAN, as a row of a table: a game, the rhythm of its updates and its rules.
struct ZooRow {
  let name: String
  let game: AdversarialGame
  var discriminatorSteps = 1
  var rate = 1e-3
  /// The discriminator's, if it is another one.
  var discriminatorRate: Double?
  var beta2 = 0.999
  var hasSpectralNorm = false
  /// The bound of the discriminator's weights, for the first WGAN.
  var clipping: Double?

  /// The name as that of a training: `wgan-gp-0.1`.
  var trainingName: String {
    name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }
      .joined(separator: "-")
  }

  var rule: any OptimizerSpecification {
    Adam(learningRate: rate, beta1: 0.5, beta2: beta2, epsilon: 1e-7)
  }

  var discriminatorRule: any OptimizerSpecification {
    let rule = Adam(
      learningRate: discriminatorRate ?? rate, beta1: 0.5, beta2: beta2, epsilon: 1e-7)
    return clipping.map { rule.withWeightClipping($0) } ?? rule
  }

  private var rejections: Int? {
    if case .scores(let weights) = game.head { weights.count } else { nil }
  }

  /// Players of points in the plane.
  func pointPlayers(seed: UInt64) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    return AdversarialPlayers(
      generator: ToyNetworks.pointGenerator(generator: random),
      discriminator: ToyNetworks.pointDiscriminator(rejections: rejections, generator: random),
      game: game, generatorOptimizer: rule, discriminatorOptimizer: discriminatorRule)
  }

  /// Players of images; the generator's optimizer keeps the moving average that makes the samples.
  func imagePlayers(
    _ networks: DCGAN.Configuration, averaging: Double, seed: UInt64
  ) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    var networks = networks
    networks.hasSpectralNorm = hasSpectralNorm
    networks.rejections = rejections
    return AdversarialPlayers(
      generator: DCGAN.generator(networks, random: random),
      discriminator: DCGAN.discriminator(networks, random: random), game: game,
      generatorOptimizer: averaging > 0
        ? rule.withMovingAverage(averaging, includingStates: true) : rule,
      discriminatorOptimizer: discriminatorRule)
  }

  func task(
    _ players: AdversarialPlayers, noiseSize: Int, _ data: Dataset, batch: Int, seed: UInt64
  ) throws -> AdversarialTask {
    AdversarialTask(
      players, step: AlternatingStep(discriminatorSteps: discriminatorSteps), noiseSize: noiseSize,
      loader: try BatchLoader(data, .init(batchSize: batch, seed: seed, dropsLast: true)))
  }
}

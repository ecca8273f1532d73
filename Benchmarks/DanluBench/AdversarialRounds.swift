import Foundation
import Generative
import Layers
import Optimizers
import Torch

/// One update of both players of a 28×28 DCGAN on 64 images with Adam, in every form of the step.
///
/// Networks: generator 100 → dense 128×7×7, BN, ReLU → deconv k4s2 64, BN, ReLU → deconv k4s2 1, tanh;
/// discriminator conv k4s2 64, LeakyReLU → conv k4s2 128, (BN,) LeakyReLU → dense 1.
enum AdversarialRounds {
  static let steps = 1

  static func run(_ arguments: [String]) {
    let wanted = Set(arguments)
    for normalized in [false, true] {
      for (name, step) in forms {
        let full = "\(name), \(normalized ? "D with BN" : "D without BN")"
        if wanted.isEmpty || wanted.contains(name) { measure(full, step, normalized) }
      }
    }
  }

  private static let forms: [(String, any AdversarialStep)] = [
    ("alternating", AlternatingStep()),
    ("one loss, literal", JointStep()),
    ("one loss, split", SplitStep(sharesBackward: false)),
    ("one loss, shared backward", SplitStep()),
  ]

  private static func measure(_ name: String, _ step: any AdversarialStep, _ normalized: Bool) {
    RandomGenerator.seedAll(1)
    let configuration = DCGAN.Configuration.small(normalizesDiscriminator: normalized)
    let rule = Adam(learningRate: 2e-4, beta1: 0.5, epsilon: 1e-8)
    let players = AdversarialPlayers(
      generator: DCGAN.generator(configuration), discriminator: DCGAN.discriminator(configuration),
      loss: .standard, generatorOptimizer: rule, discriminatorOptimizer: rule)
    let real = Tensor.uniform([64, 1, 28, 28]) * 2 - 1
    var figures: AdversarialFigures?
    Rounds(40) {
      for _ in 0..<steps {
        figures = step.update(players, real: real, noise: Tensor.normal([64, 100]))
      }
    }.report(
      name, repetitions: steps,
      extra: ", \"loss\": \(figures?.discriminatorLoss.item() ?? .nan), \"parameters\": "
        + "\((players.generator.parameters + players.discriminator.parameters).map(\.count).reduce(0, +))"
    )
  }
}

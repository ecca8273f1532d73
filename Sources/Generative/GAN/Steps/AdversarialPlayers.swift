import Layers
import Optimizers
import Torch
import Training

/// A generator and a discriminator, the game that they play, and an optimizer for each.
///
/// The generator maps noise `(B, n)` to samples, the discriminator samples to outputs `(B, k)`, which the
/// game's head reads: one score for most. What is stateful in the discriminator moves once per step, not once per pass: spectral
/// norms advance before the first pass, running statistics take in the real batch and the fake one
/// once each, and nothing while the generator is trained.
public final class AdversarialPlayers {
  public let generator: Layer
  public let discriminator: Layer
  public let game: AdversarialGame
  public let generatorOptimizer: Optimizer
  public let discriminatorOptimizer: Optimizer
  private var discriminatorModules: [(name: String, module: Module)] {
    discriminator.namedModules()
  }

  public convenience init(
    generator: Layer, discriminator: Layer, loss: AdversarialLoss, penalty: GradientPenalty? = nil,
    generatorOptimizer: any OptimizerSpecification,
    discriminatorOptimizer: any OptimizerSpecification
  ) {
    self.init(
      generator: generator, discriminator: discriminator,
      game: AdversarialGame(loss, slopePenalty: penalty), generatorOptimizer: generatorOptimizer,
      discriminatorOptimizer: discriminatorOptimizer)
  }

  public init(
    generator: Layer, discriminator: Layer, game: AdversarialGame,
    generatorOptimizer: any OptimizerSpecification,
    discriminatorOptimizer: any OptimizerSpecification
  ) {
    self.generator = generator
    self.discriminator = discriminator
    self.game = game
    self.generatorOptimizer = Optimizer(generatorOptimizer, for: generator)
    self.discriminatorOptimizer = Optimizer(discriminatorOptimizer, for: discriminator)
  }

  /// Leaves the moving averages that the optimizers keep in both networks: for use after training, which goes
  /// on from the weights.
  public func holdAverages() {
    for optimizer in [generatorOptimizer, discriminatorOptimizer]
    where optimizer.keepsAverages && !optimizer.holdsAverages {
      optimizer.swapAverages()
    }
  }

  /// The device that the players are on.
  public var device: Device { generatorOptimizer.parameters[0].value.device }

  /// The discriminator's outputs, `(B, k)`: computed under `scope`, in float32 at least, as losses are
  /// not for half precision.
  public func outputs(_ samples: Tensor, _ scope: StepScope = StepScope()) -> Tensor {
    let outputs = scope.forward { discriminator(samples) }.reshaped(samples.size(0), -1)
    return scope.autocastType == nil ? outputs : outputs.to(.float32)
  }

  /// T(x), `(B)`, as the game's head reads it.
  public func scores(_ samples: Tensor, _ scope: StepScope = StepScope()) -> Tensor {
    game.head.score(outputs(samples, scope))
  }

  private var keepsStatistics: Bool {
    discriminatorModules.contains { $0.module is any StatisticsKeeping }
  }

  /// The outputs without moving the discriminator's statistics.
  func quietOutputs(_ samples: Tensor, _ scope: StepScope) -> Tensor {
    guard keepsStatistics else { return outputs(samples, scope) }
    return discriminator.withoutUpdatingStatistics { outputs(samples, scope) }
  }

  /// Whether T(x) of each sample depends on that sample alone, so that real and fake samples can
  /// share a pass and a gradient can be scaled sample by sample. Layers that are not known are taken
  /// for ones that mix.
  public var scoresSamplesApart: Bool {
    !discriminatorModules.contains { ($0.module as? Layer)?.mixesSamples ?? false }
  }

  /// The discriminator's layers that draw random numbers as they stand: dropout in training.
  public var randomLayers: [String] {
    discriminatorModules.filter { ($0.module as? Layer)?.drawsRandomNumbers ?? false }.map(\.name)
  }

  /// Runs one step's passes with the discriminator's power iterations advanced once, before them.
  func withSpectralNormsAdvancedOnce<Result>(_ body: () throws -> Result) rethrows -> Result {
    let norms = discriminatorModules.compactMap { $0.module as? SpectralNorm }
      .filter { $0.isTraining && $0.updatesStatistics }
    for norm in norms {
      norm.advance()
      norm.updatesStatistics = false
    }
    defer { for norm in norms { norm.updatesStatistics = true } }
    return try body()
  }

  /// The outputs for real and for fake samples, in one pass where samples do not meet in the
  /// discriminator.
  func outputs(
    real: Tensor, fake: Tensor, _ scope: StepScope
  ) -> (real: Tensor, fake: Tensor) {
    guard scoresSamplesApart else { return (outputs(real, scope), outputs(fake, scope)) }
    let parts = outputs(.concatenate([real, fake.to(real.dtype)]), scope)
      .split(sizes: [real.size(0), fake.size(0)])
    return (parts[0], parts[1])
  }

  /// The slope penalty of these samples, if the game has one.
  func slopePenalty(real: Tensor, fake: Tensor) -> Tensor? {
    game.slopePenalty?(discriminator, real: real, fake: fake, head: game.head)
  }
}

/// What one step tells of itself: scalars, detached and unread, so that a GPU need not be waited for.
public struct AdversarialFigures {
  public let discriminatorLoss: Tensor
  public let generatorLoss: Tensor
  /// Mean scores, in the loss's polarity.
  public let realScore: Tensor
  public let fakeScore: Tensor

  public init(
    discriminatorLoss: Tensor, generatorLoss: Tensor, realScores: Tensor, fakeScores: Tensor
  ) {
    self.discriminatorLoss = discriminatorLoss.detach()
    self.generatorLoss = generatorLoss.detach()
    realScore = realScores.detach().mean()
    fakeScore = fakeScores.detach().mean()
  }

  /// By name, as a trainer logs them.
  public var values: [String: Tensor] {
    [
      "loss/discriminator": discriminatorLoss, "loss/generator": generatorLoss,
      "score/real": realScore, "score/fake": fakeScore,
    ]
  }
}

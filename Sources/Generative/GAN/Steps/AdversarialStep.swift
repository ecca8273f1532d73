import Messages
import Torch
import Training

/// How both players are brought forward by one round.
public protocol AdversarialStep: Sendable {
  /// How many updates of either player a round makes.
  var updates: (discriminator: Int, generator: Int) { get }

  /// One round. Passes through the networks run under `scope`; losses, gradients and the optimizers do
  /// not.
  func update(
    _ players: AdversarialPlayers, _ round: AdversarialRound, _ scope: StepScope
  ) -> AdversarialFigures
}

extension AdversarialStep {
  /// One round on a batch of real samples and a batch of noise `(B, n)`, for steps that need no more.
  @discardableResult
  public func update(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor, _ scope: StepScope = StepScope()
  ) -> AdversarialFigures {
    update(players, AdversarialRound(real: [real], noise: [noise]), scope)
  }
}

/// What one round is made of: batches of equal size.
public struct AdversarialRound {
  /// Real samples, a batch for each update of the discriminator.
  public let real: [Tensor]
  /// Noise `(B, n)`, a batch for each pass through the generator: one for each update of either player,
  /// but one less in all, as the discriminator's last fakes are the generator's first.
  public let noise: [Tensor]

  public init(real: [Tensor], noise: [Tensor]) {
    self.real = real
    self.noise = noise
  }

  /// Traps unless there is a batch for each of so many updates.
  func check(_ updates: (discriminator: Int, generator: Int)) {
    let passes = updates.discriminator + updates.generator - 1
    require(
      real.count == updates.discriminator && noise.count == passes,
      "a round of \(updates.discriminator):\(updates.generator) updates expected "
        + "\(updates.discriminator) batches of samples and \(passes) of noise, received "
        + "\(real.count) and \(noise.count)")
  }
}

/// A step that takes both players' gradients at the same weights, before either moves.
public protocol SimultaneousStep: AdversarialStep {
  func gradients(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor, _ scope: StepScope
  ) -> PlayerGradients
}

/// The gradients of both players in the order of their optimizers' parameters.
public struct PlayerGradients {
  public let discriminator: [Tensor?]
  public let generator: [Tensor?]
  public let figures: AdversarialFigures
}

extension SimultaneousStep {
  public func gradients(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor
  ) -> PlayerGradients {
    gradients(players, real: real, noise: noise, StepScope())
  }

  public var updates: (discriminator: Int, generator: Int) { (1, 1) }

  public func update(
    _ players: AdversarialPlayers, _ round: AdversarialRound, _ scope: StepScope
  ) -> AdversarialFigures {
    round.check(updates)
    let gradients = gradients(players, real: round.real[0], noise: round.noise[0], scope)
    players.discriminatorOptimizer.step(gradients: gradients.discriminator)
    players.generatorOptimizer.step(gradients: gradients.generator)
    return gradients.figures
  }
}

import Torch

/// How both players are brought forward by one round.
public protocol AdversarialStep: Sendable {
  /// How many updates of either player a round makes.
  var updates: (discriminator: Int, generator: Int) { get }

  /// One round. `real` and `noise` give batches of equal size, anew at each call.
  func update(
    _ players: AdversarialPlayers, real: () throws -> Tensor, noise: () -> Tensor
  ) rethrows -> AdversarialFigures
}

/// A step that takes both players' gradients at the same weights, before either moves.
public protocol SimultaneousStep: AdversarialStep {
  func gradients(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor
  ) -> PlayerGradients
}

/// The gradients of both players in the order of their optimizers' parameters.
public struct PlayerGradients {
  public let discriminator: [Tensor?]
  public let generator: [Tensor?]
  public let figures: AdversarialFigures
}

extension SimultaneousStep {
  public var updates: (discriminator: Int, generator: Int) { (1, 1) }

  public func update(
    _ players: AdversarialPlayers, real: () throws -> Tensor, noise: () -> Tensor
  ) rethrows -> AdversarialFigures {
    let gradients = gradients(players, real: try real(), noise: noise())
    players.discriminatorOptimizer.step(gradients: gradients.discriminator)
    players.generatorOptimizer.step(gradients: gradients.generator)
    return gradients.figures
  }
}

import Messages
import Torch

/// The usual loop: so many updates of the discriminator, then so many of the generator, each at the
/// weights that the other has by then.
///
/// The last fake batch of the discriminator is the generator's first, as in the usual DCGAN loop, so
/// that a 1:1 round makes one pass through the generator. The generator's gradient asks for none of
/// the discriminator's weights.
public struct AlternatingStep: AdversarialStep {
  public let discriminatorSteps: Int
  public let generatorSteps: Int

  public init(discriminatorSteps: Int = 1, generatorSteps: Int = 1) {
    require(
      discriminatorSteps >= 1 && generatorSteps >= 1,
      "AlternatingStep expected at least one update of each player, received "
        + "\(discriminatorSteps):\(generatorSteps)")
    self.discriminatorSteps = discriminatorSteps
    self.generatorSteps = generatorSteps
  }

  public var updates: (discriminator: Int, generator: Int) { (discriminatorSteps, generatorSteps) }

  public func update(
    _ players: AdversarialPlayers, real: () throws -> Tensor, noise: () -> Tensor
  ) rethrows -> AdversarialFigures {
    var samples = try real()
    var fake = samples
    var verdict: DiscriminatorGradients?
    for step in 1...discriminatorSteps {
      if step > 1 { samples = try real() }
      // Only a pass whose gradient the generator will take moves the generator's own statistics.
      fake =
        step == discriminatorSteps
        ? players.generator(noise())
        : players.generator.withoutUpdatingStatistics {
          withoutGradients { players.generator(noise()) }
        }
      let found = players.discriminatorGradients(real: samples, fake: fake)
      players.discriminatorOptimizer.step(gradients: found.gradients)
      verdict = found
    }
    guard let verdict else { fatalError("a round without a discriminator's step") }
    var generatorLoss = verdict.loss
    for step in 1...generatorSteps {
      if step > 1 { fake = players.generator(noise()) }
      let (gradients, loss) = players.generatorGradients(fake: fake, real: samples)
      players.generatorOptimizer.step(gradients: gradients)
      generatorLoss = loss
    }
    return AdversarialFigures(
      discriminatorLoss: verdict.loss, generatorLoss: generatorLoss,
      realScores: verdict.realScores, fakeScores: verdict.fakeScores)
  }
}

/// What the discriminator's own gradient brought to light.
public struct DiscriminatorGradients {
  public let gradients: [Tensor?]
  /// ℓ_D, detached; so are the scores.
  public let loss: Tensor
  public let realScores: Tensor
  public let fakeScores: Tensor
}

extension AdversarialPlayers {
  /// ∇ℓ_D by the discriminator's parameters alone.
  public func discriminatorGradients(real: Tensor, fake: Tensor) -> DiscriminatorGradients {
    withSpectralNormsAdvancedOnce {
      let fake = fake.detach()
      let scores = scores(real: real, fake: fake)
      let loss = discriminatorLoss(
        real: real, fake: fake, realScores: scores.real, fakeScores: scores.fake)
      return DiscriminatorGradients(
        gradients: discriminatorOptimizer.gradients(of: loss), loss: loss.detach(),
        realScores: scores.real.detach(), fakeScores: scores.fake.detach())
    }
  }

  /// ∇ℓ_G by the generator's parameters alone; the discriminator's statistics stay.
  public func generatorGradients(
    fake: Tensor, real: Tensor
  ) -> (gradients: [Tensor?], loss: Tensor) {
    let fakeScores = quietScores(fake)
    // Losses that do not look at real samples are spared their pass.
    let realScores =
      loss.needsRealInGeneratorStep ? withoutGradients { quietScores(real) } : fakeScores.detach()
    let generatorLoss = loss.generator(fake: fakeScores, real: realScores)
    return (generatorOptimizer.gradients(of: generatorLoss), generatorLoss.detach())
  }
}

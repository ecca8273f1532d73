import Messages
import Torch
import Training

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
    _ players: AdversarialPlayers, _ round: AdversarialRound, _ scope: StepScope
  ) -> AdversarialFigures {
    round.check(updates)
    var noise = round.noise.makeIterator()
    func fakes() -> Tensor {
      guard let noise = noise.next() else { fatalError("a round without noise") }
      return scope.forward { players.generator(noise) }
    }
    // Only a pass whose gradient the generator will take moves the generator's own statistics.
    for real in round.real.dropLast() {
      let fake = players.generator.withoutUpdatingStatistics { withoutGradients(fakes) }
      let found = players.discriminatorGradients(real: real, fake: fake, scope)
      players.discriminatorOptimizer.step(gradients: found.gradients)
    }
    let real = round.real[round.real.count - 1]
    var fake = fakes()
    let verdict = players.discriminatorGradients(real: real, fake: fake, scope)
    players.discriminatorOptimizer.step(gradients: verdict.gradients)
    var generatorLoss = verdict.loss
    for step in 1...generatorSteps {
      if step > 1 { fake = fakes() }
      let (gradients, loss) = players.generatorGradients(fake: fake, real: real, scope)
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
  public func discriminatorGradients(
    real: Tensor, fake: Tensor, _ scope: StepScope = StepScope()
  ) -> DiscriminatorGradients {
    withSpectralNormsAdvancedOnce {
      let fake = fake.detach()
      let scores = scores(real: real, fake: fake, scope)
      let loss = discriminatorLoss(
        real: real, fake: fake, realScores: scores.real, fakeScores: scores.fake)
      return DiscriminatorGradients(
        gradients: discriminatorOptimizer.gradients(of: loss), loss: loss.detach(),
        realScores: scores.real.detach(), fakeScores: scores.fake.detach())
    }
  }

  /// ∇ℓ_G by the generator's parameters alone; the discriminator's statistics stay.
  public func generatorGradients(
    fake: Tensor, real: Tensor, _ scope: StepScope = StepScope()
  ) -> (gradients: [Tensor?], loss: Tensor) {
    let fakeScores = quietScores(fake, scope)
    // Losses that do not look at real samples are spared their pass.
    let realScores =
      loss.needsRealInGeneratorStep
      ? withoutGradients { quietScores(real, scope) } : fakeScores.detach()
    let generatorLoss = loss.generator(fake: fakeScores, real: realScores)
    return (generatorOptimizer.gradients(of: generatorLoss), generatorLoss.detach())
  }
}

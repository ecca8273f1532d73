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
    var noises = round.noise.makeIterator()
    func fakes() -> (samples: Tensor, noise: Tensor) {
      guard let noise = noises.next() else { fatalError("a round without noise") }
      return (scope.forward { players.generator(noise) }, noise)
    }
    // Only a pass whose gradient the generator will take moves the generator's own statistics.
    for real in round.real.dropLast() {
      let fake = players.generator.withoutUpdatingStatistics { withoutGradients(fakes) }
      let found = players.discriminatorGradients(
        real: real, fake: fake.samples, noise: fake.noise, scope, forStep: true)
      players.discriminatorOptimizer.step(gradients: found.gradients)
    }
    let real = round.real[round.real.count - 1]
    var fake = fakes()
    let verdict = players.discriminatorGradients(
      real: real, fake: fake.samples, noise: fake.noise, scope, forStep: true)
    players.discriminatorOptimizer.step(gradients: verdict.gradients)
    var generatorLoss = verdict.loss
    for step in 1...generatorSteps {
      if step > 1 { fake = fakes() }
      let (gradients, loss) = players.generatorGradients(
        fake: fake.samples, noise: fake.noise, real: real, scope, forStep: true)
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
  /// ∇ℓ_D by the discriminator's parameters alone, for fakes of this `noise`.
  ///
  /// - Parameter forStep: As in `Optimizer.gradients`.
  public func discriminatorGradients(
    real: Tensor, fake: Tensor, noise: Tensor, _ scope: StepScope = StepScope(),
    forStep: Bool = false
  ) -> DiscriminatorGradients {
    withSpectralNormsAdvancedOnce {
      let fake = fake.detach()
      let outputs = outputs(real: real, fake: fake, scope)
      var loss = game.discriminator(
        realOutputs: outputs.real, fakeOutputs: outputs.fake, real: real, fake: fake, noise: noise)
      if let penalty = slopePenalty(real: real, fake: fake) { loss += penalty }
      return DiscriminatorGradients(
        gradients: discriminatorOptimizer.gradients(of: loss, forStep: forStep),
        loss: loss.detach(),
        realScores: game.head.score(outputs.real).detach(),
        fakeScores: game.head.score(outputs.fake).detach())
    }
  }

  /// ∇ℓ_G by the generator's parameters alone, for fakes of this `noise`; the discriminator's statistics
  /// stay.
  public func generatorGradients(
    fake: Tensor, noise: Tensor, real: Tensor, _ scope: StepScope = StepScope(),
    forStep: Bool = false
  ) -> (gradients: [Tensor?], loss: Tensor) {
    let fakeOutputs = quietOutputs(fake, scope)
    // Losses that do not look at real samples are spared their pass.
    let realOutputs =
      game.needsRealInGeneratorStep
      ? withoutGradients { quietOutputs(real, scope) } : fakeOutputs.detach()
    let generatorLoss = game.generator(
      fakeOutputs: fakeOutputs, realOutputs: realOutputs, noise: noise)
    return (
      generatorOptimizer.gradients(of: generatorLoss, forStep: forStep), generatorLoss.detach()
    )
  }
}

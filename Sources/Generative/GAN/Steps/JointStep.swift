import Layers
import Messages
import Optimizers
import Torch
import Training

/// One scalar whose gradient is that of both players, and one backward pass (Su Jianlin,
/// 巧断梯度:单个loss实现GAN模型, kexue.fm/archives/6387):
///
///     ℓ_D(T(x_r), T(sg x_f)) + λ [ℓ_G(T(x_f)) − ℓ_G(T(sg x_f))]
///
/// The bracket is 0, and its gradient by the discriminator's weights is 0 too; what is left of it is
/// the generator's gradient. The discriminator passes three batches: real, sg(x_f) and x_f.
///
/// The cancellation needs both passes of the fakes to be the same function. A discriminator that
/// draws random numbers (dropout) is therefore refused; `SplitStep` takes it, because there the fakes
/// pass once. λ scales the generator's step under SGD only: Adam and RMSprop divide it out again, and
/// want a learning rate per player instead.
public struct JointStep: SimultaneousStep {
  /// λ.
  public let generatorWeight: Double

  public init(generatorWeight: Double = 1) { self.generatorWeight = generatorWeight }

  /// The scalar, for fakes that carry the generator's graph and the noise they came from; and what was
  /// found on the way.
  public func loss(
    _ players: AdversarialPlayers, real: Tensor, fake: Tensor, noise: Tensor,
    _ scope: StepScope = StepScope()
  ) -> (total: Tensor, bracket: Tensor, figures: AdversarialFigures) {
    let random = players.randomLayers
    require(
      random.isEmpty,
      "JointStep expected a discriminator that gives the same scores twice, received one with "
        + "dropout (\(random.joined(separator: ", "))); SplitStep works")
    let game = players.game
    let stopped = fake.detach()
    let realOutputs = players.outputs(real, scope)
    let stoppedOutputs = players.outputs(stopped, scope)
    // Running statistics have taken these fakes in already.
    let fakeOutputs = players.quietOutputs(fake, scope)
    var discriminatorLoss = game.discriminator(
      realOutputs: realOutputs, fakeOutputs: stoppedOutputs, real: real, fake: stopped,
      noise: noise)
    if let penalty = players.slopePenalty(real: real, fake: stopped) {
      discriminatorLoss += penalty
    }
    let generatorLoss = game.generator(
      fakeOutputs: fakeOutputs, realOutputs: realOutputs, noise: noise)
    let bracket =
      generatorLoss
      - game.generator(fakeOutputs: stoppedOutputs, realOutputs: realOutputs, noise: noise)
    return (
      discriminatorLoss + generatorWeight * bracket, bracket,
      AdversarialFigures(
        discriminatorLoss: discriminatorLoss, generatorLoss: generatorLoss,
        realScores: game.head.score(realOutputs), fakeScores: game.head.score(stoppedOutputs))
    )
  }

  public func gradients(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor, _ scope: StepScope
  ) -> PlayerGradients {
    players.withSpectralNormsAdvancedOnce {
      let fake = scope.forward { players.generator(noise) }
      let (total, _, figures) = loss(
        players, real: real, fake: fake, noise: noise, scope)
      let discriminator = players.discriminatorOptimizer.parameters
      let all = discriminator + players.generatorOptimizer.parameters
      let gradients = Optimizer.gradients(of: [total], by: all)
      return PlayerGradients(
        discriminator: Array(gradients[..<discriminator.count]),
        generator: Array(gradients[discriminator.count...]), figures: figures)
    }
  }
}

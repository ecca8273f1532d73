import Layers
import Optimizers
import Torch
import Training

/// Both players' gradients from one set of forward passes: real and fake samples pass the
/// discriminator once, and each loss is differentiated by its own player's weights only.
///
/// The gradients are those of `JointStep` (and of the two losses alone), with two passes through the
/// discriminator instead of three. Random layers do no harm: both losses see the same masks.
///
/// Where samples do not meet in the discriminator, even its backward pass is shared. For one fake
/// sample both losses need the same vector ∂T/∂x, once times ∂ℓ_D/∂T and once times ∂ℓ_G/∂T, so the
/// generator's share is the discriminator's times the quotient of the two factors:
///
///     ∂ℓ_G/∂x_i = (∂ℓ_G/∂T_i) / (∂ℓ_D/∂T_i) · ∂ℓ_D/∂x_i
///
/// This is exact up to rounding. It is left for two backward passes when a factor ∂ℓ_D/∂T_i vanishes
/// (a hinge that a sample has passed), when batch normalization couples samples, where a sample has
/// several outputs, and for a gradient penalty.
public struct SplitStep: SimultaneousStep {
  /// Whether one backward pass may serve both players where that is exact.
  public let sharesBackward: Bool

  public init(sharesBackward: Bool = true) { self.sharesBackward = sharesBackward }

  public func gradients(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor, _ scope: StepScope
  ) -> PlayerGradients {
    players.withSpectralNormsAdvancedOnce {
      let fake = scope.forward { players.generator(noise) }
      // The discriminator sees a leaf: its backward pass ends there, whoever asked for it.
      let leaf = fake.detach().requiringGradient()
      let (realOutputs, fakeOutputs) = players.outputs(real: real, fake: leaf, scope)
      let slopes = OutputSlopes(
        players.game, realOutputs: realOutputs, fakeOutputs: fakeOutputs, real: real, fake: leaf,
        noise: noise)
      let parameters = players.discriminatorOptimizer.parameters

      var discriminator: [Tensor?]
      let fakeGradient: Tensor
      if sharesBackward, players.scoresSamplesApart, let quotient = slopes.quotient {
        discriminator = Optimizer.gradients(
          of: [realOutputs, fakeOutputs], by: parameters, and: [leaf],
          outputGradients: [slopes.discriminatorByReal, slopes.discriminatorByFake])
        let shape = [quotient.size(0)] + Array(repeating: 1, count: leaf.rank - 1)
        let last = discriminator.removeLast() ?? .zeros(like: leaf)
        fakeGradient = (last * quotient.reshaped(shape)).to(leaf.dtype)
      } else {
        fakeGradient =
          Torch.gradients(
            of: [fakeOutputs], withRespectTo: [leaf], outputGradients: [slopes.generatorByFake],
            retainGraph: true)[0]
        discriminator = Optimizer.gradients(
          of: [realOutputs, fakeOutputs], by: parameters,
          outputGradients: [slopes.discriminatorByReal, slopes.discriminatorByFake])
      }
      if let penalty = players.slopePenalty(real: real, fake: fake) {
        let punished = Optimizer.gradients(of: [penalty], by: parameters)
        discriminator = zip(discriminator, punished).map { plain, extra in
          guard let plain, let extra else { return plain ?? extra }
          return plain + extra
        }
      }
      return PlayerGradients(
        discriminator: discriminator,
        generator: Optimizer.gradients(
          of: [fake], by: players.generatorOptimizer.parameters, outputGradients: [fakeGradient]),
        figures: slopes.figures)
    }
  }
}

/// The derivatives of both losses by the discriminator's outputs, `(B, k)` each: all that the losses tell
/// the networks.
private struct OutputSlopes {
  let discriminatorByReal: Tensor
  let discriminatorByFake: Tensor
  let generatorByFake: Tensor
  let figures: AdversarialFigures

  init(
    _ game: AdversarialGame, realOutputs: Tensor, fakeOutputs: Tensor, real: Tensor, fake: Tensor,
    noise: Tensor
  ) {
    let realLeaf = realOutputs.detach().requiringGradient()
    let fakeLeaf = fakeOutputs.detach().requiringGradient()
    let discriminator = game.discriminator(
      realOutputs: realLeaf, fakeOutputs: fakeLeaf, real: real, fake: fake, noise: noise)
    let generator = game.generator(
      fakeOutputs: fakeLeaf, realOutputs: realLeaf.detach(), noise: noise)
    let slopes = Torch.gradients(of: discriminator, withRespectTo: [realLeaf, fakeLeaf])
    discriminatorByReal = slopes[0]
    discriminatorByFake = slopes[1]
    generatorByFake = Torch.gradients(of: generator, withRespectTo: [fakeLeaf])[0]
    figures = AdversarialFigures(
      discriminatorLoss: discriminator, generatorLoss: generator,
      realScores: game.head.score(realLeaf), fakeScores: game.head.score(fakeLeaf))
  }

  /// ∂ℓ_G/∂T over ∂ℓ_D/∂T by sample; `nil` where there are several outputs, or precision would be lost.
  var quotient: Tensor? {
    // Far below, a product with the factor would be rounded as a subnormal number.
    guard discriminatorByFake.size(1) == 1, discriminatorByFake.abs().min().item() > 1e-20 else {
      return nil
    }
    return generatorByFake / discriminatorByFake
  }
}

import Torch

/// What both players of a GAN minimize: a loss of the scores, the discriminator's regularizers, and how
/// its outputs are read. Values, so that any loss goes with any regularizer:
///
///     AdversarialGame(.wasserstein, pairPenalty: PairPenalty(.meanAbsolute))        // GAN-QP
///     AdversarialGame(.wasserstein, slopePenalty: .divergence())                    // WGAN-div
///     AdversarialGame(.hinge, head: .scores(weights: [1, 1, 1]))                    // cascading rejection
public struct AdversarialGame: Sendable {
  public var loss: AdversarialLoss
  /// Punishes the discriminator's slope; needs second derivatives.
  public var slopePenalty: GradientPenalty?
  /// Punishes the discriminator's score differences.
  public var pairPenalty: PairPenalty?
  public var head: ScoreHead

  public init(
    _ loss: AdversarialLoss, slopePenalty: GradientPenalty? = nil, pairPenalty: PairPenalty? = nil,
    head: ScoreHead = .score
  ) {
    self.loss = loss
    self.slopePenalty = slopePenalty
    self.pairPenalty = pairPenalty
    self.head = head
  }

  /// Whether the generator's loss looks at the discriminator's outputs for real samples.
  var needsRealInGeneratorStep: Bool { loss.needsRealInGeneratorStep }

  /// ℓ_D of outputs `(B, k)` without the slope penalty, which is no function of them; a scalar.
  ///
  /// `real` and `fake` are the samples, `noise` what the fake ones came from.
  func discriminator(
    realOutputs: Tensor, fakeOutputs: Tensor, real: Tensor, fake: Tensor, noise: Tensor
  ) -> Tensor {
    let distances = pairPenalty?.distances(real: real, fake: fake)
    let terms = zip(head.columns(realOutputs), head.columns(fakeOutputs)).map { real, fake in
      var term = loss.discriminator(real: real.scores, fake: fake.scores)
      if let pairPenalty, let distances {
        term =
          term
          + pairPenalty(realScores: real.scores, fakeScores: fake.scores, distances: distances)
      }
      return real.weight == 1 ? term : term * real.weight
    }
    return withCorrelation(terms.dropFirst().reduce(terms[0], +), fakeOutputs, noise)
  }

  /// ℓ_G of outputs `(B, k)`, a scalar.
  func generator(fakeOutputs: Tensor, realOutputs: Tensor, noise: Tensor) -> Tensor {
    let terms = zip(head.columns(fakeOutputs), head.columns(realOutputs)).map { fake, real in
      let term = loss.generator(fake: fake.scores, real: real.scores)
      return fake.weight == 1 ? term : term * fake.weight
    }
    return withCorrelation(terms.dropFirst().reduce(terms[0], +), fakeOutputs, noise)
  }

  private func withCorrelation(_ loss: Tensor, _ fakeOutputs: Tensor, _ noise: Tensor) -> Tensor {
    guard case .code(let weight) = head, weight != 0 else { return loss }
    return loss - weight * codeCorrelation(noise.to(fakeOutputs.dtype), fakeOutputs).mean()
  }
}

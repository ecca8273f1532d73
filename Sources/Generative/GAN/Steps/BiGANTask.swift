import Datasets
import Layers
import Messages
import Optimizers
import Torch
import Training

/// BiGAN-QP: a generator and an encoder against one discriminator of pairs (x, z) (Su Jianlin,
/// BiGAN-QP：简单清晰的编码&生成模型, kexue.fm/archives/6214).
///
/// With Δ = T(x_r, E(x_r)) − T(G(z), z) and d = 10 (mean |x_r − x_f| + mean |E(x_r) − z|) by sample, the
/// discriminator minimizes mean (−Δ + Δ²/(2d)), the generator and the encoder together
///
///     mean Δ + β₁ mean (z − E(sg G(z)))² + β₂ mean (x_r − G(sg E(x_r)))²
///
/// whose squared errors are guides: β₁'s trains the encoder only, β₂'s the generator only. Without them the
/// game rarely finds two maps that are each other's inverse.
public final class BiGANPlayers {
  public let generator: Layer
  public let encoder: Layer
  /// From samples to features, and from features with a code `(B, k + n)` to scores `(B, 1)`.
  public let body: Layer
  public let head: Layer
  /// β₁ and β₂.
  public let guides: (encoder: Double, generator: Double)
  public let mapsOptimizer: Optimizer
  public let discriminatorOptimizer: Optimizer
  private let maps: Pair
  private let discriminator: Pair
  private let penalty = PairPenalty(.meanAbsolute)

  /// Two layers under one optimizer.
  private final class Pair: Module {
    let first: Layer
    let second: Layer

    init(_ first: Layer, _ second: Layer) {
      self.first = first
      self.second = second
      super.init()
    }
  }

  public init(
    generator: Layer, encoder: Layer, body: Layer, head: Layer,
    guides: (encoder: Double, generator: Double) = (2, 3), rule: any OptimizerSpecification
  ) {
    self.generator = generator
    self.encoder = encoder
    self.body = body
    self.head = head
    self.guides = guides
    maps = Pair(generator, encoder)
    discriminator = Pair(body, head)
    mapsOptimizer = Optimizer(rule, for: maps)
    discriminatorOptimizer = Optimizer(rule, for: discriminator)
  }

  /// T(x, z), `(B)`.
  public func scores(_ samples: Tensor, _ codes: Tensor) -> Tensor {
    head(.concatenate([body(samples).flattened(from: 1), codes], axis: 1)).reshaped(-1)
  }

  /// ℓ_T of real samples and noise `(B, n)`; the maps are constants.
  public func discriminatorLoss(real: Tensor, noise: Tensor) -> Tensor {
    let (fake, code) = withoutGradients {
      maps.withoutUpdatingStatistics { (generator(noise), encoder(real)) }
    }
    let realScores = scores(real, code)
    let fakeScores = scores(fake, noise)
    // The distance of pairs: that of the samples and that of the codes.
    let distances =
      penalty.distances(real: real, fake: fake) + penalty.distances(real: code, fake: noise)
    return (fakeScores - realScores).mean()
      + penalty(realScores: realScores, fakeScores: fakeScores, distances: distances)
  }

  /// What the maps minimize, and its parts: the game, the encoder's guide, the generator's guide.
  public func mapsLoss(
    real: Tensor, noise: Tensor
  ) -> (total: Tensor, game: Tensor, encoderGuide: Tensor, generatorGuide: Tensor) {
    let fake = generator(noise)
    let code = encoder(real)
    let game = discriminator.withoutUpdatingStatistics {
      (scores(real, code) - scores(fake, noise)).mean()
    }
    let (again, rebuilt) = maps.withoutUpdatingStatistics {
      (encoder(fake.detach()), generator(code.detach()))
    }
    let encoderGuide = (noise - again).square().mean()
    let generatorGuide = (real - rebuilt).square().mean()
    return (
      game + guides.encoder * encoderGuide + guides.generator * generatorGuide, game, encoderGuide,
      generatorGuide
    )
  }
}

/// Rounds of two updates of the discriminator and one of the maps.
public final class BiGANTask: TrainingTask {
  public let players: BiGANPlayers
  public let noiseSize: Int
  private let loader: BatchLoader

  public init(_ players: BiGANPlayers, noiseSize: Int, loader: BatchLoader) {
    self.players = players
    self.noiseSize = noiseSize
    self.loader = loader
  }

  /// Three batches of samples, and noise for each.
  public func nextBatch() throws -> AdversarialRound {
    let real = try (0..<3).map { _ in try loader.next() }
    try real.checkParts()
    return AdversarialRound(
      real: real.map(\.input),
      noise: real.map { $0.ownRows(of: .normal([$0.wholeCount, noiseSize])) })
  }

  public func update(
    _ round: AdversarialRound, step: Int, _ scope: StepScope
  ) -> [String: Tensor] {
    var figures: [String: Tensor] = [:]
    for (index, (real, noise)) in zip(round.real, round.noise).enumerated() {
      let (real, noise) = (real.to(scope.device), noise.to(scope.device))
      if index < 2 {
        let loss = players.discriminatorLoss(real: real, noise: noise)
        let gradients = players.discriminatorOptimizer.gradients(of: loss)
        players.discriminatorOptimizer.step(gradients: gradients)
        figures["loss/discriminator"] = loss.detach()
      } else {
        let loss = players.mapsLoss(real: real, noise: noise)
        players.mapsOptimizer.step(gradients: players.mapsOptimizer.gradients(of: loss.total))
        figures["loss/maps"] = loss.total.detach()
        figures["guide/codes"] = loss.encoderGuide.detach()
        figures["guide/samples"] = loss.generatorGuide.detach()
      }
    }
    return figures
  }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [
      ("generator", players.generator), ("encoder", players.encoder), ("body", players.body),
      ("head", players.head), ("maps-optimizer", players.mapsOptimizer),
      ("discriminator-optimizer", players.discriminatorOptimizer), ("loader", loader),
    ]
  }
}

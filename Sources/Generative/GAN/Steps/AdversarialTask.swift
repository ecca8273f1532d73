import Datasets
import Layers
import Messages
import Torch
import Training

extension [Batch] {
  /// Throws `InputError` where several ranks have parts of batches of different lengths: a round's updates then count
  /// each part alike.
  func checkParts() throws {
    guard let first, first.share != nil, contains(where: { $0.wholeCount != first.wholeCount })
    else { return }
    throw InputError(
      "a round of \(count) batches has some of \(first.wholeCount) and some of "
        + "\(map(\.wholeCount).min() ?? 0) examples, which ranks cannot weigh; a loader that drops the last, short "
        + "batch (`dropsLast`) would work")
  }
}

/// Adversarial training as a trainer sees it: rounds of an `AdversarialStep` on batches of a loader.
///
/// Noise is standard normal, from the process-wide generator, which checkpoints hold.
public final class AdversarialTask: TrainingTask {
  public let players: AdversarialPlayers
  public let step: any AdversarialStep
  public let noiseSize: Int
  private let loader: BatchLoader

  public init(
    _ players: AdversarialPlayers, step: any AdversarialStep, noiseSize: Int, loader: BatchLoader
  ) {
    self.players = players
    self.step = step
    self.noiseSize = noiseSize
    self.loader = loader
  }

  /// Everything one round takes, so that the same round can be repeated.
  public func nextBatch() throws -> AdversarialRound {
    let (discriminator, generator) = step.updates
    let real = try (0..<discriminator).map { _ in try loader.next() }
    try real.checkParts()
    let noise = (0..<discriminator + generator - 1).map { _ in
      real[0].ownRows(
        of: .normal([real[0].wholeCount, noiseSize], device: players.device))
    }
    return AdversarialRound(real: real.map(\.input), noise: noise)
  }

  public func update(
    _ round: AdversarialRound, step number: Int, _ scope: StepScope
  ) throws -> [String: Tensor] {
    let round = AdversarialRound(
      real: round.real.map { $0.to(scope.device) }, noise: round.noise.map { $0.to(scope.device) })
    return step.update(players, round, scope).values
  }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [
      ("generator", players.generator), ("discriminator", players.discriminator),
      ("generator-optimizer", players.generatorOptimizer),
      ("discriminator-optimizer", players.discriminatorOptimizer), ("loader", loader),
    ]
  }

  /// Samples of the generator in inference mode, `(count, …)`, from the given noise `(count, n)`; of
  /// the moving average of its weights, if its optimizer keeps one.
  public static func samples(_ players: AdversarialPlayers, noise: Tensor) -> Tensor {
    func samples() -> Tensor {
      withoutGradients { .concatenate(noise.split(500).map { players.generator($0) }) }
    }
    let optimizer = players.generatorOptimizer
    return players.generator.evaluating {
      optimizer.keepsAverages ? optimizer.withAverages(samples) : samples()
    }
  }
}

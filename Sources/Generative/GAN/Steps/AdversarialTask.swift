import Datasets
import Torch
import Training

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

  public func nextBatch() throws -> Batch { loader.next() }

  public func update(
    _ batch: Batch, step number: Int, _ scope: StepScope
  ) throws -> [String: Tensor] {
    var first: Batch? = batch
    let figures = scope.forward {
      step.update(
        players,
        real: {
          let batch = first ?? loader.next()
          first = nil
          return batch.inputs.to(scope.device)
        },
        noise: {
          Tensor.normal([batch.inputs.size(0), noiseSize], device: scope.device)
        })
    }
    return figures.values
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
    let wasTraining = players.generator.isTraining
    players.generator.evaluate()
    defer { players.generator.train(wasTraining) }
    func samples() -> Tensor {
      withoutGradients { .concatenate(noise.split(500).map { players.generator($0) }) }
    }
    let optimizer = players.generatorOptimizer
    return optimizer.keepsAverages ? optimizer.withAverages(samples) : samples()
  }
}

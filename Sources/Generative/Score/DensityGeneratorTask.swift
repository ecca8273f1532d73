import Datasets
import Layers
import Optimizers
import Torch
import Training

/// A generator trained towards the data by the densities of both (Su Jianlin, kexue.fm/archives/7038; Bigdeli
/// et al. 2020): one network learns σ² ln p̂ of the data, another σ² ln q̂ of what the generator makes, and the
/// generator descends
///
///     E_z [E_q(G(z) + ε) − E_p(G(z) + ε)] ≈ σ² KL(q̂ ‖ p̂),  ε ~ N(0, σ²).
///
/// E_p is learned before or beside; a round is so many updates of E_q and one of the generator.
public final class DensityGeneratorTask: TrainingTask {
  public let generator: Layer
  /// E_p, which stands still.
  public let data: LogDensityNetwork
  /// E_q.
  public let model: LogDensityNetwork
  public let modelSteps: Int
  /// Whether E_q takes part; without it nothing keeps samples apart.
  public let usesModel: Bool
  public let batch: Int
  public let noiseSize: Int
  private let generatorOptimizer: Optimizer
  private let modelOptimizer: Optimizer

  public init(
    generator: Layer, data: LogDensityNetwork, model: LogDensityNetwork, modelSteps: Int = 5,
    usesModel: Bool = true, batch: Int = 256, noiseSize: Int = 2,
    generatorRule: any OptimizerSpecification, modelRule: any OptimizerSpecification
  ) {
    self.generator = generator
    self.data = data
    self.model = model
    self.modelSteps = modelSteps
    self.usesModel = usesModel
    self.batch = batch
    self.noiseSize = noiseSize
    generatorOptimizer = Optimizer(generatorRule, for: generator)
    modelOptimizer = Optimizer(modelRule, for: model.network)
  }

  /// Noise for the generator: a batch for each update of either.
  public func nextBatch() -> [Tensor] {
    (0...modelSteps).map { _ in Tensor.normal([batch, noiseSize]) }
  }

  public func update(
    _ noises: [Tensor], step: Int, _ scope: StepScope
  ) -> [String: Tensor] {
    var figures: [String: Tensor] = [:]
    if usesModel {
      for noise in noises.dropLast() {
        let samples = withoutGradients { generator(noise) }
        let loss = model.loss(samples)
        modelOptimizer.step(gradients: modelOptimizer.gradients(of: loss))
        figures["loss/model density"] = loss.detach()
      }
    }
    let samples = generator(noises[noises.count - 1])
    let noisy = samples + data.noise * Tensor.normal(like: samples)
    var loss = -data(noisy).mean()
    if usesModel { loss += model(noisy).mean() }
    generatorOptimizer.step(gradients: generatorOptimizer.gradients(of: loss))
    figures["loss/generator"] = loss.detach()
    return figures
  }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [
      ("generator", generator), ("model", model.network),
      ("generator-optimizer", generatorOptimizer), ("model-optimizer", modelOptimizer),
    ]
  }
}

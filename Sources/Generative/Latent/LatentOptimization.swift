import Datasets
import Layers
import Optimizers
import Torch
import Training

/// Generative latent optimization: one code a training image, learned together with the map from codes to
/// images, min mean d(x_i, G(ẑ_i / ‖ẑ_i‖)), the codes on the unit sphere after each epoch (Bojanowski et al.
/// 2017; Hoshen et al. 2018, arXiv 1812.08985; Su Jianlin, kexue.fm/archives/6394).
public final class LatentOptimizationTask: TrainingTask {
  /// The codes, a row an image.
  public let codes: Embedding
  public let generator: Layer
  public let images: Tensor
  private let distance: any PerceptualDistance
  private let codeOptimizer: Optimizer
  private let generatorOptimizer: Optimizer
  /// Gives places of images.
  private let loader: BatchLoader

  /// - Parameter images: `(M, C, H, W)`.
  public init(
    _ images: Tensor, generator: Layer, codeSize: Int, batch: Int = 128,
    distance: any PerceptualDistance = LaplacianDistance(),
    codeRule: any OptimizerSpecification, generatorRule: any OptimizerSpecification, seed: UInt64
  ) throws {
    self.images = images
    self.generator = generator
    self.distance = distance
    loader = try BatchLoader(
      Dataset(inputs: .range(images.size(0))),
      .init(batchSize: min(batch, images.size(0)), seed: seed, dropsLast: true))
    codes = Embedding(
      images.size(0), codeSize, weightInitializer: .normal(standardDeviation: 0.01),
      generator: RandomGenerator(seed: seed))
    codeOptimizer = Optimizer(codeRule, for: codes)
    generatorOptimizer = Optimizer(generatorRule, for: generator)
    projectCodes()
  }

  public var batchesPerEpoch: Int? { loader.batchesPerEpoch }

  /// The images of codes `(N, n)`, whose lengths do not count and pass no gradient.
  public func images(ofCodes codes: Tensor) -> Tensor {
    generator(codes / codes.detach().norm(axis: 1, keepAxes: true).clamp(minimum: 1e-8))
  }

  /// The places of the next images.
  public func nextBatch() throws -> Tensor { try loader.next().input }

  public func update(_ places: Tensor, step: Int, _ scope: StepScope) -> [String: Tensor] {
    let loss = distance(images(ofCodes: codes(places)), images.gatherRows(places))
    let parameters = codeOptimizer.parameters + generatorOptimizer.parameters
    let gradients = Optimizer.gradients(of: [loss], by: parameters)
    codeOptimizer.step(gradients: Array(gradients[..<1]))
    generatorOptimizer.step(gradients: Array(gradients[1...]))
    if let epoch = batchesPerEpoch, (step + 1) % epoch == 0 { projectCodes() }
    return ["loss": loss.detach()]
  }

  /// Puts every code back on the unit sphere.
  private func projectCodes() {
    let table = codes.weight
    table.assign(table.value.detach().normalized(axis: 1))
  }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [
      ("codes", codes), ("generator", generator), ("code-optimizer", codeOptimizer),
      ("generator-optimizer", generatorOptimizer), ("loader", loader),
    ]
  }
}

/// A map from noise to codes, trained by nearest-neighbor matching: the second half of GLANN. An update is an
/// epoch: twice as many noises as codes are mapped, each code draws its nearest, and the pairs are fitted in
/// batches.
public final class CodeMatchingTask: TrainingTask {
  /// From noise `(N, e)` to codes `(N, n)`.
  public let map: Layer
  public let codes: Tensor
  public let noiseSize: Int
  private let optimizer: Optimizer
  private let batch: Int

  public init(
    _ map: Layer, codes: Tensor, noiseSize: Int, batch: Int = 128, rule: any OptimizerSpecification
  ) {
    self.map = map
    self.codes = codes.detach()
    self.noiseSize = noiseSize
    self.batch = min(batch, codes.size(0))
    optimizer = Optimizer(rule, for: map)
  }

  public func nextBatch() -> Tensor { Tensor.normal([2 * codes.size(0), noiseSize]) }

  public func update(_ noise: Tensor, step: Int, _ scope: StepScope) -> [String: Tensor] {
    let mapped = map.evaluating { withoutGradients { map(noise) } }
    let chosen = NearestNeighborMatching.nearest(to: codes, among: mapped)
    let distance =
      (codes - mapped.gatherRows(chosen)).norm(axis: 1).mean()
    let order = Tensor.permutation(codes.size(0))
    for places in order.split(batch) where places.size(0) == batch {
      let picked = noise.gatherRows(chosen.gatherRows(places))
      optimizer.step { map(picked).squaredError(codes.gatherRows(places)) }
    }
    return ["distance": distance]
  }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [("map", map), ("optimizer", optimizer)]
  }
}

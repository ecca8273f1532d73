import Datasets
import Foundation
import Generative
import Layers
import Optimizers
import Recipes
import Torch
import Training

/// The ring of eight Gaussians under noise, whose density and score are known, and a network that learns them
/// by denoising: what both recipes of 从去噪自编码器到生成模型 begin with.
struct NoisedRing {
  let noise: Double
  let data: Dataset
  let clean = GaussianMixture(centers: ToySets.ringCenters, deviation: ToySets.ringDeviation)
  var noised: GaussianMixture { clean.noised(noise) }
  let energy: LogDensityNetwork

  /// Trains the network, as the run's training `density`.
  init<Settings>(
    noise: Double, width: Int, rate: Double, steps: Int, batch: Int, _ run: Running<Settings>
  ) throws {
    self.noise = noise
    data = ToySets.ring(count: 50_000, seed: run.seed)
    let network = Self.network(width: width, seed: run.seed)
    let energy = LogDensityNetwork(network, noise: noise)
    self.energy = energy
    let task = SupervisedTask(
      network,
      optimizer: Optimizer(
        Adam(learningRate: rate).withSchedule(Self.cosine(over: steps)), for: network),
      loader: try BatchLoader(data, .init(batchSize: batch, seed: run.seed))
    ) { batch in
      energy.loss(batch.input)
    } loss: { value, _ in
      value.mean()
    }
    try run.train(task, named: "density", steps: steps) { $0.device = .cpu }
  }

  /// 2 → width × 3 → 1 with SiLU, whose slope is smooth.
  static func network(width: Int, seed: UInt64) -> Sequential {
    ToyNetworks.perceptron(
      [2, width, width, width, 1], .silu, generator: RandomGenerator(seed: seed))
  }

  static func cosine(over steps: Int) -> Schedule {
    Schedule("cosine over \(steps)") {
      0.5 * (1 + cos(Double.pi * min(1, Double($0) / Double(steps))))
    }
  }

  /// Points with noise, of another draw than those of training.
  func noisyPoints(count: Int, seed: UInt64) -> Tensor {
    ToySets.ring(count: count, seed: seed &+ 1).inputs
      + noise * Tensor.normal([count, 2], generator: RandomGenerator(seed: seed &+ 2))
  }
}

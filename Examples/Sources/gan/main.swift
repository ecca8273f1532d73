// A GAN that learns eight clusters in the plane; what counts is how many of its points lie in one.
//     swift run -c release gan [SEED]
import Datasets
import Generative
import Layers
import Optimizers
import Torch
import Training

let seed = UInt64(CommandLine.arguments.dropFirst().first ?? "0") ?? 0
RandomGenerator.seedAll(seed)
func network(_ inputs: Int, _ outputs: Int) -> Layer {
  Sequential(
    Dense(inputs, 128), Activation(.relu), Dense(128, 128), Activation(.relu), Dense(128, outputs))
}
let adam = Adam(learningRate: 1e-3, beta1: 0.5)
let players = AdversarialPlayers(
  generator: network(2, 2), discriminator: network(2, 1), loss: .standard,
  generatorOptimizer: adam, discriminatorOptimizer: adam)
let loader = try BatchLoader(
  ToySets.ring(count: 10_000, seed: seed), .init(batchSize: 256, seed: seed))
_ = try Trainer(TrainingOptions(steps: 3000, logInterval: 100)).fit(
  AdversarialTask(players, step: AlternatingStep(), noiseSize: 2, loader: loader))
let points = AdversarialTask.samples(players, noise: .normal([2000, 2]))
let found = ModeCoverage(points, centers: ToySets.ringCenters, deviation: ToySets.ringDeviation)
print("clusters", found.covered())
print("share", found.quality)

import Datasets
import Foundation
import Generative
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// 从去噪自编码器到生成模型, its second way: samples by a random walk along the slope that denoising learns.
public enum DenoisingScoreArticle: Article {
  public static let card = RecipeCard(
    name: "denoising-score", title: "从去噪自编码器到生成模型（得分）",
    summary:
      "Learns a score by denoising at one scale and an energy at many, samples by Langevin's walk and by "
      + "annealing, and denoises the ends once.",
    date: "2019-10-31", archive: 7038, data: "a ring of eight Gaussians drawn from the seed",
    duration: "1 min")

  public struct Settings: RecipeSettings {
    @Knob("σ of the one scale", expects: "a positive number", where: { $0 > 0 }) var noise = 0.3
    @Knob("the smallest of many scales", expects: "a positive number", where: { $0 > 0 })
    var leastNoise = 0.05
    @Knob("the largest of many scales", expects: "a positive number", where: { $0 > 0 })
    var mostNoise = 1.2
    @Knob("σ₀, the scale that the energy is of", expects: "a positive number", where: { $0 > 0 })
    var referenceNoise = 0.2
    @Knob("units of the networks' hidden layers", in: 2...) var width = 128
    @Knob("Adam's learning rate", expects: "a positive number", where: { $0 > 0 }) var rate = 2e-3
    @Knob("updates of either network", in: 1...) var steps = 3000
    @Knob("points of an update", in: 2...) var batch = 512
    @Knob("steps of a walk", in: 1...) var walk = 500

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let ring = try NoisedRing(
      noise: settings.noise, width: settings.width, rate: settings.rate, steps: settings.steps,
      batch: settings.batch, run)
    let random = RandomGenerator(seed: run.seed &+ 4)
    let count = 4000
    let start = Tensor.uniform([count, 2], generator: random) * 6 - 3
    let variance = settings.noise * settings.noise
    let end = LangevinSampling.walk(
      from: start, steps: settings.walk, size: 0.01, generator: random
    ) { ring.energy.slope($0) / variance }
    let energy = try manyScales(ring.data, run)
    let cooled = LangevinSampling.anneal(
      from: Tensor.normal([count, 2], generator: random) * 2,
      temperatures: LangevinSampling.temperatures(
        hot: settings.walk / 5, cooling: settings.walk, freezing: settings.walk / 10, highest: 20),
      size: settings.referenceNoise / 4, generator: random
    ) { energy.slope($0) }
    let reference = settings.referenceNoise * settings.referenceNoise
    return [
      DensityFit(ring, run),
      Walks(
        expectedShare: 1 - exp(-0.08 / (ring.noised.deviation * ring.noised.deviation)),
        start: RingSamples("start", start), walked: RingSamples("walked", end),
        denoised: RingSamples("walked and denoised", ring.energy.denoised(end)),
        twice: RingSamples("denoised twice", ring.energy.denoised(ring.energy.denoised(end))),
        annealed: RingSamples(
          "annealed and denoised", cooled - reference * energy.slope(cooled)),
        truth: RingSamples("data", ring.data.inputs[..<count])),
    ]
  }

  /// The energy of many scales, as the run's training `energy`.
  private static func manyScales(
    _ data: Dataset, _ run: Running<Settings>
  ) throws -> EnergyNetwork {
    let settings = run.settings
    let network = NoisedRing.network(width: settings.width, seed: run.seed &+ 3)
    let energy = EnergyNetwork(
      network, referenceNoise: settings.referenceNoise,
      noises: .linspace(
        settings.leastNoise, settings.mostNoise, count: settings.batch, dtype: .float32))
    let task = SupervisedTask(
      network,
      optimizer: Optimizer(
        Adam(learningRate: settings.rate).withSchedule(NoisedRing.cosine(over: settings.steps)),
        for: network),
      loader: try BatchLoader(
        data, .init(batchSize: settings.batch, seed: run.seed, dropsLast: true))
    ) { batch in
      energy.loss(batch.input)
    } loss: { value, _ in
      value.mean()
    }
    try run.train(task, named: "energy", steps: settings.steps) { $0.device = .cpu }
    return energy
  }
}

private struct Walks: Finding {
  /// The share of the noised data within 0.4 of their own center.
  let expectedShare: Double
  let start, walked, denoised, twice, annealed, truth: RingSamples

  var metrics: [String: Double] {
    [
      "distance/start": start.meanDistance, "distance/walked": walked.meanDistance,
      "distance/denoised": denoised.meanDistance, "distance/denoised twice": twice.meanDistance,
      "distance/annealed": annealed.meanDistance, "distance/data": truth.meanDistance,
      "annealed/smallest mode": annealed.shares.least,
      "annealed/largest mode": annealed.shares.most,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "walk",
        statement:
          "a walk along the learned score ends where the noised data are: share within 0.4 of a "
          + "center, over that of a Gaussian of the noised width",
        measured: walked.coverage.quality / expectedShare, equals: 1, within: 0.1),
      Claim(
        id: "denoised",
        statement: "and denoising takes the noise off: mean distance to the nearest center",
        measured: denoised.meanDistance, atMost: 0.12),
      Claim(
        id: "proportions-least",
        statement: "every mode has its share: the smallest, where 1/8 is right",
        measured: denoised.shares.least, atLeast: 0.08),
      Claim(
        id: "proportions-most", statement: "none has much more: the largest",
        measured: denoised.shares.most, atMost: 0.17),
      Claim(
        id: "annealed",
        statement:
          "so does annealing along an energy of many scales: mean distance to the nearest center",
        measured: annealed.meanDistance, atMost: 0.2),
      Claim(
        id: "annealed-modes", statement: "and finds every mode: the smallest share",
        measured: annealed.shares.least, atLeast: 0.04),
    ]
  }

  var section: Report.Section? {
    RingSamples.section(
      "Samples by walks", [start, walked, denoised, twice, annealed, truth])
  }
}

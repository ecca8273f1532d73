import Generative
import Optimizers
import Recipes
import Reports
import Torch

/// 从去噪自编码器到生成模型, its first way: a generator trained by the densities that denoising learns.
public enum DenoisingDensityArticle: Article {
  public static let card = RecipeCard(
    name: "denoising-density", title: "从去噪自编码器到生成模型（密度）",
    summary:
      "Learns a density by denoising, then trains a generator to have the same one, and shows what happens "
      + "without the generator's own density.",
    date: "2019-10-31", archive: 7038, data: "a ring of eight Gaussians drawn from the seed",
    duration: "3 min")

  public struct Settings: RecipeSettings {
    @Knob("σ of the noise", expects: "a positive number", where: { $0 > 0 }) var noise = 0.3
    @Knob("units of the networks' hidden layers", in: 2...) var width = 128
    @Knob(
      "Adam's learning rate for the data's density", expects: "a positive number",
      where: { $0 > 0 }) var rate = 2e-3
    @Knob("updates of the data's density", in: 1...) var steps = 3000
    @Knob("points of an update", in: 2...) var batch = 512
    @Knob("updates of the generator", in: 1...) var generatorSteps = 2400
    @Knob("updates of the generator's density for one of it", in: 1...) var densitySteps = 5

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let ring = try NoisedRing(
      noise: settings.noise, width: settings.width, rate: settings.rate, steps: settings.steps,
      batch: settings.batch, run)
    func samples(_ name: String, usesModel: Bool, steps: Int) throws -> RingSamples {
      let generator = ToyNetworks.pointGenerator(
        width: settings.width, generator: RandomGenerator(seed: run.seed &+ 1))
      let task = DensityGeneratorTask(
        generator: generator, data: ring.energy,
        model: LogDensityNetwork(
          NoisedRing.network(width: settings.width, seed: run.seed &+ 2), noise: settings.noise),
        modelSteps: settings.densitySteps, usesModel: usesModel,
        generatorRule: Adam(learningRate: 1e-3, beta1: 0.5), modelRule: Adam(learningRate: 1e-3))
      try run.train(
        task, named: usesModel ? "generator" : "generator-alone", steps: steps
      ) { $0.device = .cpu }
      let noise = Tensor.normal([8000, 2], generator: RandomGenerator(seed: run.seed &+ 3))
      return RingSamples(name, withoutGradients { generator(noise) })
    }
    return [
      DensityFit(ring, run),
      GeneratedByDensities(
        both: try samples(
          "both densities", usesModel: true, steps: settings.generatorSteps),
        dataAlone: try samples(
          "the data's density alone", usesModel: false, steps: settings.generatorSteps / 4 + 1)),
    ]
  }
}

private struct GeneratedByDensities: Finding {
  let both: RingSamples
  let dataAlone: RingSamples

  var metrics: [String: Double] {
    [
      "generator/within 0.4": both.coverage.quality, "generator/smallest mode": both.shares.least,
      "generator/divergence": both.coverage.divergence,
      "data alone/divergence": dataAlone.coverage.divergence,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "modes", statement: "the generator finds every mode: the smallest share of samples",
        measured: both.shares.least, atLeast: 0.02),
      Claim(
        id: "quality", statement: "and lands near one: share of samples within 0.4 of a center",
        measured: both.coverage.quality, atLeast: 0.45),
      Claim(
        id: "collapse",
        statement:
          "without its own density it collapses: KL of the modes' shares to even ones, nats",
        measured: dataAlone.coverage.divergence, atLeast: 1),
    ]
  }

  var section: Report.Section? {
    RingSamples.section("What the generator makes", [both, dataAlone])
  }
}

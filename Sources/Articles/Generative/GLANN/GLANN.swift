import Foundation
import Generative
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// 非对抗式生成模型GLANN的简单介绍: a code for each image, then a map from noise to codes, nobody against anybody.
public enum GLANNArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "glann", title: "非对抗式生成模型GLANN的简单介绍",
    summary:
      "Learns a code for each image together with the map from codes to images, then a map from noise to "
      + "codes by nearest-neighbor matching, and compares ways to sample.",
    date: "2019-02-26", archive: 6394,
    data: "discs, rings, squares and crosses drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "1 min")

  public struct Settings: RecipeSettings {
    @Knob(
      "channels of the generator's coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("size of the codes", in: 2...) var code = 16
    @Knob("size of the noise", in: 1...) var noise = 32
    @Knob("images that get a code", in: 128...) var images = 1024
    @Knob("passes over the images for the codes", in: 1...) var epochs = 200
    @Knob("passes over the codes for the map from noise", in: 1...) var matchingEpochs = 300
    @Knob("images of an update", in: 2...) var batch = 128

    public init() {}
  }

  private static func generator(
    _ settings: Settings, shape: [Int], seed: UInt64
  ) -> Sequential {
    DCGAN.generator(
      DCGAN.Configuration(
        size: shape[1], channels: shape[0], noise: settings.code, width: settings.width,
        initializer: .heNormal, momentum: 0.1, epsilon: 1e-5),
      random: RandomGenerator(seed: seed))
  }

  private static func map(_ settings: Settings, seed: UInt64) -> Sequential {
    ToyNetworks.perceptron(
      [settings.noise, 128, 128, settings.code], .relu, normalized: true, headBias: false,
      generator: RandomGenerator(seed: seed &+ 1))
  }

  private static func model(
    _ generator: Layer, _ map: Layer, _ settings: Settings, shape: [Int]
  ) -> ImageModel {
    ImageModel(
      shape: shape, noiseSize: settings.noise, parts: [("generator", generator), ("map", map)],
      sample: { generator(map($0).normalized(axis: 1)) }, encode: nil)
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    model(
      generator(settings, shape: shape, seed: 0), map(settings, seed: 0), settings, shape: shape)
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(
      run, drawn: 4 * settings.images, .shapes, batch: settings.batch)
    let shape = images.training.inputShape
    let count = min(settings.images, images.training.count)
    let generator = generator(settings, shape: shape, seed: run.seed)
    try SampleSheet.logReal(images, run)
    // Halved every third of training, as the paper's code does.
    let perEpoch = max(1, count / min(settings.batch, count))
    let period = max(1, settings.epochs * perEpoch / 3)
    let halved = Schedule("halved every third") { pow(0.5, Double($0 / period)) }
    let codes = try LatentOptimizationTask(
      images.training.subset(0..<count).scaledInputs(), generator: generator,
      codeSize: settings.code, batch: settings.batch,
      codeRule: Adam(learningRate: 0.01, beta1: 0.5).withSchedule(halved),
      generatorRule: Adam(learningRate: 1e-3, beta1: 0.5).withSchedule(halved), seed: run.seed)
    try run.train(codes, named: "codes", steps: settings.epochs * perEpoch) { $0.device = .cpu }
    let map = map(settings, seed: run.seed)
    let matching = CodeMatchingTask(
      map, codes: codes.codes.weight.value.detach(), noiseSize: settings.noise,
      batch: settings.batch,
      rule: Adam(learningRate: 1e-3, beta1: 0.5).withWeightDecay(1e-2))
    let model = model(generator, map, settings, shape: shape)
    let sheet = SampleSheet(run, noiseSize: settings.noise) { model.images($0) }
    try run.train(
      matching, named: "matching", steps: settings.matchingEpochs,
      callbacks: [
        Every(max(1, settings.matchingEpochs / 4)) { try sheet.log(run, step: $0.step) }
      ]
    ) {
      $0.device = .cpu
      $0.logInterval = 1
    }
    try model.keep(in: run, images)
    return [
      sheet,
      try WaysToSample(
        codes, model, run.logged("matching/distance"), images, run),
    ]
  }
}

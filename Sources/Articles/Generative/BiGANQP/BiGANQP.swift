import Datasets
import Foundation
import Generative
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// BiGAN-QP：简单清晰的编码&生成模型: a generator and an encoder against one discriminator of pairs.
public enum BiGANQPArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "bigan-qp", title: "BiGAN-QP：简单清晰的编码&生成模型",
    summary:
      "Trains a generator and an encoder by one game of pairs, with the article's two guides and without, "
      + "and rebuilds and blends held-out images.",
    date: "2018-12-10", archive: 6214,
    data: "discs, rings, squares and crosses drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "3 min")

  public struct Settings: RecipeSettings {
    @Knob("β₁, the guide of the encoder", in: 0...100) var encoderGuide = 2.0
    @Knob("β₂, the guide of the generator", in: 0...100) var generatorGuide = 3.0
    @Knob(
      "channels of the networks' coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("n, the size of noise and code", in: 3...) var noise = 16
    @Knob("Adam's learning rate", expects: "a positive number", where: { $0 > 0 }) var rate = 5e-4
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 12_000
    @Knob("updates of generator and encoder", in: 1...) var steps = 1200
    @Knob("images of an update", in: 2...) var batch = 64

    public init() {}
  }

  private static func players(
    _ settings: Settings, shape: [Int], guides: (Double, Double), seed: UInt64
  ) -> BiGANPlayers {
    let random = RandomGenerator(seed: seed)
    var networks = DCGAN.Configuration(
      size: shape[1], channels: shape[0], noise: settings.noise, width: settings.width,
      initializer: .glorotUniform, momentum: 0.1, epsilon: 1e-5)
    networks.outputs = settings.noise
    let body = DCGAN.discriminator(networks, random: random)
    networks.discriminatorBias = true
    let encoder = DCGAN.discriminator(networks, random: random)
    let head = Sequential(
      Dense(2 * settings.noise, 128, bias: false, generator: random), Activation(.leakyReLU(0.2)),
      Dense(128, 128, bias: false, generator: random), Activation(.leakyReLU(0.2)),
      Dense(128, 1, bias: false, generator: random))
    return BiGANPlayers(
      generator: DCGAN.generator(networks, random: random), encoder: encoder, body: body,
      head: head, guides: guides,
      rule: Adam(learningRate: settings.rate, beta1: 0.5, epsilon: 1e-7))
  }

  private static func model(
    _ players: BiGANPlayers, _ settings: Settings, shape: [Int]
  ) -> ImageModel {
    let (generator, encoder) = (players.generator, players.encoder)
    return ImageModel(
      shape: shape, noiseSize: settings.noise,
      parts: [("generator", generator), ("encoder", encoder)], sample: { generator($0) },
      encode: { encoder($0) })
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    model(players(settings, shape: shape, guides: (2, 3), seed: 0), settings, shape: shape)
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, .shapes, batch: settings.batch)
    let shape = images.training.inputShape
    func task(_ guides: (Double, Double)) throws -> BiGANTask {
      let players = players(settings, shape: shape, guides: guides, seed: run.seed)
      for part in [players.generator, players.encoder, players.body, players.head] {
        part.move(to: run.device)
      }
      return BiGANTask(
        players, noiseSize: settings.noise,
        loader: try BatchLoader(
          images.training, .init(batchSize: settings.batch, seed: run.seed, dropsLast: true)))
    }
    try SampleSheet.logReal(images, run)
    let guided = try task((settings.encoderGuide, settings.generatorGuide))
    let model = model(guided.players, settings, shape: shape)
    let sheet = SampleSheet(run, noiseSize: settings.noise) { model.images($0) }
    try run.train(
      guided, named: "guided", steps: settings.steps,
      callbacks: [Every(max(1, settings.steps / 8)) { try sheet.log(run, step: $0.step) }])
    try model.keep(in: run, images)
    let unguided = try task((0, 0))
    try run.train(unguided, named: "unguided", steps: max(1, settings.steps / 2))
    return [
      sheet,
      InverseMaps(
        model, Self.model(unguided.players, settings, shape: shape), images, run),
    ]
  }
}

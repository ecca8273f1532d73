import Datasets
import Foundation
import Generative
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// O-GAN：简单修改，让GAN的判别器变成一个编码器！: a discriminator whose outputs are a code and whose score is their mean.
public enum OGANArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "o-gan", title: "O-GAN：简单修改，让GAN的判别器变成一个编码器！",
    summary:
      "Trains a GAN whose discriminator encodes, rebuilds and blends held-out images by it, and sets an "
      + "encoder that was trained apart beside it.",
    date: "2019-03-06", archive: 6409,
    data: "discs, rings, squares and crosses drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "1 min")

  public struct Settings: RecipeSettings {
    @Knob("λ₂, how much the correlation counts", in: 0...100) var correlation = 0.5
    @Knob("what a code is multiplied by before it is decoded", in: 0.1...2) var truncation = 0.9
    @Knob(
      "channels of the networks' coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("n, the size of noise and code", in: 3...) var noise = 16
    @Knob("RMSprop's learning rate", expects: "a positive number", where: { $0 > 0 })
    var rate = 5e-4
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 12_000
    @Knob("updates of both players", in: 1...) var steps = 1200
    @Knob("images of an update", in: 2...) var batch = 64

    public init() {}
  }

  private static func networks(_ settings: Settings, shape: [Int]) -> DCGAN.Configuration {
    var networks = DCGAN.Configuration(
      size: shape[1], channels: shape[0], noise: settings.noise, width: settings.width,
      discriminatorBias: true, momentum: 0.1, epsilon: 1e-5)
    networks.outputs = settings.noise
    return networks
  }

  /// - Parameter correlation: λ₂; 0 leaves the plain GAN of the same networks.
  static func players(
    _ settings: Settings, shape: [Int], correlation: Double, seed: UInt64
  ) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    let networks = networks(settings, shape: shape)
    // The average makes samples and codes: single steps of this game are noisy.
    let rule = RMSprop(learningRate: settings.rate, smoothing: 0.99, epsilon: 1e-7)
      .withMovingAverage(0.99, includingStates: true)
    return AdversarialPlayers(
      generator: DCGAN.generator(networks, random: random),
      discriminator: DCGAN.discriminator(networks, random: random),
      game: AdversarialGame(
        .wassersteinRealLow, pairPenalty: PairPenalty(.meanSquare, weight: 0.25, scale: 1),
        head: .code(correlation: correlation)),
      generatorOptimizer: rule, discriminatorOptimizer: rule)
  }

  static func model(
    _ players: AdversarialPlayers, _ settings: Settings, shape: [Int]
  ) -> ImageModel {
    let (generator, encoder) = (players.generator, players.discriminator)
    return ImageModel(
      shape: shape, noiseSize: settings.noise,
      parts: [("generator", generator), ("encoder", encoder)], sample: { generator($0) },
      encode: { standardizedCode(encoder($0)) * settings.truncation })
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    model(
      players(settings, shape: shape, correlation: settings.correlation, seed: 0), settings,
      shape: shape)
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, .shapes, batch: settings.batch)
    let shape = images.training.inputShape
    func task(_ correlation: Double) throws -> AdversarialTask {
      let players = players(settings, shape: shape, correlation: correlation, seed: run.seed)
      players.generator.move(to: run.device)
      players.discriminator.move(to: run.device)
      return AdversarialTask(
        players, step: SplitStep(), noiseSize: settings.noise,
        loader: try BatchLoader(
          images.training, .init(batchSize: settings.batch, seed: run.seed, dropsLast: true)))
    }
    try SampleSheet.logReal(images, run)
    let main = try task(settings.correlation)
    let model = model(main.players, settings, shape: shape)
    let sheet = SampleSheet(run, noiseSize: settings.noise) { model.images($0) }
    try run.train(
      main, named: "o-gan", steps: settings.steps,
      callbacks: [Every(max(1, settings.steps / 8)) { try sheet.log(run, step: $0.step) }])
    main.players.holdAverages()
    try model.keep(in: run, images)
    let control = try task(0)
    try run.train(control, named: "no-correlation", steps: settings.steps)
    control.players.holdAverages()
    let plain = Self.model(control.players, settings, shape: shape)
    let apart = try EncoderTrainedApart(plain, settings, run)
    let times = try roundTimes([try task(settings.correlation), try task(0)], run)
    return [
      sheet, OrthogonalCode(model, plain, apart, images, run),
      CostOfTheCode(ratio: times[0] / times[1]),
    ]
  }
}

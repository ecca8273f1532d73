import Datasets
import Generative
import Layers
import Messages
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
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "2 min")

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
  fileprivate static func players(
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

  fileprivate static func model(
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

/// An encoder of the discriminator's shape that learns z from G(z), the generator standing still.
private struct EncoderTrainedApart {
  let encode: (Tensor) -> Tensor

  init(
    _ model: ImageModel, _ settings: OGANArticle.Settings, _ run: Running<OGANArticle.Settings>
  ) throws {
    let network = OGANArticle.players(
      settings, shape: model.shape, correlation: 0, seed: run.seed &+ 1
    ).discriminator
    network.move(to: run.device)
    let noise = Tensor.normal(
      [4000, settings.noise], generator: RandomGenerator(seed: run.seed &+ 8))
    let made = model.images(noise.to(run.device)).to(.cpu)
    let task = SupervisedTask(
      network,
      optimizer: Optimizer(
        RMSprop(learningRate: settings.rate, smoothing: 0.99, epsilon: 1e-7), for: network),
      loader: try BatchLoader(
        Dataset(inputs: made, labels: noise),
        .init(batchSize: settings.batch, seed: run.seed, dropsLast: true))
    ) { code, batch in
      batch.labels.map { code.squaredError($0) } ?? code.square().mean()
    }
    try run.train(task, named: "encoder-apart", steps: max(1, settings.steps / 2))
    encode = { images in network.evaluating { network(images) } }
  }
}

/// How good an encoder the discriminator has become.
private struct OrthogonalCode: Finding {
  private let own: Reconstructions
  private let apart: Reconstructions
  private let correlation: Double
  private let control: Double
  private let quality: Double
  private let purity: (code: Double, pixels: Double)?

  init(
    _ model: ImageModel, _ plain: ImageModel, _ encoder: EncoderTrainedApart, _ images: ZooImages,
    _ run: Running<OGANArticle.Settings>
  ) {
    let held = images.heldOut.subset(0..<min(1500, images.heldOut.count))
    let real = held.scaledInputs().to(run.device)
    func codes(_ model: ImageModel, _ images: Tensor) -> Tensor { model.codes(images) ?? images }
    own = Reconstructions(
      real[..<500], encode: { codes(model, $0) }, decode: { model.images($0) })
    apart = Reconstructions(
      real[..<500], encode: { encoder.encode($0) }, decode: { plain.images($0) })
    let noise = Tensor.normal(
      [1500, model.noiseSize], generator: RandomGenerator(seed: run.seed &+ 9)
    ).to(run.device)
    func correlation(_ model: ImageModel) -> Double {
      codeCorrelation(noise, codes(model, model.images(noise))).mean().item()
    }
    self.correlation = correlation(model)
    control = correlation(plain)
    func distance(_ model: ImageModel) -> Double {
      Neighbors.distances(fake: model.images(noise), real: real).quality
    }
    quality = distance(model) / distance(plain)
    purity = held.labels.map {
      (
        Neighbors.purity(codes(model, real).to(.cpu), labels: $0),
        Neighbors.purity(real.to(.cpu), labels: $0)
      )
    }
  }

  var metrics: [String: Double] {
    var metrics = [
      "code/correlation": correlation, "code/correlation without the term": control,
      "reconstruction/o-gan": own.error, "reconstruction/encoder trained apart": apart.error,
      "reconstruction/mean image": own.meanImageError, "reconstruction/others": own.shuffledError,
      "quality/nearest real, of the plain GAN's": quality,
    ]
    if let purity {
      metrics["purity/code"] = purity.code
      metrics["purity/pixels"] = purity.pixels
    }
    return metrics
  }

  var claims: [Claim] {
    var claims = [
      Claim(
        id: "correlation",
        statement: "the discriminator's outputs for G(z) correlate with z: mean of 1500 samples",
        measured: correlation, atLeast: 0.7),
      Claim(
        id: "correlation-control", statement: "which they do not by themselves: without the term",
        measured: abs(control), atMost: 0.15),
      Claim(
        id: "reconstruction",
        statement: "held-out images come back: squared error over that of the mean image",
        measured: own.error / own.meanImageError, atMost: 0.5),
      Claim(
        id: "own-image", statement: "and each its own: squared error over that to other images",
        measured: own.error / own.shuffledError, atMost: 1.0 / 3),
      Claim(
        id: "encoder-apart",
        statement:
          "better than by an encoder trained apart, on fakes of the plain GAN: ratio of errors",
        measured: own.error / apart.error, atMost: 1),
      Claim(
        id: "quality",
        statement:
          "the term costs no quality: distance of fakes to their nearest held-out images over "
          + "the plain GAN's", measured: quality, atMost: 1.15),
    ]
    if let purity {
      claims.append(
        Claim(
          id: "purity",
          statement:
            "neighbors by code are of one kind: share of the 5 nearest with the query's label, "
            + "less that by pixels", measured: purity.code - purity.pixels, atLeast: 0.04))
    }
    return claims
  }

  var section: Report.Section? {
    Report.Section(
      "The discriminator as an encoder",
      own.blocks + [
        .text("For comparison an encoder of the same shape, trained on the plain GAN's fakes:")
      ] + apart.blocks)
  }
}

private struct CostOfTheCode: Finding {
  let ratio: Double

  var claims: [Claim] {
    [
      Claim(
        id: "time", statement: "at next to no cost: time of a round over that without the term",
        measured: ratio, atMost: 1.1)
    ]
  }
}

import Generative
import Layers
import Recipes
import Reports
import Torch

/// 级联抑制：提升GAN表现的一种简单有效的方法: a discriminator's head that scores again what its first score left.
public enum CascadingRejectionArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "cascading-rejection", title: "级联抑制：提升GAN表现的一种简单有效的方法",
    summary:
      "Trains hinge GANs of images and of a mixture with one to four cascaded scores, and measures "
      + "what the cascade gains.",
    date: "2019-12-01", archive: 7105, data: "pen strokes drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "3 min")

  public struct Settings: RecipeSettings {
    @Knob("N, the scores of the cascade", in: 1...16) var scores = 3
    @Knob(
      "channels of the networks' coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("size of the generator's input", in: 1...) var noise = 64
    @Knob("Adam's learning rate for images", expects: "a positive number", where: { $0 > 0 })
    var rate = 2e-4
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 8000
    @Knob("updates of both players for images", in: 1...) var steps = 800
    @Knob("updates of both players for points", in: 1...) var pointSteps = 3000
    @Knob("images of an update", in: 1...) var batch = 64

    public init() {}
  }

  private static let averaging = 0.99

  private static func networks(_ settings: Settings, shape: [Int]) -> DCGAN.Configuration {
    var networks = DCGAN.Configuration.small(channels: shape[0], noise: settings.noise)
    networks.size = shape[1]
    networks.width = settings.width
    return networks
  }

  private static func row(_ name: String, scores: Int, rate: Double) -> ZooRow {
    ZooRow(
      name: name,
      game: AdversarialGame(
        .hinge, head: .scores(weights: Array(repeating: 1, count: scores))), rate: rate)
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    ZooGANModel(
      row("cascade", scores: settings.scores, rate: settings.rate),
      networks(settings, shape: shape), averaging: averaging, shape: shape, seed: 0
    ).model
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, batch: settings.batch)
    let shape = images.training.inputShape
    let networks = networks(settings, shape: shape)
    let cascade = row("cascade", scores: settings.scores, rate: settings.rate)
    let model = ZooGANModel(cascade, networks, averaging: averaging, shape: shape, seed: run.seed)
    let comparison = try ImageComparison(
      [cascade, ZooRow(name: "one score", game: .init(.hinge), rate: settings.rate)], networks,
      model, steps: settings.steps, batch: settings.batch, averaging: averaging, images, run)
    let plane = try PlaneComparison(
      [
        row("cascade", scores: settings.scores, rate: 1e-3),
        ZooRow(name: "one score", game: .init(.hinge)),
      ], on: .ring, steps: settings.pointSteps, run)
    return [
      comparison.sheet, CascadeOfImages(comparison: comparison), CascadeOfPoints(plane: plane),
      RejectedDirections(run.seed),
    ]
  }
}

private struct CascadeOfImages: Finding {
  let comparison: ImageComparison

  var metrics: [String: Double] { comparison.metrics }
  var section: Report.Section? { comparison.section }

  var claims: [Claim] {
    [
      Claim(
        id: "quality",
        statement:
          "the cascade improves the GAN: Fréchet distance over that of one score, one seed",
        measured: comparison.distance("cascade") / comparison.distance("one score"), atMost: 1),
      Claim(
        id: "time", statement: "at next to no cost: time of a round over that of one score",
        measured: (comparison.result("cascade")?.milliseconds ?? .nan)
          / (comparison.result("one score")?.milliseconds ?? .nan), atMost: 1.1),
    ]
  }
}

private struct CascadeOfPoints: Finding {
  let plane: PlaneComparison

  var metrics: [String: Double] { plane.metrics }
  var section: Report.Section? { plane.section }

  var claims: [Claim] {
    let cascade = plane.coverage("cascade", deviations: 6)
    let plain = plane.coverage("one score", deviations: 6)
    return [
      Claim(
        id: "modes", statement: "it finds all modes of the ring",
        measured: Double(cascade?.covered() ?? 0), atLeast: 8),
      Claim(
        id: "points",
        statement: "and is no worse there: share of samples within 6σ, difference to one score's",
        measured: (cascade?.quality ?? .nan) - (plain?.quality ?? .nan), atLeast: -0.05),
    ]
  }
}

/// What the cascade's algebra promises, in float64.
private struct RejectedDirections: Finding {
  private let along: Double
  private let growth: Double
  private let leak: Double

  init(_ seed: UInt64) {
    let random = RandomGenerator(seed: seed)
    let layer = Generative.CascadingRejection(32, count: 2, generator: random)
    layer.move(dtype: .float64)
    let v = Tensor.normal([64, 32], dtype: .float64, generator: random)
    let rest = layer.cascade(v).rest
    let weights = layer.weight.value.detach()
    along =
      (rest.matmul(weights[1]) / rest.norm(axis: 1)).abs().max().item() / weights[1].norm().item()
    growth = (rest.norm(axis: 1) / v.norm(axis: 1)).max().item()
    leak = rest.matmul(weights[0]).abs().max().item()
  }

  var metrics: [String: Double] { ["rejection/back along the first direction": leak] }

  var claims: [Claim] {
    [
      Claim(
        id: "rejected",
        statement: "what a score looked at is gone from what the next one sees: "
          + "largest cosine with it, float64", measured: along, atMost: 1e-12),
      Claim(
        id: "shorter", statement: "and features only get shorter: largest quotient of lengths",
        measured: growth, atMost: 1),
    ]
  }
}

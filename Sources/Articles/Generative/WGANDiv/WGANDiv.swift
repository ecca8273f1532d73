import Generative
import Messages
import Optimizers
import Recipes
import Reports

/// WGAN-div：一个默默无闻的WGAN填坑者: a gradient penalty whose maximum is itself a divergence.
public enum WGANDivArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "wgan-div", title: "WGAN-div：一个默默无闻的WGAN填坑者",
    summary:
      "Trains WGAN-div on images and, with all six ways to draw the penalty's points, on a mixture, "
      + "WGAN-GP beside it.",
    date: "2018-11-07", archive: 6139, data: "pen strokes drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "4 min")

  public struct Settings: RecipeSettings {
    @Knob("k of k·E‖∇T‖^p", expects: "a positive number", where: { $0 > 0 }) var weight = 2.0
    @Knob("p of k·E‖∇T‖^p", expects: "a number above 1", where: { $0 > 1 }) var power = 6.0
    @Knob("where images' slopes are measured") var points = Points.mixture
    @Knob(
      "channels of the networks' coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("size of the generator's input", in: 1...) var noise = 64
    @Knob("Adam's learning rate for images", expects: "a positive number", where: { $0 > 0 })
    var rate = 2e-4
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 8000
    @Knob("updates of the generator for images", in: 1...) var steps = 500
    @Knob("updates of the generator for points", in: 1...) var pointSteps = 1200
    @Knob("images of an update", in: 1...) var batch = 64

    public init() {}
  }

  enum Points: String, CaseIterable, KnobValue {
    case interpolation
    case withinKinds = "within-kinds"
    case mixtureInterpolation = "mixture-interpolation"
    case mixture, real, fake

    var penalty: GradientPenalty.Points { GradientPenalty.Points(rawValue: rawValue) ?? .mixture }
  }

  private static let averaging = 0.99

  private static func networks(_ settings: Settings, shape: [Int]) -> DCGAN.Configuration {
    var networks = DCGAN.Configuration.small(channels: shape[0], noise: settings.noise)
    networks.size = shape[1]
    networks.width = settings.width
    return networks
  }

  private static func row(_ settings: Settings) -> ZooRow {
    ZooRow(
      name: "WGAN-div",
      game: AdversarialGame(
        .wassersteinRealLow,
        slopePenalty: .divergence(
          weight: settings.weight, power: settings.power, points: settings.points.penalty)),
      rate: settings.rate)
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    ZooGANModel(
      row(settings), networks(settings, shape: shape), averaging: averaging, shape: shape, seed: 0
    ).model
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, batch: settings.batch)
    let shape = images.training.inputShape
    let networks = networks(settings, shape: shape)
    let model = ZooGANModel(
      row(settings), networks, averaging: averaging, shape: shape, seed: run.seed)
    let comparison = try ImageComparison(
      [
        row(settings),
        ZooRow(
          name: "WGAN-GP", game: .init(.wasserstein, slopePenalty: .gradient()),
          rate: settings.rate),
      ], networks, model, steps: settings.steps, batch: settings.batch, averaging: averaging,
      images, run)
    // p = 2 gets along with one update of the discriminator, which pays for six rows.
    let rows = GradientPenalty.Points.allCases.map { points in
      ZooRow(
        name: "WGAN-div, \(points.rawValue)",
        game: AdversarialGame(
          .wassersteinRealLow, slopePenalty: .divergence(power: 2, points: points)), beta2: 0.9)
    }
    let penalized = [0.1, 10].map { weight in
      ZooRow(
        name: "WGAN-GP, λ \(NumberText.short(weight))",
        game: AdversarialGame(.wasserstein, slopePenalty: .gradient(weight: weight)), rate: 5e-4,
        beta2: 0.9)
    }
    return [
      comparison.sheet, DivergenceImages(comparison: comparison),
      Samplings(
        plane: try PlaneComparison(rows + penalized, on: .ring, steps: settings.pointSteps, run)),
      LinearPenalty(settings),
    ]
  }
}

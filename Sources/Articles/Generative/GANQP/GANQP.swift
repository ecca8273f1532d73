import Generative
import Optimizers
import Recipes
import Reports

/// 不用L约束又不会梯度消失的GAN，了解一下？: a GAN whose discriminator a difference penalty keeps in bounds.
public enum GANQPArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "gan-qp", title: "不用L约束又不会梯度消失的GAN，了解一下？",
    summary:
      "Trains GAN-QP on images and on a mixture beside SGAN and WGAN-GP, without any Lipschitz "
      + "constraint, and shows that its gradient does not vanish.",
    date: "2018-11-20", archive: 6163, data: "pen strokes drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "3 min")

  public struct Settings: RecipeSettings {
    @Knob("the distance of a real and a fake sample: l1 or l2") var distance = Metric.l1
    @Knob(
      "channels of the networks' coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("size of the generator's input", in: 1...) var noise = 64
    @Knob("Adam's learning rate for images", expects: "a positive number", where: { $0 > 0 })
    var rate = 2e-4
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 8000
    @Knob("updates of the generator for images", in: 1...) var steps = 500
    @Knob("updates of the generator for points", in: 1...) var pointSteps = 2500
    @Knob("updates of the discriminator of two distinct points", in: 1...) var gapSteps = 1500
    @Knob("images of an update", in: 1...) var batch = 64

    public init() {}
  }

  enum Metric: String, CaseIterable, KnobValue {
    case l1, l2

    var game: AdversarialGame {
      AdversarialGame(
        .wasserstein, pairPenalty: PairPenalty(self == .l1 ? .meanAbsolute : .rootMeanSquare))
    }
  }

  private static let averaging = 0.99

  private static func networks(_ settings: Settings, shape: [Int]) -> DCGAN.Configuration {
    var networks = DCGAN.Configuration.small(channels: shape[0], noise: settings.noise)
    networks.size = shape[1]
    networks.width = settings.width
    networks.initializer = .glorotUniform
    return networks
  }

  /// D:G is 2:1 in the author's code, as for WGAN-GP 5:1 in its own.
  private static func imageRow(_ settings: Settings) -> ZooRow {
    ZooRow(
      name: "GAN-QP", game: settings.distance.game, discriminatorSteps: 2, rate: settings.rate)
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    ZooGANModel(
      imageRow(settings), networks(settings, shape: shape), averaging: averaging, shape: shape,
      seed: 0
    ).model
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, batch: settings.batch)
    let shape = images.training.inputShape
    let networks = networks(settings, shape: shape)
    let row = imageRow(settings)
    let model = ZooGANModel(row, networks, averaging: averaging, shape: shape, seed: run.seed)
    let imageRows = [
      row, ZooRow(name: "SGAN", game: .init(.standard), discriminatorSteps: 2, rate: settings.rate),
      ZooRow(
        name: "WGAN-GP", game: .init(.wasserstein, slopePenalty: .gradient()),
        discriminatorSteps: 2, rate: settings.rate),
    ]
    let comparison = try ImageComparison(
      imageRows, networks, model, steps: settings.steps, batch: settings.batch,
      averaging: averaging, images, run)
    let rows = [
      ZooRow(name: "GAN-QP L1", game: Metric.l1.game),
      ZooRow(name: "GAN-QP L2", game: Metric.l2.game),
      ZooRow(
        name: "GAN-QP L1, D ten times as fast", game: Metric.l1.game, rate: 3e-4,
        discriminatorRate: 3e-3),
      ZooRow(name: "SGAN", game: .init(.standard)),
    ]
    return [
      comparison.sheet, UnconstrainedImages(comparison: comparison),
      Potential(plane: try PlaneComparison(rows, on: .ring, steps: settings.pointSteps, run)),
      DistinctPoints(run),
    ]
  }
}

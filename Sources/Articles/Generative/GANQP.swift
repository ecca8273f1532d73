import Generative
import Layers
import Messages
import Optimizers
import Recipes
import Reports
import Torch

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

/// What the articles on GANs without a constraint say of images.
struct UnconstrainedImages: Finding {
  let comparison: ImageComparison

  var metrics: [String: Double] { comparison.metrics }

  var claims: [Claim] {
    let qp = comparison.distance("GAN-QP")
    return [
      Claim(
        id: "learnt",
        statement: "without a Lipschitz constraint it trains: Fréchet distance after training over "
          + "that of the untrained generator", measured: qp / comparison.untrained, atMost: 0.3),
      Claim(
        id: "quality",
        statement: "it is better than WGAN-GP: Fréchet distance over WGAN-GP's, one seed",
        measured: qp / comparison.distance("WGAN-GP"), atMost: 1),
      Claim(
        id: "time-penalty",
        statement: "WGAN-GP takes half as long again: time of its round over GAN-QP's",
        measured: (comparison.result("WGAN-GP")?.milliseconds ?? .nan)
          / (comparison.result("GAN-QP")?.milliseconds ?? .nan), atLeast: 1.25),
      Claim(
        id: "time-plain", statement: "it takes no longer than SGAN: time of a round over SGAN's",
        measured: (comparison.result("GAN-QP")?.milliseconds ?? .nan)
          / (comparison.result("SGAN")?.milliseconds ?? .nan), atMost: 1.1),
    ]
  }

  var section: Report.Section? { comparison.section }
}

/// GAN-QP on the mixture: G4 of the acceptance tests.
private struct Potential: Finding {
  let plane: PlaneComparison

  var metrics: [String: Double] { plane.metrics }
  var section: Report.Section? { plane.section }

  var claims: [Claim] {
    ["L1", "L2", "L1, D ten times as fast"].flatMap { kind in
      let id = kind == "L1, D ten times as fast" ? "rates" : kind.lowercased()
      let result = plane.coverage("GAN-QP \(kind)", deviations: 3)
      return [
        Claim(
          id: "modes-\(id)", statement: "GAN-QP \(kind) finds all modes of the ring",
          measured: Double(plane.coverage("GAN-QP \(kind)", deviations: 6)?.covered() ?? 0),
          atLeast: 8),
        Claim(
          id: "quality-\(id)", statement: "GAN-QP \(kind): share of samples within 3σ of a mode",
          measured: result?.quality ?? .nan, atLeast: 0.8),
      ]
    }
  }
}

/// Two points that never meet: what the best discriminator says, and how strongly it pulls.
private struct DistinctPoints: Finding {
  private struct Row {
    let name: String
    let difference: Double
    /// ‖∂ℓ_G/∂θ‖ after training the discriminator over that before.
    let pull: Double
  }
  private var rows: [Row] = []

  init(_ run: Running<GANQPArticle.Settings>) {
    let real = Tensor([[1.0, 1]]).to(.float32)
    let fake = Tensor([[-1.0, -1]]).to(.float32)
    for row in [
      ZooRow(name: "GAN-QP", game: GANQPArticle.Metric.l1.game),
      ZooRow(name: "SGAN, saturating", game: .init(.saturating)),
    ] {
      let random = RandomGenerator(seed: run.seed)
      // Weights as small as PyTorch's, so that the discriminator begins indifferent.
      let small = Initializer.varianceScaling(1.0 / 3, distribution: .uniform)
      let discriminator = Sequential(
        Dense(2, 64, weightInitializer: small, generator: random), Activation(.leakyReLU(0.2)),
        Dense(64, 64, weightInitializer: small, generator: random), Activation(.leakyReLU(0.2)),
        Dense(64, 1, weightInitializer: small, generator: random))
      let players = AdversarialPlayers(
        generator: Dense(2, 2, generator: random), discriminator: discriminator, game: row.game,
        generatorOptimizer: row.rule,
        discriminatorOptimizer: Adam(learningRate: 1e-3, epsilon: 1e-8))
      func pull() -> Double {
        let point = fake.clone().requiringGradient()
        let scores = players.scores(point)
        let loss = row.game.loss.generator(fake: scores, real: players.scores(real))
        return gradients(of: loss, withRespectTo: [point])[0].norm().item()
      }
      let before = pull()
      for _ in 0..<run.settings.gapSteps {
        let found = players.discriminatorGradients(real: real, fake: fake, noise: fake)
        players.discriminatorOptimizer.step(gradients: found.gradients)
      }
      let difference = (players.scores(real) - players.scores(fake)).item()
      rows.append(Row(name: row.name, difference: difference, pull: pull() / before))
    }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "optimum",
        statement: "the best difference of two points is λd, here 20, where WGAN's has no bound",
        measured: rows[0].difference, equals: 20, within: 0.1),
      Claim(
        id: "pull",
        statement: "the better the discriminator, the stronger it pulls: the generator's gradient "
          + "after over before", measured: rows[0].pull, atLeast: 10),
      Claim(
        id: "vanishing",
        statement: "where the minimax form of SGAN has lost its gradient: the same",
        measured: rows[1].pull, atMost: 0.01),
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Two points that never meet",
      [
        .table(
          Report.Table(
            columns: ["", "T(real) − T(fake)", "gradient after / before"],
            rows: rows.map { [.text($0.name), .number($0.difference), .number($0.pull)] },
            caption: "Real (1, 1), fake (−1, −1); a perceptron 2 × 64 trained against both."))
      ])
  }
}

import Datasets
import Generative
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// 巧断梯度：单个loss实现GAN模型: both players of a GAN trained by one scalar loss.
public enum GANSingleLossArticle: Article {
  public static let card = RecipeCard(
    name: "gan-single-loss", title: "巧断梯度：单个loss实现GAN模型",
    summary:
      "Trains a GAN of small images by one loss for both players, and compares gradients, time and "
      + "sample quality with alternating training of the same networks.",
    date: "2019-02-22", archive: 6387, data: "pen strokes drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files", duration: "3 to 5 min")

  public struct Settings: RecipeSettings {
    @Knob("the players' losses; hinge-low has the article's signs") var loss = Loss.hingeLow
    @Knob("how the run that makes the samples is trained; split has the one loss's gradients")
    var mode = Mode.oneLoss
    @Knob(
      "channels of the networks' coarsest map", expects: "a positive multiple of 8",
      where: { $0 >= 8 && $0 % 8 == 0 }) var width = 64
    @Knob("size of the generator's input", in: 1...) var noise = 64
    @Knob(
      "Adam's learning rate for both players", expects: "a positive number", where: { $0 > 0 })
    var rate = 2e-4
    @Knob("λ of the one loss", expects: "a positive number", where: { $0 > 0 })
    var generatorWeight = 1.0
    @Knob(
      "momentum of the moving average of the generator that makes the samples; 0 for none",
      in: 0..<1) var averaging = 0.995
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 16_000
    @Knob("seeds on which the modes' quality is compared; chance needs two", in: 2...)
    var repeats = 3
    @Knob("updates of both players", in: 1...) var steps = 1500
    @Knob("images of an update", in: 1...) var batch = 64

    public init() {}
  }

  enum Mode: String, CaseIterable, KnobValue {
    case oneLoss = "one-loss"
    case split
    case alternating
  }

  enum Loss: String, CaseIterable, KnobValue {
    case sgan, lsgan, hinge
    case hingeLow = "hinge-low"
    case rsgan, rasgan, wgan
    case wganGP = "wgan-gp"

    var adversarial: AdversarialLoss {
      AdversarialLoss(AdversarialLoss.Name(rawValue: rawValue) ?? .wasserstein)
    }
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let images = try ZooImages(run, drawn: run.settings.images, batch: run.settings.batch)
    let models = OneLossModels(run, images)
    let quality = try QualityComparison(models, run, images)
    return [
      quality.sheet, quality, try StepTimes(models, run, images),
      GradientComparison(models, run, images),
    ]
  }
}

/// The networks, losses and rules that all modes share.
struct OneLossModels {
  let noiseSize: Int
  private let settings: GANSingleLossArticle.Settings
  private let device: Device
  private let networks: DCGAN.Configuration

  init(_ run: Running<GANSingleLossArticle.Settings>, _ images: ZooImages) {
    settings = run.settings
    device = run.device
    noiseSize = settings.noise
    var networks = DCGAN.Configuration.small(channels: images.channels, noise: noiseSize)
    networks.size = images.side
    networks.width = settings.width
    // WGAN without penalty has its Lipschitz constraint from spectral normalization.
    networks.hasSpectralNorm = settings.loss == .wgan
    self.networks = networks
  }

  /// New networks from a seed; the same for every mode.
  func players(
    seed: UInt64, dtype: DType = .float32, rule: (any OptimizerSpecification)? = nil,
    isAveraged: Bool = false
  ) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    let rule = rule ?? Adam(learningRate: settings.rate, beta1: 0.5, epsilon: 1e-7)
    return AdversarialPlayers(
      generator: DCGAN.generator(networks, random: random).move(to: device, dtype: dtype),
      discriminator: DCGAN.discriminator(networks, random: random)
        .move(to: device, dtype: dtype),
      loss: settings.loss.adversarial,
      penalty: settings.loss == .wganGP ? GradientPenalty() : nil,
      generatorOptimizer: isAveraged
        ? rule.withMovingAverage(settings.averaging, includingStates: true) : rule,
      discriminatorOptimizer: rule)
  }

  func task(
    _ mode: GANSingleLossArticle.Mode, seed: UInt64, _ images: ZooImages
  ) throws -> AdversarialTask {
    let step: any AdversarialStep =
      switch mode {
      case .oneLoss: JointStep(generatorWeight: settings.generatorWeight)
      case .split: SplitStep()
      case .alternating: AlternatingStep()
      }
    let loader = try BatchLoader(
      images.training, .init(batchSize: settings.batch, seed: seed, dropsLast: true))
    return AdversarialTask(
      players(seed: seed, isAveraged: settings.averaging > 0), step: step, noiseSize: noiseSize,
      loader: loader)
  }
}

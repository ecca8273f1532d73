import Datasets
import Formats
import Generative
import Layers
import Optimizers
import Parallel
import Recipes
import Reports
import Torch
import Tracking
import Training

/// 巧断梯度：单个loss实现GAN模型: both players of a GAN trained by one scalar loss.
public enum GANSingleLoss: Recipe {
  public static let card = RecipeCard(
    name: "gan-single-loss", title: "巧断梯度：单个loss实现GAN模型",
    summary:
      "Trains a GAN of small images by one loss for both players, and compares gradients, time and "
      + "sample quality with alternating training of the same networks.",
    date: "2019-02-22", archive: 6387,
    data: "pen strokes drawn from the seed; a folder of IDX, CIFAR or PNG files",
    duration: "5 to 10 min",
    settings: [
      Setting(
        "loss", .text("hinge-low"),
        choices: AdversarialLoss.all.map(\.name) + ["wgan-gp"],
        help: "the players' losses; hinge-low has the article's signs"),
      Setting(
        "mode", .text("one-loss"), choices: Mode.allCases.map(\.rawValue),
        help: "how the run that makes the samples is trained; split has the one loss's gradients"),
      Setting("width", .integer(64), help: "channels of the networks' coarsest map"),
      Setting("noise", .integer(64), help: "size of the generator's input"),
      Setting("rate", .number(2e-4), help: "Adam's learning rate for both players"),
      Setting("generator-weight", .number(1), help: "λ of the one loss"),
      Setting(
        "averaging", .number(0.995),
        help: "momentum of the moving average of the generator that makes the samples; 0 for none"),
      Setting("images", .integer(16_000), help: "how many images are drawn, without --data"),
      Setting("repeats", .integer(3), help: "seeds on which the modes' quality is compared"),
    ])

  enum Mode: String, CaseIterable {
    case oneLoss = "one-loss"
    case split
    case alternating
  }

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let plan = try GANPlan(context)
    let task = try plan.task(plan.mode, seed: context.seed)
    let sheet = SampleSheet(plan, context)
    try sheet.log(plan.training.subset(0..<sheet.count).scaledInputs(), tag: "real", step: 0)
    let trainer = Trainer(
      TrainingOptions(
        steps: plan.steps, device: plan.device,
        precision: try Precision(parsing: context.options.precision),
        logInterval: 10, checkpointInterval: max(100, plan.steps / 5)),
      run: context.run,
      callbacks: [
        Every(max(1, plan.steps / 8)) { state in
          try sheet.log(sheet.samples(task.players), tag: "samples", step: state.step)
        }
      ], progress: context.progress, cancellation: context.cancellation)
    let outcome = try trainer.fit(task)

    let quality = try QualityComparison(plan, context, first: task)
    let times = StepTimes(plan, context)
    let gradients = try GradientComparison(plan)
    var metrics = quality.metrics.merging(times.metrics) { first, _ in first }
    metrics["training/milliseconds per round"] =
      outcome.seconds * 1000 / Double(max(1, outcome.steps - outcome.firstStep))
    return RecipeResult(
      steps: outcome.steps, metrics: metrics,
      claims: gradients.claims + times.claims + quality.claims,
      sections: [sheet.section(task.players), quality.section, times.section, gradients.section])
  }
}

/// What one run trains: data, networks, losses.
struct GANPlan {
  let mode: GANSingleLoss.Mode
  let loss: AdversarialLoss
  let penalty: GradientPenalty?
  let training: Dataset
  let heldOut: Dataset
  let networks: DCGAN.Configuration
  let rate: Double
  let generatorWeight: Double
  let averaging: Double
  let repeats: Int
  let steps: Int
  let batch: Int
  let seed: UInt64
  let device: Device

  init(_ context: RecipeContext) throws {
    let settings = context.settings
    guard let mode = GANSingleLoss.Mode(rawValue: settings.text("mode")) else {
      throw RecipeError("setting mode received '\(settings.text("mode"))'")
    }
    self.mode = mode
    let name = settings.text("loss")
    loss = AdversarialLoss.all.first { $0.name == name } ?? .wasserstein
    penalty = name == "wgan-gp" ? GradientPenalty() : nil
    seed = context.seed
    device = try context.device()
    steps = context.steps(1500)
    batch = context.batch(64)
    repeats = settings.integer("repeats")
    rate = settings.number("rate")
    generatorWeight = settings.number("generator-weight")
    averaging = settings.number("averaging")
    func require(_ key: String, _ condition: Bool, _ expected: String) throws {
      guard condition else {
        throw RecipeError(
          "setting \(key) expects \(expected), received \(settings.json[key]?.text() ?? "")")
      }
    }
    try require(
      "width", settings.integer("width") >= 8 && settings.integer("width") % 8 == 0,
      "a multiple of 8")
    try require("noise", settings.integer("noise") >= 1, "at least 1")
    try require("rate", rate > 0, "a positive number")
    try require("generator-weight", generatorWeight > 0, "a positive number")
    try require("averaging", 0..<1 ~= averaging, "a number from 0 up to but not including 1")
    try require("images", settings.integer("images") >= 1000, "at least 1000")
    try require("repeats", repeats >= 2, "at least 2, so that chance can be told from a difference")

    let data = try GANPlan.load(context, count: settings.integer("images"))
    guard data.count >= 2 * batch + 128 else {
      throw RecipeError(
        "\(data.count) images are too few for batches of \(batch); at least \(2 * batch + 128) are needed"
      )
    }
    let parts = data.split([0.75, 0.25], seed: seed)
    (training, heldOut) = (parts[0], parts[1])
    var networks = DCGAN.Configuration.small(
      channels: data.inputShape[0], noise: settings.integer("noise"))
    networks.size = data.inputShape[1]
    networks.width = settings.integer("width")
    // WGAN without penalty has its Lipschitz constraint from spectral normalization.
    networks.hasSpectralNorm = name == "wgan"
    self.networks = networks
  }

  /// The user's images, brought to a size that the networks know, or drawn ones.
  private static func load(_ context: RecipeContext, count: Int) throws -> Dataset {
    guard let folder = context.options.data else {
      return try StrokeImages.dataset(count: count, seed: context.seed)
    }
    let data = try ImageFolder.read(path: folder)
    let (height, width) = (data.inputShape[1], data.inputShape[2])
    if height == width, [16, 28, 32, 64].contains(height) { return data }
    let side =
      [16, 28, 32, 64].min { abs($0 - max(height, width)) < abs($1 - max(height, width)) } ?? 28
    let resized = data.inputs.to(.float32).upsampledBilinear2d([side, side])
      .clamp(minimum: 0, maximum: 255).round().to(.uint8)
    return Dataset(inputs: resized, labels: data.labels, classNames: data.classNames)
  }

  /// New networks from a seed; the same for every mode.
  func players(
    seed: UInt64, dtype: DType = .float32, specification: (any OptimizerSpecification)? = nil,
    isAveraged: Bool = false
  )
    -> AdversarialPlayers
  {
    let random = RandomGenerator(seed: seed)
    let rule = specification ?? Adam(learningRate: rate, beta1: 0.5, epsilon: 1e-7)
    return AdversarialPlayers(
      generator: DCGAN.generator(networks, generator: random).move(to: device, dtype: dtype),
      discriminator: DCGAN.discriminator(networks, generator: random).move(
        to: device, dtype: dtype),
      loss: loss, penalty: penalty,
      generatorOptimizer: isAveraged
        ? rule.withMovingAverage(averaging, includingStates: true) : rule,
      discriminatorOptimizer: rule)
  }

  func step(_ mode: GANSingleLoss.Mode) -> any AdversarialStep {
    switch mode {
    case .oneLoss: JointStep(generatorWeight: generatorWeight)
    case .split: SplitStep()
    case .alternating: AlternatingStep()
    }
  }

  func task(_ mode: GANSingleLoss.Mode, seed: UInt64) throws -> AdversarialTask {
    AdversarialTask(
      players(seed: seed, isAveraged: averaging > 0), step: step(mode), noiseSize: networks.noise,
      loader: try BatchLoader(training, .init(batchSize: batch, seed: seed, dropsLast: true)))
  }
}

/// Contact sheets from noise that stays the same through a run.
struct SampleSheet {
  let count = 80
  private let noise: Tensor
  private let context: RecipeContext

  init(_ plan: GANPlan, _ context: RecipeContext) {
    self.context = context
    noise = Tensor.normal(
      [count, plan.networks.noise], generator: RandomGenerator(seed: plan.seed &+ 77)
    )
    .to(plan.device)
  }

  func samples(_ players: AdversarialPlayers) -> Tensor {
    AdversarialTask.samples(players, noise: noise)
  }

  func image(_ samples: Tensor) -> Image {
    let (channels, height, width) = (samples.size(1), samples.size(2), samples.size(3))
    let images = samples.to(.cpu).unbound().map {
      Image(planes: $0.contiguous().floats(), width: width, height: height, channels: channels)
    }
    return Image.contactSheet(images, columns: 16, padding: 1, background: 96)
  }

  func log(_ samples: Tensor, tag: String, step: Int) throws {
    try context.run.log(image: image(samples).enlarged(2), tag: tag, step: step)
  }

  func section(_ players: AdversarialPlayers) -> Report.Section {
    Report.Section(
      "Samples", [.images([.init(image(samples(players)), caption: "after the last step")])])
  }
}

import Datasets
import Foundation
import Generative
import Layers
import Messages
import Optimizers
import Recipes
import Reports
import Torch
import Tracking
import Training

/// Sample quality of one-loss and alternating training of the same networks, on several seeds.
struct QualityComparison {
  private var oneLoss: [Double] = []
  private var alternating: [Double] = []
  private let floor: Double
  private let features: QualityFeatures
  private let isAveraged: Bool

  /// `first` has been trained already and stands for its own mode and seed.
  init(_ plan: GANPlan, _ context: RecipeContext, first: AdversarialTask) throws {
    features = try QualityFeatures(plan, context)
    floor = features.floor
    isAveraged = plan.averaging > 0
    for repetition in 0..<plan.repeats {
      let seed = plan.seed &+ UInt64(repetition)
      for mode in [GANSingleLoss.Mode.oneLoss, .alternating] {
        let isTrained =
          repetition == 0 && (mode == plan.mode || (mode == .oneLoss && plan.mode == .split))
        let players =
          isTrained ? first.players : try Self.train(plan, context, mode, seed: seed)
        let distance = features.distance(of: players, seed: seed)
        if mode == .oneLoss { oneLoss.append(distance) } else { alternating.append(distance) }
      }
    }
  }

  private static func train(
    _ plan: GANPlan, _ context: RecipeContext, _ mode: GANSingleLoss.Mode, seed: UInt64
  ) throws -> AdversarialPlayers {
    RandomGenerator.seedAll(seed)
    // The split form has the one loss's gradients and takes less time.
    let task = try plan.task(mode == .oneLoss ? .split : mode, seed: seed)
    let trainer = Trainer(
      TrainingOptions(
        steps: plan.steps, device: plan.device,
        precision: try Precision(parsing: context.options.precision)),
      progress: context.progress, cancellation: context.cancellation)
    _ = try trainer.fit(task)
    return task.players
  }

  /// The logarithm of one-loss over alternating distance by seed: mean and its standard error.
  private var logRatio: (mean: Double, error: Double) {
    let ratios = zip(oneLoss, alternating).map { log($0 / $1) }
    let mean = ratios.reduce(0, +) / Double(ratios.count)
    let variance =
      ratios.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(ratios.count - 1)
    return (mean, (variance / Double(ratios.count)).squareRoot())
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  var metrics: [String: Double] {
    [
      "frechet/one-loss": mean(oneLoss), "frechet/alternating": mean(alternating),
      "frechet/real against real": floor, "features/accuracy": features.accuracy ?? .nan,
      "frechet/ratio": exp(logRatio.mean),
    ].filter { $0.value.isFinite }
  }

  var claims: [Claim] {
    let (difference, error) = logRatio
    // Worse only if it is so by more than two standard errors and by more than a tenth.
    let bound = max(1.1, exp(2 * error))
    return [
      Claim(
        id: "quality",
        statement:
          "sample quality is not worse: Fréchet distance (\(features.description)) of one-loss over "
          + "that of alternating training, geometric mean of \(oneLoss.count) seeds; worse would be "
          + "more than a tenth and more than two standard errors",
        measured: exp(difference), atMost: bound),
      Claim(
        id: "learnt",
        statement:
          "training has brought the samples nearer to the data: distance after training over that of "
          + "the untrained generator", measured: mean(oneLoss) / features.untrained, atMost: 0.5),
    ]
  }

  var section: Report.Section {
    let rows: [[Report.Table.Cell]] = oneLoss.indices.map { index in
      [
        .number(Double(index)), .number(oneLoss[index]), .number(alternating[index]),
        .number(oneLoss[index] / alternating[index]),
      ]
    }
    return Report.Section(
      "Sample quality",
      [
        .text(features.protocolText),
        .table(
          Report.Table(
            columns: ["seed", "one loss", "alternating", "ratio"], rows: rows,
            caption:
              "Fréchet distances\(isAveraged ? " of the generator's moving average" : ""); "
              + "real against real \(NumberText.short(floor)), untrained "
              + "\(NumberText.short(features.untrained)). Networks, initial weights, order of the "
              + "data and number of updates are the same in a row.")),
      ])
  }
}

/// Where distances between images are measured: the last hidden layer of a classifier trained here on
/// the same data, or principal components where the data has no labels.
private struct QualityFeatures {
  let description: String
  let protocolText: String
  /// The share of held-out images that the classifier names rightly.
  let accuracy: Double?
  let floor: Double
  private(set) var untrained = 0.0
  private let map: (Tensor) -> Tensor
  private let real: GaussianFit
  private let plan: GANPlan
  private let count: Int

  init(_ plan: GANPlan, _ context: RecipeContext) throws {
    self.plan = plan
    count = min(4000, plan.heldOut.count)
    let heldOut = plan.heldOut.scaledInputs()
    if let labels = plan.training.labels {
      let classifier = try Self.classifier(plan, context, classes: labels.max().integerItem() + 1)
      let body = classifier.head(through: "feature")
      map = { images in
        withoutGradients { .concatenate(images.to(plan.device).split(500).map { body($0) }) }
      }
      let answers = withoutGradients {
        Tensor.concatenate(heldOut.to(plan.device).split(500).map { classifier($0).argmax(1) })
      }
      let truth = plan.heldOut.labels ?? answers
      let share = (answers.to(.cpu) .== truth).to(.float64).mean().item()
      accuracy = share
      description = "64 features of a classifier trained on the same images"
      protocolText =
        "Fréchet distance ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) of the last hidden layer (64 ReLU units) "
        + "of a small convolutional classifier trained on the training images (accuracy on held-out "
        + "ones \(NumberText.short(share))), between \(count) samples of the generator in inference "
        + "mode and the \(plan.heldOut.count) held-out images, at the last step. Not an Inception "
        + "distance: comparable within this run only."
    } else {
      let basis = Self.principalComponents(plan.training.scaledInputs(), 32)
      map = { $0.to(.cpu).flattened(from: 1).matmul(basis) }
      accuracy = nil
      description = "Fréchet-PCA: 32 principal components of the training images"
      protocolText =
        "Fréchet-PCA: the Fréchet distance in 32 principal components fitted on the training images, "
        + "between \(count) samples of the generator in inference mode and the \(plan.heldOut.count) "
        + "held-out images, at the last step."
    }
    real = GaussianFit(map(heldOut))
    floor = real.frechetDistance(
      to: GaussianFit(map(plan.training.subset(0..<min(count, plan.training.count)).scaledInputs()))
    )
    untrained = distance(of: plan.players(seed: plan.seed), seed: 0)
  }

  func distance(of players: AdversarialPlayers, seed: UInt64) -> Double {
    let noise = Tensor.normal(
      [count, plan.networks.noise], generator: RandomGenerator(seed: seed &+ 991))
    let samples = AdversarialTask.samples(players, noise: noise.to(plan.device))
    return real.frechetDistance(to: GaussianFit(map(samples)))
  }

  private static func classifier(
    _ plan: GANPlan, _ context: RecipeContext, classes: Int
  ) throws -> Sequential {
    let random = RandomGenerator(seed: 5)
    let shape = plan.training.inputShape
    func reduced(_ side: Int) -> Int { (side + 1) / 2 }
    let side = reduced(reduced(shape[1]))
    let network = Sequential(children: [
      (
        "convolution0",
        Conv2d(
          shape[0], 16, kernelSize: 5, stride: 2, padding: .same, weightInitializer: .heUniform,
          generator: random)
      ),
      ("activation0", Activation(.relu)),
      (
        "convolution1",
        Conv2d(
          16, 32, kernelSize: 5, stride: 2, padding: .same, weightInitializer: .heUniform,
          generator: random)
      ),
      ("activation1", Activation(.relu)), ("flatten", Flatten()),
      ("dense", Dense(32 * side * side, 64, weightInitializer: .heUniform, generator: random)),
      ("feature", Activation(.relu)), ("head", Dense(64, classes, generator: random)),
    ]).move(to: plan.device)
    let optimizer = Optimizer(Adam(learningRate: 2e-3), for: network)
    let loader = try BatchLoader(
      plan.training, .init(batchSize: min(100, plan.training.count), seed: 5, dropsLast: true))
    let steps = 400
    context.progress.begin("classifier for the distance", total: steps, unit: "steps")
    defer { context.progress.end() }
    for step in 0..<steps {
      let batch = loader.next()
      guard let labels = batch.labels else { break }
      optimizer.learningRate = 2e-3 * (1 - Double(step) / Double(steps))
      optimizer.step {
        network(batch.inputs.to(plan.device)).crossEntropy(labels.to(plan.device))
      }
      context.progress.advance(by: 1)
      try context.cancellation.check()
    }
    return network.evaluate()
  }

  /// The directions `(pixels, count)` in which the images vary most.
  private static func principalComponents(_ images: Tensor, _ count: Int) -> Tensor {
    let flat = images.flattened(from: 1).to(.float64)
    let centered = flat - flat.mean(0)
    let (_, vectors) = (centered.transposed().matmul(centered) / Double(flat.size(0)))
      .symmetricEigen()
    let size = vectors.size(1)
    return vectors[.all, max(0, size - count)..<size].to(.float32)
  }
}

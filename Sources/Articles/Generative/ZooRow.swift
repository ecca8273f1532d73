import Datasets
import Generative
import Layers
import Messages
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// One way to train a GAN, as a row of a table: a game, the rhythm of its updates and its rules.
struct ZooRow {
  let name: String
  let game: AdversarialGame
  var discriminatorSteps = 1
  var rate = 1e-3
  /// The discriminator's, if it is another one.
  var discriminatorRate: Double?
  var beta2 = 0.999
  var hasSpectralNorm = false
  /// The bound of the discriminator's weights, for the first WGAN.
  var clipping: Double?

  /// The name as that of a training: `wgan-gp-0.1`.
  var trainingName: String {
    name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }
      .joined(separator: "-")
  }

  var rule: any OptimizerSpecification {
    Adam(learningRate: rate, beta1: 0.5, beta2: beta2, epsilon: 1e-7)
  }

  var discriminatorRule: any OptimizerSpecification {
    let rule = Adam(
      learningRate: discriminatorRate ?? rate, beta1: 0.5, beta2: beta2, epsilon: 1e-7)
    return clipping.map { rule.withWeightClipping($0) } ?? rule
  }

  private var rejections: Int? {
    if case .scores(let weights) = game.head { weights.count } else { nil }
  }

  /// Players of points in the plane.
  func pointPlayers(seed: UInt64) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    return AdversarialPlayers(
      generator: ToyNetworks.pointGenerator(generator: random),
      discriminator: ToyNetworks.pointDiscriminator(rejections: rejections, generator: random),
      game: game, generatorOptimizer: rule, discriminatorOptimizer: discriminatorRule)
  }

  /// Players of images; the generator's optimizer keeps the moving average that makes the samples.
  func imagePlayers(
    _ networks: DCGAN.Configuration, averaging: Double, seed: UInt64
  ) -> AdversarialPlayers {
    let random = RandomGenerator(seed: seed)
    var networks = networks
    networks.hasSpectralNorm = hasSpectralNorm
    networks.rejections = rejections
    return AdversarialPlayers(
      generator: DCGAN.generator(networks, random: random),
      discriminator: DCGAN.discriminator(networks, random: random), game: game,
      generatorOptimizer: averaging > 0
        ? rule.withMovingAverage(averaging, includingStates: true) : rule,
      discriminatorOptimizer: discriminatorRule)
  }

  func task(
    _ players: AdversarialPlayers, noiseSize: Int, _ data: Dataset, batch: Int, seed: UInt64
  ) throws -> AdversarialTask {
    AdversarialTask(
      players, step: AlternatingStep(discriminatorSteps: discriminatorSteps), noiseSize: noiseSize,
      loader: try BatchLoader(data, .init(batchSize: batch, seed: seed, dropsLast: true)))
  }
}

/// What the rows of a zoo make of a mixture in the plane: modes, quality and evenness of 10 000 samples.
struct PlaneComparison {
  enum Mixture: String {
    case ring = "ring of eight Gaussians"
    case grid = "grid of 25 Gaussians"

    var centers: [(x: Double, y: Double)] {
      self == .ring ? ToySets.ringCenters : ToySets.gridCenters
    }
    var deviation: Double { self == .ring ? ToySets.ringDeviation : ToySets.gridDeviation }

    func points(count: Int, seed: UInt64) -> Dataset {
      self == .ring
        ? ToySets.ring(count: count, seed: seed) : ToySets.grid(count: count, seed: seed)
    }
  }

  let mixture: Mixture
  private(set) var results: [(name: String, within3: ModeCoverage, within6: ModeCoverage)] = []
  private var clouds: [Series] = []
  private let steps: Int

  /// Trains every row with the same data, order and initial weights.
  init<Settings>(
    _ rows: [ZooRow], on mixture: Mixture, steps: Int, _ run: Running<Settings>
  ) throws {
    self.mixture = mixture
    self.steps = steps
    let data = mixture.points(count: 50_000, seed: run.seed)
    for row in rows {
      let players = row.pointPlayers(seed: run.seed)
      let task = try row.task(players, noiseSize: 2, data, batch: 256, seed: run.seed)
      try run.train(task, named: "plane-\(row.trainingName)", steps: steps) { $0.device = .cpu }
      let noise = Tensor.normal([10_000, 2], generator: RandomGenerator(seed: run.seed &+ 5))
      let samples = AdversarialTask.samples(players, noise: noise)
      func coverage(_ deviations: Double) -> ModeCoverage {
        ModeCoverage(
          samples, centers: mixture.centers, deviation: mixture.deviation, deviations: deviations)
      }
      results.append((row.name, coverage(3), coverage(6)))
      let shown = samples[..<1000]
      clouds.append(
        Series(
          row.name, x: shown[.all, 0].to(.float64).doubles(),
          y: shown[.all, 1].to(.float64).doubles()))
    }
  }

  func coverage(_ name: String, deviations: Int) -> ModeCoverage? {
    results.first { $0.name == name }.map { deviations == 3 ? $0.within3 : $0.within6 }
  }

  var metrics: [String: Double] {
    results.reduce(into: [:]) { metrics, result in
      metrics["plane/\(result.name)/modes"] = Double(result.within6.covered())
      metrics["plane/\(result.name)/within 6σ"] = result.within6.quality
      metrics["plane/\(result.name)/within 3σ"] = result.within3.quality
      metrics["plane/\(result.name)/divergence"] = result.within6.divergence
    }
  }

  var section: Report.Section {
    let table = Report.Table(
      columns: ["", "modes", "within 6σ", "within 3σ", "KL to uniform"],
      rows: results.map {
        [
          .text($0.name), .number(Double($0.within6.covered())), .number($0.within6.quality),
          .number($0.within3.quality), .number($0.within6.divergence),
        ]
      },
      caption:
        "10 000 samples after \(steps) updates of the generator; a mode is covered by 20 of them within "
        + "6σ. Perceptrons of 3 × 128, batch 256, the same data, order and initial weights.")
    let charts = clouds.map { cloud in
      Report.Block.chart(
        Chart.scatter(cloud.name, [cloud], x: Axis("", range: -3...3), y: Axis("", range: -3...3))
          .halfWidth())
    }
    return Report.Section("The \(mixture.rawValue)", [.table(table)] + charts)
  }
}

/// What the rows of a zoo make of images: the Fréchet distance and the time of a round.
struct ImageComparison {
  struct Result {
    let name: String
    let distance: Double
    let milliseconds: Double
  }

  let results: [Result]
  let untrained: Double
  /// The samples of the first row.
  let sheet: SampleSheet
  private let quality: FrechetQuality
  private let protocolText: String
  private let steps: Int

  /// Trains every row for as many updates of the generator, the first on the networks of `model`, which
  /// the run keeps.
  init<Settings>(
    _ rows: [ZooRow], _ networks: DCGAN.Configuration, _ model: ZooGANModel, steps: Int, batch: Int,
    averaging: Double, _ images: ZooImages, _ run: Running<Settings>
  ) throws {
    self.steps = steps
    try SampleSheet.logReal(images, run)
    let quality = try FrechetQuality(images, run)
    func distance(_ players: AdversarialPlayers) -> Double {
      quality.distance(noiseSize: networks.noise, seed: run.seed, device: run.device) {
        AdversarialTask.samples(players, noise: $0)
      }
    }
    let first = model.players
    first.generator.move(to: run.device)
    first.discriminator.move(to: run.device)
    untrained = distance(first)
    let sheet = SampleSheet(run, noiseSize: networks.noise) {
      AdversarialTask.samples(first, noise: $0)
    }
    var distances: [Double] = []
    for (index, row) in rows.enumerated() {
      let players =
        index == 0 ? first : row.imagePlayers(networks, averaging: averaging, seed: run.seed)
      players.generator.move(to: run.device)
      players.discriminator.move(to: run.device)
      let task = try row.task(
        players, noiseSize: networks.noise, images.training, batch: batch, seed: run.seed)
      try run.train(
        task, named: "images-\(row.trainingName)", steps: steps,
        callbacks: index > 0
          ? [] : [Every(max(1, steps / 8)) { try sheet.log(run, step: $0.step) }])
      distances.append(distance(players))
    }
    let times = try roundTimes(
      rows.map { row in
        let players = row.imagePlayers(networks, averaging: 0, seed: run.seed)
        players.generator.move(to: run.device)
        players.discriminator.move(to: run.device)
        return try row.task(
          players, noiseSize: networks.noise, images.training, batch: batch, seed: run.seed)
      }, run)
    results = rows.indices.map {
      Result(name: rows[$0].name, distance: distances[$0], milliseconds: times[$0])
    }
    try model.keep(in: run, images)
    self.quality = quality
    self.sheet = sheet
    protocolText = quality.protocolText(images)
  }

  func result(_ name: String) -> Result? { results.first { $0.name == name } }

  func distance(_ name: String) -> Double { result(name)?.distance ?? .nan }

  var metrics: [String: Double] {
    results.reduce(into: [
      "frechet/real against real": quality.floor, "frechet/untrained": untrained,
      "features/accuracy": quality.features.accuracy ?? .nan,
    ]) { metrics, result in
      metrics["frechet/\(result.name)"] = result.distance
      metrics["time/\(result.name)"] = result.milliseconds
    }.filter { $0.value.isFinite }
  }

  var section: Report.Section {
    let table = Report.Table(
      columns: ["", "Fréchet distance", "ms per round"],
      rows: results.map { [.text($0.name), .number($0.distance), .number($0.milliseconds)] },
      caption:
        "After \(steps) updates of the generator; untrained \(NumberText.short(untrained)), real "
        + "against real \(NumberText.short(quality.floor)). Networks, initial weights, order of the data "
        + "and batch are the same in all rows; one seed.")
    return Report.Section("Images", [.text(protocolText), .table(table)])
  }
}

/// A GAN of images as a run keeps it: the generator's averaged weights, and its discriminator.
struct ZooGANModel {
  let players: AdversarialPlayers
  let model: ImageModel

  init(
    _ row: ZooRow, _ networks: DCGAN.Configuration, averaging: Double, shape: [Int], seed: UInt64
  ) {
    players = row.imagePlayers(networks, averaging: averaging, seed: seed)
    let generator = players.generator
    model = ImageModel(
      shape: shape, noiseSize: networks.noise, parts: [("generator", generator)],
      sample: { generator($0) }, encode: nil)
  }

  func keep<Settings>(in run: Running<Settings>, _ images: ZooImages) throws {
    let optimizer = players.generatorOptimizer
    if optimizer.keepsAverages {
      try optimizer.withAverages { try model.keep(in: run, images) }
    } else {
      try model.keep(in: run, images)
    }
  }
}

/// What a round of each task takes, in milliseconds: the median of 11 turns, in each of which every task
/// makes a round. The tasks are trained by it.
func roundTimes<Settings>(
  _ tasks: [AdversarialTask], turns: Int = 11, _ run: Running<Settings>
) throws -> [Double] {
  var times = [[Double]](repeating: [], count: tasks.count)
  let scope = StepScope(device: run.device)
  try run.work.phase("timing", of: turns, unit: "turns") { phase in
    for turn in 0...turns {
      for (index, task) in tasks.enumerated() {
        let round = try task.nextBatch()
        let start = ContinuousClock.now
        _ = try task.update(round, step: turn, scope)
        run.device.synchronize()
        // The first turn warms up.
        if turn > 0 { times[index].append((ContinuousClock.now - start) / .milliseconds(1)) }
      }
      try phase.advance(turn > 0 ? 1 : 0)
    }
  }
  return times.map { $0.sorted()[$0.count / 2] }
}

import Datasets
import Foundation
import Generative
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// The ring of eight Gaussians under noise, whose density and score are known, and a network that learns them
/// by denoising: what both recipes of 从去噪自编码器到生成模型 begin with.
struct NoisedRing {
  let noise: Double
  let data: Dataset
  let clean = GaussianMixture(centers: ToySets.ringCenters, deviation: ToySets.ringDeviation)
  var noised: GaussianMixture { clean.noised(noise) }
  let energy: LogDensityNetwork

  /// Trains the network, as the run's training `density`.
  init<Settings>(
    noise: Double, width: Int, rate: Double, steps: Int, batch: Int, _ run: Running<Settings>
  ) throws {
    self.noise = noise
    data = ToySets.ring(count: 50_000, seed: run.seed)
    let network = Self.network(width: width, seed: run.seed)
    let energy = LogDensityNetwork(network, noise: noise)
    self.energy = energy
    let task = SupervisedTask(
      network,
      optimizer: Optimizer(
        Adam(learningRate: rate).withSchedule(Self.cosine(over: steps)), for: network),
      loader: try BatchLoader(data, .init(batchSize: batch, seed: run.seed))
    ) { batch in
      energy.loss(batch.input)
    } loss: { value, _ in
      value.mean()
    }
    try run.train(task, named: "density", steps: steps) { $0.device = .cpu }
  }

  /// 2 → width × 3 → 1 with SiLU, whose slope is smooth.
  static func network(width: Int, seed: UInt64) -> Sequential {
    ToyNetworks.perceptron(
      [2, width, width, width, 1], .silu, generator: RandomGenerator(seed: seed))
  }

  static func cosine(over steps: Int) -> Schedule {
    Schedule("cosine over \(steps)") {
      0.5 * (1 + cos(Double.pi * min(1, Double($0) / Double(steps))))
    }
  }

  /// Points with noise, of another draw than those of training.
  func noisyPoints(count: Int, seed: UInt64) -> Tensor {
    ToySets.ring(count: count, seed: seed &+ 1).inputs
      + noise * Tensor.normal([count, 2], generator: RandomGenerator(seed: seed &+ 2))
  }
}

/// How a learned density compares with the true one.
struct DensityFit: Finding {
  private let cosine: Double
  private let relativeError: Double
  private let correlation: Double
  private let divergence: Double
  private let denoising: (learned: Double, best: Double)
  private let charts: [Chart]

  init<Settings>(_ ring: NoisedRing, _ run: Running<Settings>) {
    let points = ring.noisyPoints(count: 4000, seed: run.seed)
    let variance = ring.noise * ring.noise
    let found = ring.energy.slope(points)
    let truth = ring.noised.score(points) * variance
    cosine = ((found * truth).sum() / (found.norm() * truth.norm())).item()
    relativeError = ((found - truth).norm() / truth.norm()).item()
    func centered(_ values: Tensor) -> Tensor { values - values.mean() }
    let energy = centered(withoutGradients { ring.energy(points) }.to(.float64))
    let density = centered(ring.noised.logDensity(points.to(.float64)))
    correlation = ((energy * density).sum() / (energy.norm() * density.norm())).item()
    let sampled = ToySets.ring(count: 4000, seed: run.seed &+ 3).inputs
    let noisy =
      sampled + ring.noise * Tensor.normal([4000, 2], generator: RandomGenerator(seed: 5))
    func error(_ guess: Tensor) -> Double { (guess - sampled).square().sum(axis: 1).mean().item() }
    denoising = (
      error(ring.energy.denoised(noisy)), error(ring.clean.denoised(noisy, noise: ring.noise))
    )
    // On a grid both densities can be normalized.
    let side = 121
    let axis = (0..<side).map { -3.6 + 7.2 * Double($0) / Double(side - 1) }
    let grid = Tensor(axis.reversed().flatMap { y in axis.map { x in [x, y] } })
    let learned = withoutGradients { ring.energy(grid.to(.float32)) }.to(.float64) / variance
    let learnedLog = learned - learned.logSumExp(axis: 0)
    let truthLog = ring.noised.logDensity(grid)
    let normalized = truthLog - truthLog.logSumExp(axis: 0)
    divergence = (normalized.exp() * (normalized - learnedLog)).sum().item()
    func rows(_ values: Tensor) -> [[Double]] {
      let values = values.exp().doubles()
      return stride(from: 0, to: side, by: 2).map { row in
        stride(from: 0, to: side, by: 2).map { values[row * side + $0] }
      }
    }
    charts = [
      Chart.heatMap("learned density", rows(learnedLog)).halfWidth(),
      Chart.heatMap("true density", rows(normalized)).halfWidth(),
    ]
  }

  var metrics: [String: Double] {
    [
      "density/cosine of slopes": cosine, "density/relative error of slopes": relativeError,
      "density/correlation": correlation, "density/divergence": divergence,
      "denoising/learned": denoising.learned, "denoising/best": denoising.best,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "slope",
        statement:
          "the denoiser's step is σ² times the score: cosine with the true one on noisy points",
        measured: cosine, atLeast: 0.99),
      Claim(
        id: "slope-error", statement: "in length, too: relative error", measured: relativeError,
        atMost: 0.1),
      Claim(
        id: "log-density",
        statement:
          "what was learned is the logarithm of the density: correlation with the true one",
        measured: correlation, atLeast: 0.99),
      Claim(
        id: "divergence",
        statement: "KL of the true density to the learned one, normalized on a grid",
        measured: divergence, atMost: 0.05),
      Claim(
        id: "denoising",
        statement: "no denoiser is much better: squared error over the least possible",
        measured: denoising.learned / denoising.best, atMost: 1.05),
    ]
  }

  var section: Report.Section? {
    Report.Section("What denoising learns", charts.map { .chart($0) })
  }
}

/// Points in the plane as modes of the ring: shares, distances, a picture.
struct RingSamples {
  let name: String
  let coverage: ModeCoverage
  let meanDistance: Double
  private let chart: Chart

  /// - Parameter reach: A sample belongs to a mode within this distance.
  init(_ name: String, _ samples: Tensor, reach: Double = 0.4) {
    self.name = name
    coverage = ModeCoverage(
      samples, centers: ToySets.ringCenters, deviation: reach, deviations: 1)
    let centers = Tensor(ToySets.ringCenters.map { [$0.x, $0.y] }).to(samples.dtype)
    meanDistance = Neighbors.nearest(from: samples, to: centers).mean().item()
    let shown = samples[..<min(1500, samples.size(0))].to(.float64)
    chart =
      Chart.scatter(
        name,
        [
          Series(
            name, x: shown[.all, 0].contiguous().doubles(),
            y: shown[.all, 1].contiguous().doubles())
        ], x: Axis("", range: -3...3), y: Axis("", range: -3...3)
      ).halfWidth()
  }

  /// The smallest and the largest share of a mode among all samples.
  var shares: (least: Double, most: Double) {
    let shares = coverage.counts.map { Double($0) / Double(coverage.samples) }
    return (shares.min() ?? 0, shares.max() ?? 0)
  }

  static func section(_ title: String, _ all: [RingSamples]) -> Report.Section {
    let table = Report.Table(
      columns: ["", "within 0.4", "smallest mode", "largest mode", "mean distance"],
      rows: all.map {
        [
          .text($0.name), .number($0.coverage.quality), .number($0.shares.least),
          .number($0.shares.most), .number($0.meanDistance),
        ]
      },
      caption: "Shares of all samples; the distance is that to the nearest center.")
    return Report.Section(title, [.table(table)] + all.map { .chart($0.chart) })
  }
}

import Datasets
import Foundation
import Generative
import Recipes
import Reports
import Torch

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

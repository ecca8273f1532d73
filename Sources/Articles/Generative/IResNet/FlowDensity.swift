import Foundation
import Generative
import Recipes
import Reports
import Torch

/// How well the density fits, by exact Jacobians, and what the estimate of training says of it.
struct FlowDensity: Finding {
  private let exact: Double
  private let estimated: Double
  private let unbiased: Double
  private let gaussian: Double
  private let charts: [Chart]

  init(_ flow: InvertibleResNet, _ points: Tensor, _ settings: IResNetSettings) {
    let random = RandomGenerator(seed: 11)
    exact = flow.exactNegativeLogLikelihood(points).mean().item()
    func estimate(_ terms: Int, roulette: Double? = nil) -> Double {
      let cost = flow.negativeLogLikelihood(
        points, terms: terms, roulette: roulette, generator: random)
      return cost.detach().mean().item()
    }
    estimated = estimate(settings.terms)
    unbiased = estimate(40)
    let fit = GaussianFit(points)
    gaussian =
      0.5 * fit.covariance.slogdet().logAbsDet.item() + 1 + log(2 * Double.pi)
    let side = 61
    let axis = (0..<side).map { -3 + 6 * Double($0) / Double(side - 1) }
    let grid = Tensor(axis.reversed().flatMap { y in axis.map { x in [x, y] } }).to(.float32)
    let density = (-flow.exactNegativeLogLikelihood(grid)).exp().to(.float64).doubles()
    let rows = (0..<side).map { Array(density[$0 * side..<($0 + 1) * side]) }
    let noise = Tensor.normal([1500, 2], generator: random)
    let samples = flow.inverse(noise, iterations: 200).input.to(.float64)
    charts = [
      Chart.heatMap("p(x)", rows).halfWidth(),
      Chart.scatter(
        "samples: normal points through the inverse",
        [
          Series(
            "samples", x: samples[.all, 0].contiguous().doubles(),
            y: samples[.all, 1].contiguous().doubles())
        ], x: Axis("", range: -3...3), y: Axis("", range: -3...3)
      ).halfWidth(),
    ]
  }

  var metrics: [String: Double] {
    [
      "density/nats, exact": exact, "density/nats, as training estimates": estimated,
      "density/nats, 40 terms": unbiased, "density/nats, Gaussian": gaussian,
      "density/bits per dimension": exact / (2 * log(2)),
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "density",
        statement:
          "the density fits far better than a Gaussian: nats a held-out point, exact, less the "
          + "Gaussian's", measured: exact - gaussian, atMost: -0.2),
      Claim(
        id: "series",
        statement:
          "the series gives the log-determinant: nats by 40 terms less those by exact Jacobians",
        measured: unbiased - exact, equals: 0, within: 0.1),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["−ln p(x) of held-out points", "nats"],
      rows: [
        ["exact Jacobians", .number(exact)], ["series as in training", .number(estimated)],
        ["series of 40 terms", .number(unbiased)], ["Gaussian", .number(gaussian)],
      ],
      caption:
        "Training sees the truncated series and can gain by its error, so that only the exact figure, or "
        + "one of many terms, judges.")
    return Report.Section("Density", [.table(table)] + charts.map { .chart($0) })
  }
}

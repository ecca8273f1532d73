import Datasets
import Generative
import Reports
import Torch

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

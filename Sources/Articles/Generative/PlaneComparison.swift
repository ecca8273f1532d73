import Datasets
import Generative
import Recipes
import Reports
import Torch
import Training

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

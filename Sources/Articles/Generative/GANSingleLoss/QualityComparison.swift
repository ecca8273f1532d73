import Foundation
import Generative
import Messages
import Recipes
import Reports
import Torch
import Training

/// Sample quality of one-loss and alternating training of the same networks, on several seeds. The
/// first training is the one that makes the run's samples.
struct QualityComparison: Finding {
  private struct Row {
    let seed: UInt64
    let oneLoss: Double
    let alternating: Double
    var ratio: Double { oneLoss / alternating }
  }

  /// The samples of the first training.
  let sheet: SampleSheet
  private let rows: [Row]
  private let quality: FrechetQuality
  private let untrained: Double
  private let protocolText: String
  private let averaging: String
  private let millisecondsPerRound: Double

  init(
    _ models: OneLossModels, _ run: Running<GANSingleLossArticle.Settings>, _ images: ZooImages
  ) throws {
    typealias Mode = GANSingleLossArticle.Mode
    let settings = run.settings
    func name(_ mode: Mode, _ seed: UInt64) -> String { "\(mode.rawValue)-seed-\(seed)" }

    try SampleSheet.logReal(images, run)
    let first = try models.task(settings.mode, seed: run.seed, images)
    let sheet = SampleSheet(run, noiseSize: models.noiseSize) { noise in
      AdversarialTask.samples(first.players, noise: noise)
    }
    let outcome = try run.train(
      first, named: name(settings.mode, run.seed), steps: settings.steps,
      callbacks: [
        Every(max(1, settings.steps / 8)) { state in try sheet.log(run, step: state.step) }
      ])

    let quality = try FrechetQuality(images, run)
    func distance(_ players: AdversarialPlayers, seed: UInt64) -> Double {
      quality.distance(noiseSize: models.noiseSize, seed: seed, device: run.device) { noise in
        AdversarialTask.samples(players, noise: noise)
      }
    }
    func trained(_ mode: Mode, seed: UInt64) throws -> Double {
      // The split form has the one loss's gradients and takes less time.
      let isFirst =
        seed == run.seed && (settings.mode == mode || (settings.mode, mode) == (.oneLoss, .split))
      if isFirst { return distance(first.players, seed: seed) }
      let task = try models.task(mode, seed: seed, images)
      try run.train(task, named: name(mode, seed), steps: settings.steps, seed: seed)
      return distance(task.players, seed: seed)
    }
    untrained = distance(models.players(seed: run.seed), seed: 0)
    rows = try (0..<settings.repeats).map { repetition in
      let seed = run.seed &+ UInt64(repetition)
      return Row(
        seed: seed, oneLoss: try trained(.split, seed: seed),
        alternating: try trained(.alternating, seed: seed))
    }
    self.sheet = sheet
    self.quality = quality
    protocolText = quality.protocolText(images)
    averaging = settings.averaging > 0 ? " of the generator's moving average" : ""
    millisecondsPerRound = outcome.seconds * 1000 / Double(outcome.steps - outcome.firstStep)
  }

  /// The logarithm of one-loss over alternating distance by seed: mean and its standard error.
  private var logRatio: (mean: Double, error: Double) {
    let ratios = rows.map { log($0.ratio) }
    let mean = ratios.reduce(0, +) / Double(ratios.count)
    let variance =
      ratios.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(ratios.count - 1)
    return (mean, (variance / Double(ratios.count)).squareRoot())
  }

  private func mean(_ value: KeyPath<Row, Double>) -> Double {
    rows.map { $0[keyPath: value] }.reduce(0, +) / Double(rows.count)
  }

  var metrics: [String: Double] {
    [
      "frechet/one-loss": mean(\.oneLoss), "frechet/alternating": mean(\.alternating),
      "frechet/real against real": quality.floor,
      "features/accuracy": quality.features.accuracy ?? .nan,
      "frechet/ratio": exp(logRatio.mean), "training/milliseconds per round": millisecondsPerRound,
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
          "sample quality is not worse: Fréchet distance (\(quality.features.summary)) of one-loss "
          + "over that of alternating training, geometric mean of \(rows.count) seeds; worse would be "
          + "more than a tenth and more than two standard errors",
        measured: exp(difference), atMost: bound),
      Claim(
        id: "learnt",
        statement:
          "training has brought the samples nearer to the data: distance after training over that of "
          + "the untrained generator", measured: mean(\.oneLoss) / untrained, atMost: 0.5),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["seed", "one loss", "alternating", "ratio"],
      rows: rows.map {
        [
          .number(Double($0.seed)), .number($0.oneLoss), .number($0.alternating), .number($0.ratio),
        ]
      },
      caption:
        "Fréchet distances\(averaging); real against real \(NumberText.short(quality.floor)), "
        + "untrained \(NumberText.short(untrained)). Networks, initial weights, order of the data "
        + "and number of updates are the same in a row.")
    return Report.Section("Sample quality", [.text(protocolText), .table(table)])
  }
}

import Foundation
import Generative
import Messages
import Recipes
import Reports
import Torch

/// What a pair of updates costs in each form, the forms taking turns on the same networks.
struct StepTimes: Finding {
  private enum Form: String, CaseIterable {
    /// What the article sets its loss beside: each player draws fakes of its own.
    case alternating = "alternating, fresh fakes for each player"
    case lean = "alternating, shared fakes"
    case oneLoss = "one loss"
    case split = "split, two backward passes"
    case shared = "split, shared backward pass"

    func round(_ players: AdversarialPlayers, real: Tensor, noise: () -> Tensor) {
      switch self {
      case .alternating:
        let (own, others) = (noise(), noise())
        let verdict = players.discriminatorGradients(
          real: real, fake: withoutGradients { players.generator(own) }, noise: own)
        players.discriminatorOptimizer.step(gradients: verdict.gradients)
        let found = players.generatorGradients(
          fake: players.generator(others), noise: others, real: real)
        players.generatorOptimizer.step(gradients: found.gradients)
      case .lean: AlternatingStep().update(players, real: real, noise: noise())
      case .oneLoss: JointStep().update(players, real: real, noise: noise())
      case .split: SplitStep(sharesBackward: false).update(players, real: real, noise: noise())
      case .shared: SplitStep().update(players, real: real, noise: noise())
      }
    }
  }

  /// Seconds of a round in each turn.
  private var seconds: [Form: [Double]] = [:]
  private static let turns = 21
  private static let rounds = 4

  init(
    _ models: OneLossModels, _ run: Running<GANSingleLossArticle.Settings>, _ images: ZooImages
  ) throws {
    let players = models.players(seed: run.seed &+ 4)
    let batch = run.settings.batch
    let real = images.training.subset(0..<batch).scaledInputs().to(run.device)
    func noise() -> Tensor { Tensor.normal([batch, models.noiseSize], device: run.device) }
    try run.work.phase("timing", of: Self.turns, unit: "turns") { phase in
      for turn in 0...Self.turns {
        for form in Form.allCases {
          let start = ContinuousClock.now
          for _ in 0..<Self.rounds { form.round(players, real: real, noise: noise) }
          run.device.synchronize()
          // The first turn warms up.
          guard turn > 0 else { continue }
          let time = (ContinuousClock.now - start) / .seconds(1) / Double(Self.rounds)
          seconds[form, default: []].append(time)
        }
        try phase.advance(turn > 0 ? 1 : 0)
      }
    }
  }

  private func milliseconds(_ form: Form) -> Double {
    1000 * Self.quantile(0.5, of: seconds[form] ?? [])
  }

  /// The quarters of the ratio of the two forms' times within a turn, which other programs disturb alike.
  private func ratio(_ form: Form, to other: Form = .alternating) -> (
    low: Double, median: Double, high: Double
  ) {
    let ratios = zip(seconds[form] ?? [], seconds[other] ?? []).map { $0 / $1 }
    return (
      Self.quantile(0.25, of: ratios), Self.quantile(0.5, of: ratios),
      Self.quantile(0.75, of: ratios)
    )
  }

  private static func quantile(_ share: Double, of values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    return values.sorted()[Int((share * Double(values.count - 1)).rounded())]
  }

  var metrics: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: Form.allCases.map { ("time/\($0.rawValue)", milliseconds($0)) })
  }

  var claims: [Claim] {
    [
      Claim(
        id: "time-split",
        statement:
          "both updates from one set of passes take less time than the article's alternation: ratio",
        measured: ratio(.shared).median, atMost: 0.95),
      Claim(
        id: "time-one-loss",
        statement:
          "so does the one loss as the article writes it, with three passes of the discriminator: "
          + "ratio", measured: ratio(.oneLoss).median, atMost: 1),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["form", "milliseconds", "of the article's", "middle half", "of the lean one"],
      rows: Form.allCases.map { form in
        let ratio = ratio(form)
        return [
          .text(form.rawValue), .number(milliseconds(form)), .number(ratio.median),
          .text(
            NumberText.fixed(ratio.low, decimals: 3) + " to "
              + NumberText.fixed(ratio.high, decimals: 3)),
          .number(self.ratio(form, to: .lean).median),
        ]
      },
      caption:
        "Medians of \(Self.turns) turns of \(Self.rounds) rounds, ratios within a turn. The article's alternation "
        + "draws fakes for each player; the lean one shares them and asks for no gradient that is thrown away, "
        + "which the one loss, with one more pass of the discriminator forward and back, may not outrun."
    )
    return Report.Section("Time for a pair of updates", [.table(table)])
  }
}

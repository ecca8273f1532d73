import Foundation
import Generative
import Recipes
import Reports
import Torch

/// What a pair of updates costs in each form, the forms taking turns on the same networks.
struct StepTimes: Finding {
  private enum Form: String, CaseIterable {
    case alternating
    case oneLoss = "one loss"
    case split = "split, two backward passes"
    case shared = "split, shared backward pass"

    var step: any AdversarialStep {
      switch self {
      case .alternating: AlternatingStep()
      case .oneLoss: JointStep()
      case .split: SplitStep(sharesBackward: false)
      case .shared: SplitStep()
      }
    }
  }

  /// The shortest turn of each form, in seconds: the one that other programs disturbed least.
  private var seconds: [Form: Double] = [:]

  init(
    _ models: OneLossModels, _ run: Running<GANSingleLossArticle.Settings>, _ images: ZooImages,
    turns: Int = 15, rounds: Int = 4
  ) throws {
    let players = models.players(seed: run.seed &+ 4)
    let batch = run.settings.batch
    let real = images.training.subset(0..<batch).scaledInputs().to(run.device)
    try run.work.phase("timing", of: turns, unit: "turns") { phase in
      for turn in 0...turns {
        for form in Form.allCases {
          let step = form.step
          let start = ContinuousClock.now
          for _ in 0..<rounds {
            let noise = Tensor.normal([batch, models.noiseSize], device: run.device)
            step.update(players, real: real, noise: noise)
          }
          run.device.synchronize()
          // The first turn warms up.
          guard turn > 0 else { continue }
          let time = (ContinuousClock.now - start) / .seconds(1) / Double(rounds)
          seconds[form] = min(time, seconds[form] ?? .infinity)
        }
        try phase.advance(turn > 0 ? 1 : 0)
      }
    }
  }

  private func milliseconds(_ form: Form) -> Double { (seconds[form] ?? .nan) * 1000 }
  private func ratio(_ form: Form) -> Double { milliseconds(form) / milliseconds(.alternating) }

  var metrics: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: Form.allCases.map { ("time/\($0.rawValue)", milliseconds($0)) })
  }

  var claims: [Claim] {
    [
      Claim(
        id: "time-split",
        statement:
          "both updates from one set of passes take less time than alternating ones: ratio",
        measured: ratio(.shared), atMost: 0.95),
      Claim(
        id: "time-one-loss",
        statement:
          "so does the one loss as the article writes it, with three passes of the discriminator: "
          + "ratio", measured: ratio(.oneLoss), atMost: 1),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["form", "milliseconds", "of alternating"],
      rows: Form.allCases.map {
        [.text($0.rawValue), .number(milliseconds($0)), .number(ratio($0))]
      },
      caption:
        "Shortest of 15 turns of 4 rounds. Alternating here shares the fakes between the players "
        + "and asks for no gradient that is thrown away; the one loss as the article writes it passes "
        + "the discriminator once more, forward and back, and may take longer.")
    return Report.Section("Time for a pair of updates", [.table(table)])
  }
}

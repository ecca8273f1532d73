import Foundation
import Generative
import Recipes
import Reports
import Torch
import Tracking

/// What a pair of updates costs in each form, the forms taking turns on the same networks.
struct StepTimes {
  private let forms: [(name: String, milliseconds: Double, ratio: Double)]

  init(_ plan: GANPlan, _ context: RecipeContext, turns: Int = 15, rounds: Int = 4) {
    let steps: [(String, any AdversarialStep)] = [
      ("alternating", AlternatingStep()), ("one loss", JointStep()),
      ("split, two backward passes", SplitStep(sharesBackward: false)),
      ("split, shared backward pass", SplitStep()),
    ]
    let players = plan.players(seed: plan.seed &+ 4)
    let real = plan.training.subset(0..<plan.batch).scaledInputs().to(plan.device)
    context.progress.begin("timing", total: turns, unit: "turns")
    var seconds = steps.map { _ in [Double]() }
    for turn in 0...turns {
      for (index, (_, step)) in steps.enumerated() {
        let start = ContinuousClock.now
        for _ in 0..<rounds {
          _ = step.update(
            players, real: { real },
            noise: { Tensor.normal([plan.batch, plan.networks.noise], device: plan.device) })
        }
        plan.device.synchronize()
        // The first turn warms up.
        if turn > 0 {
          seconds[index].append((ContinuousClock.now - start) / .seconds(1) / Double(rounds))
        }
      }
      context.progress.advance(by: turn > 0 ? 1 : 0)
    }
    context.progress.end()
    // The shortest turn is the one that other programs disturbed least.
    let shortest = seconds.map { $0.min() ?? .nan }
    forms = zip(steps, shortest).map { ($0.0, $1 * 1000, $1 / shortest[0]) }
  }

  var metrics: [String: Double] {
    var metrics: [String: Double] = [:]
    for form in forms { metrics["time/\(form.name)"] = form.milliseconds }
    return metrics
  }

  var claims: [Claim] {
    [
      Claim(
        id: "time-split",
        statement:
          "both updates from one set of passes take less time than alternating ones: ratio",
        measured: forms[3].ratio, atMost: 0.95),
      Claim(
        id: "time-one-loss",
        statement:
          "so does the one loss as the article writes it, with three passes of the discriminator: "
          + "ratio", measured: forms[1].ratio, atMost: 1),
    ]
  }

  var section: Report.Section {
    Report.Section(
      "Time for a pair of updates",
      [
        .table(
          Report.Table(
            columns: ["form", "milliseconds", "of alternating"],
            rows: forms.map { [.text($0.name), .number($0.milliseconds), .number($0.ratio)] },
            caption:
              "Shortest of 15 turns of 4 rounds. Alternating here shares the fakes between the "
              + "players and asks for no gradient that is thrown away; the one loss as the article "
              + "writes it passes the discriminator once more, forward and back, and may take longer."
          ))
      ])
  }
}

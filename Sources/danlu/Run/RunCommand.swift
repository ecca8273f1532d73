import ArgumentParser
import Articles
import Formats
import Foundation
import Messages
import Parallel
import Recipes
import Tracking
import Training

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run an article: train, evaluate, check its claims, leave a run folder.",
    discussion: """
      The run folder (runs/RECIPE-DATE-TIME by default) holds config.json, metrics.jsonl, \
      TensorBoard events, checkpoints, samples, claims.json and report.html. Ctrl-C keeps a \
      checkpoint.

      Examples:
        danlu run gan-single-loss
        danlu run gan-single-loss --data fashion-mnist --steps 2000 --set loss=hinge
        danlu run --resume runs/gan-single-loss-20260101-120000
        danlu run det-exp --json
      """)

  @Argument(help: "The recipe's name; 'danlu recipes' lists them.") var recipe: String?
  @Option(help: "A folder with your own data.") var data: String?
  @Option(help: "The run folder to make.") var out: String?
  @Option(help: "How many updates.") var steps: Int?
  @Option(help: "How many examples per update.") var batch: Int?
  @Option(help: "The seed of everything random.") var seed: UInt64?
  @Option(help: "auto, cpu or cuda:0.") var device: String?
  @Option(help: "auto, fp32 or bf16.") var precision: String?
  @Option(name: .customLong("set"), help: "A setting of the recipe, as key=value; repeatable.")
  var settings: [String] = []
  @Option(help: "Continue the run in this folder.") var resume: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if resume == nil, recipe == nil {
      throw ValidationError("a recipe's name is missing; 'danlu recipes' lists them")
    }
    if resume != nil {
      let options: [(name: String, isGiven: Bool)] = [
        ("--out", out != nil), ("--data", data != nil), ("--steps", steps != nil),
        ("--batch", batch != nil), ("--seed", seed != nil), ("--device", device != nil),
        ("--precision", precision != nil), ("--set", !settings.isEmpty),
      ]
      let given = options.filter(\.isGiven).map(\.name)
      guard given.isEmpty else {
        throw ValidationError(
          "--resume repeats the run as its config.json says; \(given.joined(separator: ", ")) cannot "
            + "be changed")
      }
    }
    for (name, value) in [("steps", steps), ("batch", batch)] {
      if let value, value < 1 {
        throw OptionError(name, expected: "a number from 1", received: value)
      }
    }
    try Usage.check {
      if let recipe {
        _ = try Settings(RecipeBook.recipe(named: recipe).card, assignments: settings)
      }
      if let precision { _ = try Precision(parsing: precision) }
    }
  }

  func run() throws {
    Interruption.install()
    if let resume, let summary = RecipeSession.finishedSummary(at: resume) {
      Console.note("\(resume) is finished; this is what it found")
      return try show(summary)
    }
    let session = try session()
    let summary: RunSummary
    do {
      summary = try session.run(
        progress: TerminalProgress(), cancellation: Interruption.cancellation)
    } catch is Cancelled {
      throw Interrupted(advice: "continue with: danlu run --resume \(session.path)")
    }
    try show(summary)
  }

  private func session() throws -> RecipeSession {
    if let resume {
      return try RecipeSession.resume(
        at: resume, expecting: recipe, find: RecipeBook.recipe(named:))
    }
    return try RecipeSession.begin(
      try RecipeBook.recipe(named: recipe ?? ""),
      options: RecipeOptions(
        data: data, steps: steps, batch: batch, seed: seed ?? 0, device: device ?? "auto",
        precision: precision ?? "auto"),
      assignments: settings, at: out)
  }

  private func show(_ summary: RunSummary) throws {
    if output.json {
      try Console.json(summary)
    } else {
      ClaimTable.show(summary)
    }
  }
}

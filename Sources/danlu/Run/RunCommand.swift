import ArgumentParser
import Articles
import Distributed
import Formats
import Foundation
import Messages
import Parallel
import Recipes
import Tracking
import Training

struct RunCommand: RankedCommand {
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
        danlu launch -n 2 run gan-single-loss    as two ranks; see danlu launch --help
      """)

  @Argument(help: "The recipe's name; 'danlu recipes' lists them.") var recipe: String?
  @Option(help: "A folder with your own data.") var data: String?
  @Option(help: "A folder with a pretrained model to start from.") var model: String?
  @Option(help: "The run folder to make.") var out: String?
  @Option(help: "How many updates.") var steps: Int?
  @Option(help: "How many examples per update.") var batch: Int?
  @Option(help: "The seed of everything random.") var seed: UInt64?
  @Option(help: "auto, cpu or cuda:0.") var device: String?
  @Option(help: "auto, fp32 or bf16.") var precision: String?
  @Option(name: .customLong("set"), help: "A setting of the recipe, as key=value; repeatable.")
  var settings: [String] = []
  @Option(help: "Continue the run in this folder.") var resume: String?
  @OptionGroup var ranks: TrainingRankOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if resume == nil, recipe == nil {
      throw ValidationError("a recipe's name is missing; 'danlu recipes' lists them")
    }
    if resume != nil {
      let options: [(name: String, isGiven: Bool)] = [
        ("--out", out != nil), ("--data", data != nil), ("--model", model != nil),
        ("--steps", steps != nil),
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
    if let recipe { _ = try Self.check(ArticleBook.article(named: recipe), pairs()) }
    if let precision { _ = try Precision(parsing: precision) }
  }

  private static func check<Chosen: Article>(
    _ article: Chosen.Type, _ pairs: [(key: String, text: String)]
  ) throws -> Chosen.Settings {
    try Chosen.Settings(pairs, of: article.card.name)
  }

  /// `--set key=value`; `--steps` and `--batch` are settings with an option of their own.
  private func pairs() throws -> [(key: String, text: String)] {
    let named = [("steps", steps), ("batch", batch)].compactMap { key, value in
      value.map { (key: key, text: String($0)) }
    }
    return try named
      + settings.map { assignment in
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
          throw OptionError("set", expected: "key=value", received: "'\(assignment)'")
        }
        return (String(parts[0]), String(parts[1]))
      }
  }

  func run() throws {
    let world = try ranks.start()
    let finished = world.isRoot ? resume.flatMap(RecipeSession.finishedSummary) : nil
    // All ranks end where the first has nothing to do.
    if try world.sum([finished == nil ? 0 : 1])[0] > 0 {
      guard let resume, let finished else { return }
      Console.note("\(resume) is finished; this is what it found")
      return try show(finished)
    }
    var folder: RankedFolder?
    let session = try session(world, &folder)
    do {
      try withExtendedLifetime(folder) { try show(try session.run(Terminal.work)) }
    } catch is Cancelled {
      throw Interrupted(advice: "continue with: danlu run --resume \(session.path)")
    }
  }

  private func session(
    _ world: Communicator, _ folder: inout RankedFolder?
  ) throws -> RecipeSession {
    guard let resume else {
      var out = out
      if !world.isRoot {
        let temporary = RankedFolder(making: "", world)
        folder = temporary
        out = temporary.path
      }
      if let out, RunFolder(path: out).isRun {
        throw FileError(
          path: out,
          reason: "already holds a run; continue it by --resume \(out), or choose another folder")
      }
      return try RecipeSession.begin(
        try ArticleBook.article(named: recipe ?? ""),
        options: RecipeOptions(
          data: data, model: model, seed: seed ?? 0, device: device ?? "auto",
          precision: precision ?? "auto"),
        settings: pairs(), at: out)
    }
    let shared = try RankedFolder(resuming: resume, world)
    folder = shared
    let name = try RecipeSession.recipeName(at: shared.path)
    if let recipe, recipe != name {
      throw InputError("\(resume) is a run of \(name), not of \(recipe)")
    }
    return try RecipeSession.resume(try ArticleBook.article(named: name), at: shared.path)
  }

  private func show(_ summary: RunSummary) throws {
    if output.json {
      try Console.json(summary)
    } else {
      ClaimTable.show(summary)
      NextStep.show(after: summary)
    }
  }
}

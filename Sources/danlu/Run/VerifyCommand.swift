import ArgumentParser
import Articles
import Foundation
import Parallel
import Recipes
import Tracking

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Run recipes with their defaults and print the table of their claims.",
    discussion: """
      Exits with status 1 if a claim does not hold.

      Examples:
        danlu verify                          all recipes
        danlu verify det-exp smoothing
        danlu verify --out verification --json
      """)

  @Argument(help: "Recipes to verify; all by default.") var recipes: [String] = []
  @Option(help: "The seed of everything random.") var seed: UInt64 = 0
  @Option(help: "auto, cpu or cuda:0.") var device = "auto"
  @Option(help: "Keep the run folders here; they are removed by default.") var out: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Usage.check { for name in recipes { _ = try RecipeBook.recipe(named: name) } }
  }

  func run() throws {
    Interruption.install()
    let chosen =
      try recipes.isEmpty ? RecipeBook.all : recipes.map { try RecipeBook.recipe(named: $0) }
    let folder = out ?? NSTemporaryDirectory() + "danlu-verify-\(UUID().uuidString)"
    defer { if out == nil { try? FileManager.default.removeItem(atPath: folder) } }
    var summaries: [RunSummary] = []
    for recipe in chosen {
      Console.note("\(recipe.card.name)  \(recipe.card.title)  (\(recipe.card.duration))")
      let session = try RecipeSession.begin(
        recipe, options: RecipeOptions(seed: seed, device: device), assignments: [],
        at: "\(folder)/\(recipe.card.name)")
      let summary = try session.run(
        progress: TerminalProgress(), cancellation: Interruption.cancellation)
      summaries.append(summary)
      if !output.json { ClaimTable.show(summary) }
    }
    if output.json { try Console.json(summaries) }
    let failing = summaries.filter { !$0.holds }.map(\.recipe)
    if !failing.isEmpty {
      Console.note("claims that do not hold: \(failing.joined(separator: ", "))")
      throw ExitCode(1)
    }
  }
}

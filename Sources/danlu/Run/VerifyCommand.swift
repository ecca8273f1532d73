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
    for name in recipes { _ = try ArticleBook.article(named: name) }
  }

  func run() throws {
    let chosen =
      try recipes.isEmpty ? ArticleBook.all : recipes.map { try ArticleBook.article(named: $0) }
    let verification = Verification(
      options: RecipeOptions(seed: seed, device: device), keepingRunsIn: out)
    let summaries = try verification.run(chosen, Terminal.work) { summary in
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

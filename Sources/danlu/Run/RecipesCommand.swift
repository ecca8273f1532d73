import ArgumentParser
import Articles
import Foundation
import Recipes

struct RecipesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipes",
    abstract: "The articles that run: name, title, date, what they need, how long they take.",
    discussion: """
      Examples:
        danlu recipes
        danlu recipes gan-single-loss     one recipe with its settings
        danlu recipes --json
      """)

  @Argument(help: "Show one recipe with its settings.") var name: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let name { _ = try ArticleBook.article(named: name) }
  }

  func run() throws {
    let articles = try name.map { [try ArticleBook.article(named: $0)] } ?? ArticleBook.all
    let outputs = articles.map { Output($0) }
    if output.json {
      try Console.json(outputs)
    } else if name == nil {
      list(outputs)
    } else {
      outputs.forEach(describe)
    }
  }

  private func list(_ recipes: [Output]) {
    let width = recipes.map(\.name.count).max() ?? 0
    for recipe in recipes {
      let name = recipe.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let indent = String(repeating: " ", count: width + 2)
      Console.output("\(name)  \(recipe.title)  (\(recipe.date), \(recipe.duration))")
      Console.output(indent, terminator: "")
      Console.paragraph(recipe.summary, indent: width + 2)
    }
  }

  private func describe(_ recipe: Output) {
    Console.output("\(recipe.name)  \(recipe.title)")
    Console.output("  ", terminator: "")
    Console.paragraph(recipe.summary, indent: 2)
    Console.output("  article   \(recipe.date)  \(recipe.article)")
    Console.output("  data      \(recipe.data)")
    if let ownData = recipe.ownData { Console.output("  --data    \(ownData)") }
    if let ownModel = recipe.ownModel { Console.output("  --model   \(ownModel)") }
    Console.output("  duration  \(recipe.duration) on two cores")
    Console.output("  needs     \(recipe.needsTorch ? "libtorch" : "nothing")")
    guard !recipe.settings.isEmpty else { return }
    Console.output("  settings  (--set key=value)")
    let width = recipe.settings.map { $0.key.count + $0.value.count + 1 }.max() ?? 0
    for setting in recipe.settings {
      let text = "\(setting.key)=\(setting.value)"
        .padding(toLength: width, withPad: " ", startingAt: 0)
      let choices =
        setting.choices.isEmpty ? "" : " (\(setting.choices.joined(separator: ", ")))"
      Console.output("    \(text)  ", terminator: "")
      Console.paragraph(setting.help + choices, indent: width + 6)
    }
  }

  private struct Output: Encodable {
    struct Setting: Encodable {
      let key: String
      let value: String
      let choices: [String]
      let help: String
      let expects: String
    }

    let name: String
    let title: String
    let summary: String
    let date: String
    let article: String
    let needsTorch: Bool
    let data: String
    let ownData: String?
    let ownModel: String?
    let duration: String
    let settings: [Setting]

    init<Chosen: Article>(_ chosen: Chosen.Type) {
      let card = chosen.card
      name = card.name
      title = card.title
      summary = card.summary
      date = card.date
      article = card.address
      needsTorch = card.needsTorch
      data = card.data
      ownData = card.ownData
      ownModel = card.ownModel
      duration = card.duration
      settings = Chosen.Settings().descriptions.map {
        Setting(
          key: $0.key, value: $0.valueText, choices: $0.choices, help: $0.help,
          expects: $0.expectation)
      }
    }
  }
}

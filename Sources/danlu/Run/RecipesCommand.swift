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
    if let name { try Usage.check { _ = try RecipeBook.recipe(named: name) } }
  }

  func run() throws {
    let cards = try name.map { [try RecipeBook.recipe(named: $0).card] } ?? RecipeBook.cards
    if output.json {
      try Console.json(cards.map(Entry.init))
    } else if name == nil {
      list(cards)
    } else {
      cards.forEach(describe)
    }
  }

  private func list(_ cards: [RecipeCard]) {
    let width = cards.map(\.name.count).max() ?? 0
    for card in cards {
      let name = card.name + String(repeating: " ", count: width - card.name.count)
      let indent = String(repeating: " ", count: width + 2)
      Console.output("\(name)  \(card.title)  (\(card.date), \(card.duration))")
      Console.output(indent, terminator: "")
      Console.paragraph(card.summary, indent: width + 2)
    }
  }

  private func describe(_ card: RecipeCard) {
    Console.output("\(card.name)  \(card.title)")
    Console.output("  ", terminator: "")
    Console.paragraph(card.summary, indent: 2)
    Console.output("  article   \(card.date)  \(card.address)")
    Console.output("  data      \(card.data)")
    Console.output("  duration  \(card.duration) on two cores")
    Console.output("  needs     \(card.needsTorch ? "libtorch" : "nothing")")
    guard !card.settings.isEmpty else { return }
    Console.output("  settings  (--set key=value)")
    let width = card.settings.map { $0.key.count + $0.value.text.count + 1 }.max() ?? 0
    for setting in card.settings {
      let text = "\(setting.key)=\(setting.value.text)"
      let padding = String(repeating: " ", count: width - text.count)
      let choices =
        setting.choices.isEmpty ? "" : " (\(setting.choices.joined(separator: ", ")))"
      Console.output("    \(text)\(padding)  \(setting.help)\(choices)")
    }
  }

  private struct Entry: Encodable {
    struct Knob: Encodable {
      let key: String
      let value: String
      let choices: [String]
      let help: String
    }

    let name: String
    let title: String
    let summary: String
    let date: String
    let article: String
    let needsTorch: Bool
    let data: String
    let duration: String
    let settings: [Knob]

    init(_ card: RecipeCard) {
      name = card.name
      title = card.title
      summary = card.summary
      date = card.date
      article = card.address
      needsTorch = card.needsTorch
      data = card.data
      duration = card.duration
      settings = card.settings.map {
        Knob(key: $0.key, value: $0.value.text, choices: $0.choices, help: $0.help)
      }
    }
  }
}

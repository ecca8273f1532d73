import Formats
import TestSupport
import Testing

@testable import Articles
@testable import Recipes

@Suite struct SettingsTests {
  static let card = RecipeCard(
    name: "toy", title: "t", summary: "s", date: "2020-01-01", archive: 1, data: "none",
    duration: "1 s",
    settings: [
      Setting("layers", .integer(3), help: "h"), Setting("rate", .number(0.5), help: "h"),
      Setting("loss", .text("hinge"), choices: ["hinge", "sgan"], help: "h"),
      Setting("verbose", .flag(false), help: "h"),
    ])

  func error(_ assignments: String...) -> String {
    message { _ = try Settings(Self.card, assignments: assignments) }
  }

  @Test func defaultsAndAssignments() throws {
    let standard = try Settings(Self.card)
    #expect(standard.integer("layers") == 3 && standard.number("rate") == 0.5)
    #expect(standard.text("loss") == "hinge" && !standard.flag("verbose"))
    let changed = try Settings(
      Self.card, assignments: ["layers=5", "rate=1e-3", "loss=sgan", "verbose=true", "layers=6"])
    #expect(changed.integer("layers") == 6 && changed.number("rate") == 0.001)
    #expect(changed.text("loss") == "sgan" && changed.flag("verbose"))
    let again = try Settings(Self.card, assignments: changed.assignments)
    #expect(again.json == changed.json)
    #expect(changed.json["rate"] == .number(0.001))
  }

  @Test func mistakesAreExplained() {
    #expect(error("layer=5") == "toy has no setting 'layer'; did you mean 'layers'?")
    #expect(error("rtae=5") == "toy has no setting 'rtae'; did you mean 'rate'?")
    #expect(
      error("zzzzzzzz=5") == "toy has no setting 'zzzzzzzz'; it has layers, rate, loss, verbose")
    #expect(error("layers") == "--set expects key=value, received 'layers'")
    #expect(error("layers=2.5") == "setting layers expects an integer, received '2.5'")
    #expect(error("layers=") == "setting layers expects an integer, received ''")
    #expect(error("rate=fast") == "setting rate expects a number, received 'fast'")
    #expect(error("rate=nan") == "setting rate expects a number, received 'nan'")
    #expect(error("verbose=maybe") == "setting verbose expects true or false, received 'maybe'")
    #expect(error("loss=wgan") == "setting loss is one of hinge, sgan, received 'wgan'")
    #expect(error("=5").hasPrefix("toy has no setting ''"))
  }
}

@Suite struct RecipeBookTests {
  @Test func cardsAreValid() {
    let cards = RecipeBook.cards
    #expect(!cards.isEmpty && Set(cards.map(\.name)).count == cards.count)
    #expect(Set(cards.map(\.archive)).count == cards.count, "one recipe per article")
    for card in cards {
      #expect(card.name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil, "\(card.name)")
      #expect(card.date.wholeMatch(of: /20[0-9]{2}-[01][0-9]-[0-3][0-9]/) != nil, "\(card.name)")
      #expect(card.archive > 0 && !card.title.isEmpty && !card.data.isEmpty, "\(card.name)")
      #expect(card.summary.hasSuffix(".") && !card.summary.contains("\n"), "\(card.name)")
      #expect(Set(card.settings.map(\.key)).count == card.settings.count, "\(card.name)")
      for setting in card.settings {
        #expect(setting.key.wholeMatch(of: /[a-z][A-Za-z0-9-]*/) != nil, "\(setting.key)")
        #expect(!setting.help.isEmpty)
        if !setting.choices.isEmpty { #expect(setting.choices.contains(setting.value.text)) }
      }
    }
  }

  @Test func unknownNamesSuggestTheNearest() throws {
    #expect(try RecipeBook.recipe(named: "det-exp") == DetExp.self)
    #expect(
      message { _ = try RecipeBook.recipe(named: "det-epx") }
        == "there is no recipe 'det-epx'; did you mean 'det-exp'?")
    #expect(
      message { _ = try RecipeBook.recipe(named: "qqqqqqqqqqqq") }
        == "there is no recipe 'qqqqqqqqqqqq'; 'danlu recipes' lists them")
  }
}

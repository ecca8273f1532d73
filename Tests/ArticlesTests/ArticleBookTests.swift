import TestSupport
import Testing

@testable import Articles
@testable import Recipes

@Suite struct ArticleBookTests {
  @Test func cardsAreValid() {
    let cards = ArticleBook.cards
    #expect(!cards.isEmpty && Set(cards.map(\.name)).count == cards.count)
    // One recipe an article, but for the one on denoising, which tells two ways.
    let shared = Dictionary(grouping: cards, by: \.archive).values.filter { $0.count > 1 }
    #expect(shared.flatMap { $0 }.map(\.name) == ["denoising-density", "denoising-score"])
    for card in cards {
      #expect(card.name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil, "\(card.name)")
      #expect(card.date.wholeMatch(of: /20[0-9]{2}-[01][0-9]-[0-3][0-9]/) != nil, "\(card.name)")
      #expect(card.archive > 0 && !card.title.isEmpty && !card.data.isEmpty, "\(card.name)")
      #expect(card.summary.hasSuffix(".") && !card.summary.contains("\n"), "\(card.name)")
    }
  }

  /// `gan-single-loss` is `GANSingleLossArticle`.
  @Test func anArticlesTypeHasItsCommandsName() {
    for article in ArticleBook.all {
      let words = article.card.name.split(separator: "-").joined() + "article"
      #expect("\(article)".lowercased() == words)
    }
  }

  @Test func settingsAreValid() {
    func check<Chosen: Article>(_ article: Chosen.Type) {
      let settings = Chosen.Settings().descriptions
      #expect(Set(settings.map(\.key)).count == settings.count, "\(article)")
      for setting in settings {
        #expect(setting.key.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil, "\(setting.key)")
        #expect(!setting.help.isEmpty)
        // The default itself must be a value that may be given.
        #expect(throws: Never.self) {
          try Chosen.Settings([(setting.key, setting.valueText)], of: article.card.name)
        }
      }
    }
    for article in ArticleBook.all { check(article) }
  }

  @Test func unknownNamesSuggestTheNearest() throws {
    #expect(
      try ArticleBook.article(named: "gan-single-loss") == GANSingleLossArticle.self)
    #expect(
      message { _ = try ArticleBook.article(named: "gan-single-los") }
        == "there is no recipe 'gan-single-los'; did you mean 'gan-single-loss'?")
    #expect(
      message { _ = try ArticleBook.article(named: "qqqqqqqqqqqq") }
        == "there is no recipe 'qqqqqqqqqqqq'; 'danlu recipes' lists them")
  }
}

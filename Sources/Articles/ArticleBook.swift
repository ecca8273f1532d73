import Messages
import Recipes

/// All articles.
public enum ArticleBook {
  /// In the order in which `danlu recipes` lists them.
  public static let all: [any Article.Type] = [
    GANSingleLossArticle.self, GANQPArticle.self, WGANDivArticle.self,
    OGANArticle.self, BiGANQPArticle.self, CascadingRejectionArticle.self,
    GLANNArticle.self, VAEInfoMaxArticle.self, IResNetArticle.self, DenoisingDensityArticle.self,
    DenoisingScoreArticle.self, DerivedOptimizersArticle.self, CustomOptimizersArticle.self,
    LayerReuseArticle.self, InitializationArticle.self, SmoothingArticle.self, DropoutArticle.self,
    DetExpArticle.self, JoseArticle.self, WordDiscoveryArticle.self,
    DomainVocabularyArticle.self, WordCountArticle.self, InfomapArticle.self,
    ReadingComprehensionArticle.self, PretrainingArticle.self,
    ConditionalTextGenerationArticle.self, NL2SQLArticle.self, TriplesArticle.self,
    ZhidaoArticle.self,
    DataMiningArticle.self, MagicCubeArticle.self,
  ]

  public static var cards: [RecipeCard] { all.map { $0.card } }

  /// The article whose recipe has that name. Throws `OptionError`, naming the nearest one, if there is
  /// none.
  public static func article(named name: String) throws(OptionError) -> any Article.Type {
    if let article = all.first(where: { $0.card.name == name }) { return article }
    let hint =
      nearestName(to: name, among: cards.map(\.name)).map { "did you mean '\($0)'?" }
      ?? "'danlu recipes' lists them"
    throw OptionError("", "there is no recipe '\(name)'; \(hint)")
  }
}

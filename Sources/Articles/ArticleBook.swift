import Messages
import Recipes

/// All recipes.
public enum RecipeBook {
  /// In the order in which `danlu recipes` lists them.
  public static let all: [any Recipe.Type] = [
    GANSingleLoss.self, DerivedOptimizers.self, CustomOptimizers.self, LayerReuse.self,
    Initialization.self, Smoothing.self, DropoutMemo.self, DetExp.self, Jose.self,
    WordDiscoveryRecipe.self, DomainVocabularyRecipe.self, WordCountRecipe.self,
    InfomapRecipe.self,
  ]

  public static var cards: [RecipeCard] { all.map { $0.card } }

  /// The recipe of that name. Throws `RecipeError`, naming the nearest one, if there is none.
  public static func recipe(named name: String) throws -> any Recipe.Type {
    if let recipe = all.first(where: { $0.card.name == name }) { return recipe }
    let hint =
      nearestName(to: name, among: cards.map(\.name)).map { "did you mean '\($0)'?" }
      ?? "'danlu recipes' lists them"
    throw RecipeError("there is no recipe '\(name)'; \(hint)")
  }
}

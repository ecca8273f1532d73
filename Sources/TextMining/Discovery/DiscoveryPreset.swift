/// The methods of the articles with the articles' settings, V0 to V5, and `autonomy`.
public enum DiscoveryPreset: String, Sendable, CaseIterable {
  /// Frequency, cohesion and boundary entropy (新词发现的信息熵方法与实现, 2015).
  case v0
  /// Cut where two neighbors hardly hold together (基于切分的新词发现, 2016).
  case v1
  /// Character language model and four-tag Viterbi search (基于语言模型的无监督分词, 2016).
  case v2
  /// Cohesion of 2- to 4-grams, glue, backtracking (更好的新词发现算法, 2017).
  case v3
  /// Minimum entropy: cut, then remove redundant words (最小熵原理二, 2018).
  case v4
  /// The word-discovery program's rules (更快更好的新词发现, 2019).
  case v5
  /// Each text cut where its parts stand most freely on their own (after Jin and Tanaka-Ishii 2006,
  /// Magistry and Sagot 2012).
  case autonomy

  public var method: any DiscoveryMethod {
    switch self {
    case .v0: BoundaryEntropy()
    case .v1: PairCutting()
    case .v2: CharacterTagging()
    case .v3: CohesionGlue.v3
    case .v4: MinimumEntropy()
    case .v5: CohesionGlue.v5
    case .autonomy: Autonomy()
    }
  }
}

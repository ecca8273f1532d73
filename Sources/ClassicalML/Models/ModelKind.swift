import Messages

/// The models, by the name they have on the command line.
public enum ModelKind: String, Sendable, CaseIterable {
  case naiveBayes = "naive-bayes"
  case complementBayes = "complement-bayes"
  case bernoulliBayes = "bernoulli-bayes"
  case gaussianBayes = "gaussian-bayes"
  case mixedBayes = "mixed-bayes"
  case logistic
  case softmax
  case supportVectors = "svm"
  case stochastic = "sgd"
  case ridge
  case neighbors
  case network
  case tree
  case forest
  case boosting
  case bagging
  case average
  case stacking

  /// One line for people.
  public var summary: String {
    switch self {
    case .naiveBayes: "naive Bayes on counts; numbers are cut into ten bins"
    case .complementBayes: "naive Bayes on the counts of the other classes"
    case .bernoulliBayes: "naive Bayes on what is there and what is not"
    case .gaussianBayes: "naive Bayes, numbers normally distributed"
    case .mixedBayes: "naive Bayes, numbers in ten bins, missing values left out"
    case .logistic: "logistic regression, each class against the others; L1, L2 or both"
    case .softmax: "softmax regression, all classes at once; L1, L2 or both"
    case .supportVectors: "linear support vectors, squared hinge loss"
    case .stochastic: "linear support vectors or logistic regression by stochastic gradients"
    case .ridge: "least squares with L2, for numbers"
    case .neighbors: "the k nearest rows vote"
    case .network: "a network of one hidden layer, trained by libtorch"
    case .tree: "one decision tree"
    case .forest: "a random forest"
    case .boosting: "gradient boosting by LightGBM"
    case .bagging: "one model on many bootstraps of the rows, averaged"
    case .average: "several models, their probabilities averaged"
    case .stacking: "several models, averaged with learnt weights"
    }
  }

  public var learnsNumbers: Bool {
    switch self {
    case .ridge, .neighbors, .network, .tree, .forest, .boosting, .bagging, .average, .stacking:
      true
    default: false
    }
  }

  public var learnsClasses: Bool { self != .ridge }

  /// The settings that it takes: name, default, smallest, largest, meaning.
  public var settings: [ModelSetting] {
    switch self {
    case .naiveBayes, .complementBayes, .bernoulliBayes, .mixedBayes:
      [ModelSetting("alpha", 1, in: 1e-10...1e6, "added to every count")]
    case .gaussianBayes:
      [ModelSetting("alpha", 1, in: 1e-10...1e6, "added to counts of categories")]
    case .logistic, .softmax:
      [
        ModelSetting("C", 1, in: 1e-9...1e9, "inverse strength of the penalty"),
        ModelSetting("l1", 0, in: 0...1, "share of L1 in it"),
      ]
    case .supportVectors: [ModelSetting("C", 1, in: 1e-9...1e9, "inverse strength of the penalty")]
    case .stochastic:
      [
        ModelSetting("alpha", 1e-4, in: 1e-12...1e3, "strength of L2"),
        ModelSetting("passes", 10, in: 1...10_000, "over the rows", isWhole: true),
        ModelSetting("logistic", 0, in: 0...1, "1 for logistic loss, 0 for hinge", isWhole: true),
      ]
    case .ridge: [ModelSetting("alpha", 1, in: 0...1e12, "strength of L2")]
    case .neighbors:
      [
        ModelSetting("k", 5, in: 1...100_000, "how many vote", isWhole: true),
        ModelSetting("weighted", 0, in: 0...1, "1: votes divided by distance", isWhole: true),
      ]
    case .network:
      [
        ModelSetting("hidden", 64, in: 1...4096, "width of the hidden layer", isWhole: true),
        ModelSetting(
          "passes", 0, in: 0...10_000, "over the rows; 0: 2,000 steps, but 20 to 200 passes",
          isWhole: true),
        ModelSetting("rate", 3e-3, in: 1e-7...1, "learning rate"),
        ModelSetting("decay", 1e-4, in: 0...10, "weight decay"),
      ]
    case .tree:
      [
        ModelSetting("depth", 0, in: 0...1000, "most questions; 0 for no limit", isWhole: true),
        ModelSetting("leaf", 1, in: 1...1e9, "fewest rows of a leaf"),
      ]
    case .forest:
      [
        ModelSetting("trees", 100, in: 1...100_000, "how many", isWhole: true),
        ModelSetting("depth", 0, in: 0...1000, "most questions; 0 for no limit", isWhole: true),
        ModelSetting("leaf", 1, in: 1...1e9, "fewest rows of a leaf"),
        ModelSetting(
          "columns", 0, in: 0...1e6, "tried at a node; 0: √ of all, all for numbers",
          isWhole: true),
      ]
    case .boosting:
      [
        ModelSetting("rounds", 100, in: 1...100_000, "trees of each class", isWhole: true),
        ModelSetting("rate", 0.1, in: 1e-6...1, "learning rate"),
        ModelSetting("leaves", 31, in: 2...131_072, "most leaves of a tree", isWhole: true),
        ModelSetting("leaf", 20, in: 1...1e9, "fewest rows of a leaf", isWhole: true),
        ModelSetting("rows", 1, in: 0.01...1, "share of rows that a tree sees"),
        ModelSetting("columns", 1, in: 0.01...1, "share of columns that a tree sees"),
        ModelSetting("l2", 0, in: 0...1e9, "penalty of leaves"),
      ]
    case .bagging:
      [ModelSetting("models", 10, in: 1...10_000, "how many bootstraps", isWhole: true)]
    case .average: []
    case .stacking:
      [ModelSetting("folds", 5, in: 2...100, "that weights are learnt from", isWhole: true)]
    }
  }
}

/// A number that shapes a model.
public struct ModelSetting: Sendable {
  public let name: String
  public let standard: Double
  public let range: ClosedRange<Double>
  public let meaning: String
  public let isWhole: Bool

  init(
    _ name: String, _ standard: Double, in range: ClosedRange<Double>, _ meaning: String,
    isWhole: Bool = false
  ) {
    self.name = name
    self.standard = standard
    self.range = range
    self.meaning = meaning
    self.isWhole = isWhole
  }
}

/// A model to be trained: its kind, its settings, and for ensembles its members.
public struct ModelSpecification: Sendable {
  public let kind: ModelKind
  public private(set) var settings: [String: Double]
  public let members: [ModelSpecification]

  /// Throws `OptionError` for settings that the kind does not have or that are out of range, and for
  /// ensembles without members.
  public init(
    _ kind: ModelKind, _ settings: [String: Double] = [:], members: [ModelSpecification] = []
  ) throws(OptionError) {
    self.kind = kind
    self.members = members
    self.settings = [:]
    for setting in kind.settings { self.settings[setting.name] = setting.standard }
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) { try set(name, value) }
    let needed: ClosedRange<Int> =
      switch kind {
      case .bagging: 1...1
      case .average, .stacking: 2...1000
      default: 0...0
      }
    guard needed.contains(members.count) else {
      throw OptionError(
        "members",
        needed.upperBound == 0
          ? "belongs to ensembles; \(kind.rawValue) has none"
          : "expects \(needed == 1...1 ? "one model" : "at least two models") for \(kind.rawValue), "
            + "received \(members.count)")
    }
  }

  public mutating func set(_ name: String, _ value: Double) throws(OptionError) {
    guard let setting = kind.settings.first(where: { $0.name == name }) else {
      let names = kind.settings.map(\.name)
      throw OptionError(
        "set",
        "'\(name)': \(kind.rawValue) has "
          + (names.isEmpty ? "no settings" : "the settings " + names.joined(separator: ", "))
          + (nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""))
    }
    guard setting.range.contains(value), !setting.isWhole || value == value.rounded() else {
      throw OptionError(
        "set",
        "\(name): \(setting.isWhole ? "a whole number" : "a number") from "
          + "\(NumberText.short(setting.range.lowerBound)) to "
          + "\(NumberText.short(setting.range.upperBound)) was expected, received "
          + NumberText.short(value))
    }
    settings[name] = value
  }

  subscript(_ name: String) -> Double { settings[name] ?? 0 }

  /// `logistic(C=10)`, `stacking(logistic, forest)`.
  public var text: String {
    let changed = kind.settings.filter { settings[$0.name] != $0.standard }.map {
      "\($0.name)=\(NumberText.short(settings[$0.name] ?? 0))"
    }
    let parts = members.map(\.text) + changed
    return kind.rawValue + (parts.isEmpty ? "" : "(" + parts.joined(separator: ", ") + ")")
  }
}

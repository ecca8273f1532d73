import Messages

/// What a transformer is taught by examples.
public enum FineTuningTask: String, Codable, Sendable, CaseIterable {
  /// One label of a text.
  case classify
  /// One label of two texts: whether they mean the same, say.
  case pair
  /// Entities in a text by a label of each token.
  case tag
  /// Entities in a text, nested ones too, by a score of each span (global pointers).
  case pointer
  /// The span of a passage that answers a question.
  case extract
  /// A text from a text: a title from an abstract, say.
  case generate

  /// The figure of an evaluation that judges a model.
  public var mainFigure: String {
    switch self {
    case .classify, .pair: "accuracy"
    case .tag, .pointer, .extract: "f1"
    case .generate: "rougeL"
    }
  }

  /// Whether what is predicted is one of a set of labels.
  var hasClasses: Bool { self == .classify || self == .pair }
  /// Whether what is predicted are labeled spans.
  var hasEntities: Bool { self == .tag || self == .pointer }
}

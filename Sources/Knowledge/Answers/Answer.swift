/// What a question got from a base.
public struct Answer: Sendable {
  public enum Form: String, Sendable {
    /// A value of an entity's attribute.
    case value
    /// Through a second entity: 曹禺的毕业院校的所在地.
    case twoHops
    /// The entities that have a value: 毕业院校是清华大学的有谁.
    case reverse
    /// How many there are.
    case count
    /// The largest or smallest quantity of an attribute.
    case superlative
  }

  public let form: Form
  /// One or more texts.
  public let values: [String]
  /// The rows that the answer was read from.
  public let triples: [KnowledgeBase.Triple]
  /// How well the question names an entity and an attribute; from `AnswerEngine.threshold` on it is given.
  public let score: Double
}

/// An answer, or the reason why there is none.
public enum Reply: Sendable {
  case answer(Answer)
  /// Nothing in the base fits well enough; the nearest rows, best first.
  case refusal(nearest: [Answer])

  public var answer: Answer? { if case .answer(let answer) = self { answer } else { nil } }
}

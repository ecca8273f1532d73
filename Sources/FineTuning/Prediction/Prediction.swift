import Formats

/// What a model says of one item.
public struct Prediction: Sendable, Equatable {
  public var id: String
  /// The likeliest class.
  public var label: String?
  /// Of the classes in their order.
  public var probabilities: [Double] = []
  /// Entities, in the order of the text.
  public var spans: [TextItem.Span] = []
  /// The answer, empty if there is none, or the text generated.
  public var text = ""
  /// Where the answer stands, in scalars.
  public var place: Range<Int>?
  /// Of an answer, how much better its logits are than those of no answer; of a text, its ln p.
  public var score: Double?

  /// One JSON object for the item; `labels` name the probabilities.
  public func json(_ item: TextItem, task: FineTuningTask, labels: [String]) -> JSONValue {
    var members = [JSONMember("id", .string(id))]
    switch task {
    case .classify, .pair:
      members.append(JSONMember("label", label.map { .string($0) } ?? .null))
      members.append(
        JSONMember(
          "probabilities",
          .object(zip(labels, probabilities).map { JSONMember($0, .number($1)) })))
    case .tag, .pointer:
      let entities = spans.map { span -> JSONValue in
        [
          "start": .integer(span.range.lowerBound), "end": .integer(span.range.upperBound),
          "type": .string(span.label), "text": .string(item.text.scalars(span.range)),
        ]
      }
      members.append(JSONMember("entities", .array(entities)))
    case .extract:
      members.append(JSONMember("answer", place == nil ? .null : .string(text)))
      members.append(JSONMember("start", place.map { .integer($0.lowerBound) } ?? .null))
      members.append(JSONMember("end", place.map { .integer($0.upperBound) } ?? .null))
      members.append(JSONMember("score", score.map { .number($0) } ?? .null))
    case .generate:
      members.append(JSONMember("text", .string(text)))
      members.append(JSONMember("score", score.map { .number($0) } ?? .null))
    }
    return .object(members)
  }
}

import Messages

/// Which columns, or keys of JSON objects, hold what; numbers from 1 for a table without names.
public struct ColumnNames: Codable, Sendable, Equatable {
  public var text: String?
  public var second: String?
  public var label: String?

  public init(text: String? = nil, second: String? = nil, label: String? = nil) {
    self.text = text
    self.second = second
    self.label = label
  }

  /// The names that files use, for each task.
  static func usual(_ task: FineTuningTask) -> (text: [String], second: [String], label: [String]) {
    let labels = ["label", "class", "category", "gold_label", "target"]
    switch task {
    case .classify, .tag, .pointer:
      return (["text", "sentence", "content", "title", "review", "body", "input"], [], labels)
    case .pair:
      return (
        ["text", "sentence1", "text1", "question1", "premise", "first", "a"],
        ["second", "sentence2", "text2", "question2", "hypothesis", "b"], labels + ["similarity"]
      )
    case .extract: return (["context", "passage", "text"], ["question"], [])
    case .generate:
      return (
        ["source", "text", "content", "abstract", "input", "first"],
        ["target", "title", "summary", "output", "second"], []
      )
    }
  }

  /// The column of `known` that plays a role: the one asked for, else the first usual one.
  ///
  /// Throws `InputError` if the one asked for is not there, naming those that are.
  static func find(
    _ asked: String?, usual: [String], among known: [String], option: String, path: String
  ) throws -> String? {
    guard let asked else { return usual.first(where: known.contains) }
    guard known.contains(asked) else {
      throw InputError(
        "\(path) has no column '\(asked)', which `\(option)` asks for; it has "
          + known.joined(separator: ", "))
    }
    return asked
  }

  static func missing(_ role: String, option: String, path: String, known: [String]) -> InputError {
    InputError(
      "\(path) has no column of the \(role) that is known by its name; `\(option)` names one of "
        + known.joined(separator: ", "))
  }
}

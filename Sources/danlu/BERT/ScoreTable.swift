import FineTuning
import Formats
import Messages

/// The figures of a task, for people and as JSON.
enum ScoreTable {
  static func show(_ scores: TaskScores) {
    Console.output(
      scores.figures.map { "\($0.name) \(NumberText.fixed($0.value, decimals: 4))" }
        .joined(separator: "  "))
    if let signature = scores.signature { Console.output("  (\(signature))") }
    let width = scores.byLabel.map(\.label.count).max() ?? 0
    for (label, counts) in scores.byLabel where scores.byLabel.count <= 30 {
      let name = label + String(repeating: " ", count: width - label.count)
      Console.output(
        "  \(name)  f1 \(NumberText.fixed(counts.f1, decimals: 3))  "
          + "precision \(NumberText.fixed(counts.precision, decimals: 3))  "
          + "recall \(NumberText.fixed(counts.recall, decimals: 3))  of \(counts.actual)")
    }
  }

  static func json(_ scores: TaskScores) -> JSONValue {
    var members = scores.figures.map { JSONMember($0.name, .number($0.value)) }
    if let signature = scores.signature {
      members.append(JSONMember("signature", .string(signature)))
    }
    if !scores.byLabel.isEmpty {
      let labels = scores.byLabel.map { label, counts -> JSONMember in
        JSONMember(
          label,
          [
            "f1": .number(counts.f1), "precision": .number(counts.precision),
            "recall": .number(counts.recall), "count": .integer(counts.actual),
          ])
      }
      members.append(JSONMember("labels", .object(labels)))
    }
    return .object(members)
  }
}

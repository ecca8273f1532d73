/// How well predictions agree with what is right: the figures of a task.
public struct TaskScores: Sendable {
  /// By name, the one that judges first.
  public let figures: [(name: String, value: Double)]
  /// Precision, recall and F1 of each label, by name; empty for tasks without.
  public let byLabel: [(label: String, counts: LabelCounts)]
  /// What figures mean that are computed in more than one way.
  public let signature: String?

  /// - Parameters:
  ///   - items: With what is right.
  ///   - predictions: One for each item.
  public init(_ task: FineTuningTask, _ items: [TextItem], _ predictions: [Prediction]) {
    func sorted(_ labels: [String: LabelCounts]) -> [(label: String, counts: LabelCounts)] {
      labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    switch task {
    case .classify, .pair:
      var scores = ClassScores()
      for (item, prediction) in zip(items, predictions) {
        scores.add(prediction.label ?? "", item.label ?? "")
      }
      figures = [("accuracy", scores.accuracy), ("macroF1", scores.macroF1)]
      byLabel = sorted(scores.byLabel)
      signature = nil
    case .tag, .pointer:
      var scores = EntityScores()
      for (item, prediction) in zip(items, predictions) {
        scores.add(Set(prediction.spans), Set(item.spans ?? []))
      }
      figures = [
        ("f1", scores.all.f1), ("precision", scores.all.precision), ("recall", scores.all.recall),
      ]
      byLabel = sorted(scores.byLabel)
      signature = "entities by begin, end and label; micro"
    case .extract:
      var scores = AnswerScores()
      for (item, prediction) in zip(items, predictions) {
        scores.add(prediction.text, accepted: item.answers ?? [])
      }
      figures = [("f1", scores.f1), ("exactMatch", scores.exactMatch)]
      byLabel = []
      signature = "tokens:ideographs+words case:lower punctuation:none"
    case .generate:
      var scores = GenerationScores()
      for (item, prediction) in zip(items, predictions) {
        scores.add(prediction.text, reference: item.second ?? "")
      }
      figures = [("rougeL", scores.rougeL), ("bleu", scores.bleu)]
      byLabel = []
      signature = GenerationScores.signature
    }
  }
}

import Messages
import Reports

/// The page that shows how a model does.
public struct ModelReport: Sendable {
  public let model: ClassicalModel
  public let examples: Examples
  /// What the model says of the examples.
  public let values: [Double]
  public var importances: [PermutationImportance] = []
  public var curve: LearningCurve?
  /// What the examples are: `test.csv`.
  public var source: String

  public init(_ model: ClassicalModel, _ examples: Examples, values: [Double], source: String) {
    self.model = model
    self.examples = examples
    self.values = values
    self.source = source
  }

  public func page() -> Report {
    var sections: [Report.Section] = []
    switch Scores(values, examples.targets, examples.schema) {
    case .classes(let scores): sections += classSections(scores)
    case .numbers(let scores): sections.append(numberSection(scores))
    }
    if let curve, !curve.points.isEmpty { sections.append(curveSection(curve)) }
    if !importances.isEmpty { sections.append(importanceSection) }
    if let weights = try? FeatureWeights.read(model.predictor, model.schema, limit: 15) {
      sections.append(weightSection(weights))
    }
    return Report(
      title: "Model: \(model.specification)",
      summary: "Trained on \(NumberText.grouped(model.rowCount)) rows; judged on "
        + "\(NumberText.grouped(examples.count)) of \(source).",
      sections: sections)
  }

  private func classSections(_ scores: ClassificationScores) -> [Report.Section] {
    let rows: [[Report.Table.Cell]] = scores.classes.indices.map { c in
      [
        .text(scores.classes[c]), .number(Double(scores.confusion[c].reduce(0, +))),
        .number(scores.precision[c]), .number(scores.recall[c]), .number(scores.f1[c]),
        .number(scores.areas[c]),
      ]
    }
    let table = Report.Table(
      columns: ["class", "rows", "precision", "recall", "F1", "ROC area"], rows: rows,
      caption: "accuracy \(NumberText.short(scores.accuracy)), macro F1 "
        + "\(NumberText.short(scores.macroF1)), log loss \(NumberText.short(scores.logLoss)), "
        + "Brier \(NumberText.short(scores.brier))")
    var blocks: [Report.Block] = [.table(table)]
    if scores.classes.count <= 40 {
      let shares = scores.confusion.map { row -> [Double] in
        let total = Double(max(1, row.reduce(0, +)))
        return row.map { Double($0) / total }
      }
      blocks.append(
        .chart(
          Chart.heatMap(
            "Confusion: share of each true class", shares, rows: scores.classes,
            columns: scores.classes, x: Axis("predicted"), y: Axis("true")
          ).halfWidth()))
    }
    blocks.append(.chart(rocChart(scores).halfWidth()))
    blocks.append(.chart(calibrationChart(scores).halfWidth()))
    return [Report.Section("Classes", blocks)]
  }

  private func truth(_ c: Int) -> [Bool] {
    guard case .classes(let classes, _) = examples.targets else { return [] }
    return classes.map { $0 == c }
  }

  private func column(_ c: Int, of count: Int) -> [Double] {
    stride(from: c, to: values.count, by: count).map { values[$0] }
  }

  private func rocChart(_ scores: ClassificationScores) -> Chart {
    let count = scores.classes.count
    // Of two classes the second says it all.
    let shown = count == 2 ? [1] : Array((0..<count).prefix(8))
    let series = shown.compactMap { c -> Series? in
      let curve = ROCCurve(scores: column(c, of: count), isPositive: truth(c))
      guard !curve.falsePositives.isEmpty else { return nil }
      return Series(scores.classes[c], x: curve.falsePositives, y: curve.truePositives)
    }
    return Chart.lines(
      "ROC", series, x: Axis("false positives", range: 0...1),
      y: Axis("true positives", range: 0...1))
  }

  /// Of ten bins of probability, how often the class was right.
  private func calibrationChart(_ scores: ClassificationScores) -> Chart {
    let count = scores.classes.count
    var (said, right, sizes) = (
      [Double](repeating: 0, count: 10), [Double](repeating: 0, count: 10),
      [Double](repeating: 0, count: 10)
    )
    for c in count == 2 ? [1] : Array(0..<count) {
      for (probability, isTrue) in zip(column(c, of: count), truth(c)) {
        let bin = min(9, Int(probability * 10))
        said[bin] += probability
        right[bin] += isTrue ? 1 : 0
        sizes[bin] += 1
      }
    }
    let bins = sizes.indices.filter { sizes[$0] > 0 }
    return Chart.lines(
      "Calibration",
      [
        Series(
          "model", x: bins.map { said[$0] / sizes[$0] }, y: bins.map { right[$0] / sizes[$0] }),
        Series("ideal", x: [0, 1], y: [0, 1]),
      ], x: Axis("probability said", range: 0...1), y: Axis("share true", range: 0...1))
  }

  private func numberSection(_ scores: RegressionScores) -> Report.Section {
    var truth: [Double] = []
    if case .numbers(let numbers) = examples.targets { truth = numbers }
    let shown = truth.indices.prefix(3000)
    return Report.Section(
      "Numbers",
      [
        .text(
          "RMSE \(NumberText.short(scores.rootMeanSquare)), mean absolute error "
            + "\(NumberText.short(scores.meanAbsolute)), R² \(NumberText.short(scores.explained))."),
        .chart(
          Chart.scatter(
            "Predicted and true",
            [Series("rows", x: shown.map { truth[$0] }, y: shown.map { values[$0] })],
            x: Axis("true"), y: Axis("predicted"))),
      ])
  }

  private func curveSection(_ curve: LearningCurve) -> Report.Section {
    let x = curve.points.map { Double($0.rowCount) }
    return Report.Section(
      "Learning curve",
      [
        .chart(
          Chart.lines(
            "More rows",
            [
              Series("rows learnt from", x: x, y: curve.points.map(\.training)),
              Series("other rows", x: x, y: curve.points.map(\.test)),
            ], x: Axis("rows", scale: .logarithmic),
            y: Axis(model.schema.isRegression ? "RMSE" : "accuracy")))
      ])
  }

  private var importanceSection: Report.Section {
    let sorted = importances.sorted { $0.loss > $1.loss }.prefix(30)
    return Report.Section(
      "Permutation importance",
      [
        .chart(
          Chart.bars(
            "Loss where a column is shuffled", categories: sorted.map(\.column),
            [("loss", sorted.map(\.loss))],
            y: Axis(model.schema.isRegression ? "RMSE" : "accuracy"))),
        .table(
          Report.Table(
            columns: ["column", "loss", "±"],
            rows: sorted.map { [.text($0.column), .number($0.loss), .number($0.deviation)] })),
      ])
  }

  private func weightSection(_ weights: [FeatureWeights]) -> Report.Section {
    Report.Section(
      "What speaks for what",
      [
        .tables(
          weights.prefix(24).map { group in
            Report.Table(
              columns: [group.group.isEmpty ? "feature" : group.group, "weight"],
              rows: group.features.map { [.text($0.name), .number($0.weight)] })
          })
      ])
  }
}

import Datasets
import Foundation
import Messages
import Torch

/// A figure of a whole data set, gathered batch by batch. A value: a copy begins where it was copied.
public protocol Metric {
  /// Under which it is reported, after `validation/`.
  var name: String { get }
  /// Takes in a batch.
  mutating func update(_ output: Tensor, _ batch: Batch)
  /// The figure of all that came.
  var value: Double { get }
}

extension Metric {
  /// Takes in outputs and their labels.
  public mutating func update(_ output: Tensor, labels: Tensor) {
    update(output, Batch(inputs: NamedTensors(), labels: labels))
  }
}

/// The classes of a batch, labels below 0 (padding) left out.
private struct Classified {
  let labels: [Int]
  let predictions: [Int]

  /// - Parameter output: `(…, C)` logits against labels `(…)`; or one logit for each label, of class 1.
  init(_ output: Tensor, _ batch: Batch, _ asker: String) {
    let target = batch.targets(asker)
    let predicted: Tensor
    if output.rank == target.rank + 1, output.size(-1) > 1 {
      predicted = output.argmax(axis: -1)
    } else {
      require(
        output.count == target.count,
        "\(asker) expected logits (…, C) for labels \(target.shape), received \(output.shape)")
      predicted = (output .> 0).to(.int64)
    }
    let pairs = zip(target.reshaped(-1).integers(), predicted.reshaped(-1).integers())
      .filter { $0.0 >= 0 }
    labels = pairs.map(\.0)
    predictions = pairs.map(\.1)
  }
}

/// The share of examples whose largest logit is that of their class.
public struct Accuracy: Metric {
  public let name = "accuracy"
  private var hits = 0
  private var count = 0
  public init() {}

  public mutating func update(_ output: Tensor, _ batch: Batch) {
    let classes = Classified(output, batch, "accuracy")
    hits += zip(classes.labels, classes.predictions).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    count += classes.labels.count
  }

  public var value: Double { Double(hits) / Double(count) }
}

/// The share of examples whose class is among those of the k largest logits `(…, C)`.
public struct TopKAccuracy: Metric {
  public let k: Int
  public var name: String { "top\(k)Accuracy" }
  private var hits = 0
  private var count = 0
  public init(_ k: Int) { self.k = k }

  public mutating func update(_ output: Tensor, _ batch: Batch) {
    let labels = batch.targets("top-k accuracy").reshaped(-1)
    let best = output.reshaped(-1, output.size(-1)).topK(k).indices
    let isKnown = labels .>= 0
    let isHit = (best .== labels.reshaped(-1, 1)).any(axis: 1).logicalAnd(isKnown)
    hits += isHit.to(.int64).sum().integerItem()
    count += isKnown.to(.int64).sum().integerItem()
  }

  public var value: Double { Double(hits) / Double(count) }
}

/// How often each class was taken for each: the source of precision, recall and F1.
public struct ConfusionMatrix: Metric {
  public let name = "accuracy"
  /// By true class, then by predicted class.
  public private(set) var counts: [[Int]] = []
  public init() {}

  public mutating func update(_ output: Tensor, _ batch: Batch) {
    let classes = Classified(output, batch, "a confusion matrix")
    let size = max(
      counts.count, (classes.labels.max() ?? -1) + 1, (classes.predictions.max() ?? -1) + 1)
    if size > counts.count {
      counts = (0..<size).map { row in
        (0..<size).map { row < counts.count && $0 < counts.count ? counts[row][$0] : 0 }
      }
    }
    for (label, prediction) in zip(classes.labels, classes.predictions) {
      counts[label][prediction] += 1
    }
  }

  /// The share on the diagonal.
  public var value: Double {
    Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// Hits, examples taken for it and examples of it, for each class that occurs.
  var classes: [(hits: Double, predicted: Double, actual: Double)] {
    counts.indices.map { index in
      (
        Double(counts[index][index]), Double(counts.reduce(0) { $0 + $1[index] }),
        Double(counts[index].reduce(0, +))
      )
    }.filter { $0.predicted + $0.actual > 0 }
  }
}

/// How figures of classes become one: sums over all classes first (micro), their mean (macro), their mean
/// weighted by how often each class occurs (weighted), or class 1 alone (binary).
public enum ClassAverage: String, Sendable {
  case micro, macro, weighted, binary

  /// The name of a figure of this kind: `f1`, which is the macro average, `microF1`.
  fileprivate func named(_ figure: String) -> String {
    self == .macro ? figure : rawValue + figure.prefix(1).uppercased() + figure.dropFirst()
  }
}

/// A figure of hits, predicted and actual examples of a class; 0 where it would divide by 0.
private func average(
  _ matrix: ConfusionMatrix, _ kind: ClassAverage,
  _ figure: (_ hits: Double, _ predicted: Double, _ actual: Double) -> Double
) -> Double {
  let classes = matrix.classes
  switch kind {
  case .micro:
    let sum = classes.reduce((0.0, 0.0, 0.0)) {
      ($0.0 + $1.hits, $0.1 + $1.predicted, $0.2 + $1.actual)
    }
    return figure(sum.0, sum.1, sum.2)
  case .macro:
    return classes.reduce(0) { $0 + figure($1.hits, $1.predicted, $1.actual) }
      / Double(classes.count)
  case .weighted:
    return classes.reduce(0) { $0 + $1.actual * figure($1.hits, $1.predicted, $1.actual) }
      / Double(matrix.total)
  case .binary:
    guard matrix.counts.count > 1 else { return 0 }
    require(
      matrix.counts.count == 2,
      "a binary figure expected two classes, received \(matrix.counts.count); ask for .macro, .micro or "
        + ".weighted")
    let hits = Double(matrix.counts[1][1])
    return figure(
      hits, hits + Double(matrix.counts[0][1]), hits + Double(matrix.counts[1][0]))
  }
}

private func ratio(_ above: Double, _ below: Double) -> Double { below == 0 ? 0 : above / below }

/// Hits among the examples taken for a class.
public struct PrecisionScore: Metric {
  public var name: String { kind.named("precision") }
  public let kind: ClassAverage
  private var matrix = ConfusionMatrix()
  public init(_ kind: ClassAverage = .macro) { self.kind = kind }
  public mutating func update(_ output: Tensor, _ batch: Batch) { matrix.update(output, batch) }
  public var value: Double {
    average(matrix, kind) { hits, predicted, _ in ratio(hits, predicted) }
  }
}

/// Hits among the examples of a class.
public struct RecallScore: Metric {
  public var name: String { kind.named("recall") }
  public let kind: ClassAverage
  private var matrix = ConfusionMatrix()
  public init(_ kind: ClassAverage = .macro) { self.kind = kind }
  public mutating func update(_ output: Tensor, _ batch: Batch) { matrix.update(output, batch) }
  public var value: Double { average(matrix, kind) { hits, _, actual in ratio(hits, actual) } }
}

/// The harmonic mean of precision and recall, 2·hits / (predicted + actual).
public struct F1Score: Metric {
  public var name: String { kind.named("f1") }
  public let kind: ClassAverage
  private var matrix = ConfusionMatrix()
  public init(_ kind: ClassAverage = .macro) { self.kind = kind }
  public mutating func update(_ output: Tensor, _ batch: Batch) { matrix.update(output, batch) }
  public var value: Double {
    average(matrix, kind) { hits, predicted, actual in ratio(2 * hits, predicted + actual) }
  }
}

/// The area under the ROC curve of two classes: how often an example of class 1 scores above one of class
/// 0, ties counted half. Outputs are one logit for each label, or logits `(B, 2)`. NaN without both classes.
public struct ROCAUC: Metric {
  public let name = "rocAUC"
  private var scored: [(score: Double, isPositive: Bool)] = []
  public init() {}

  public mutating func update(_ output: Tensor, _ batch: Batch) {
    let labels = batch.targets("ROC AUC").reshaped(-1)
    var scores = output.to(.float64)
    if output.count == 2 * labels.count {
      let columns = scores.reshaped(-1, 2)
      scores = columns.narrowed(1, start: 1, length: 1) - columns.narrowed(1, start: 0, length: 1)
    }
    require(
      scores.count == labels.count,
      "ROC AUC expected one logit or two for each of \(labels.count) labels, received \(output.shape)"
    )
    scored += zip(scores.reshaped(-1).doubles(), labels.integers()).map { ($0, $1 == 1) }
  }

  public var value: Double {
    let sorted = scored.sorted { $0.score < $1.score }
    let positives = Double(sorted.count { $0.isPositive })
    let negatives = Double(sorted.count) - positives
    var rankSum = 0.0
    var start = 0
    while start < sorted.count {
      let end = sorted[start...].firstIndex { $0.score != sorted[start].score } ?? sorted.count
      let rank = Double(start + end + 1) / 2
      rankSum += rank * Double(sorted[start..<end].count { $0.isPositive })
      start = end
    }
    return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
  }
}

/// Sums over outputs and labels of one shape.
private struct Errors {
  var count = 0.0
  var absolute = 0.0
  var squared = 0.0
  // The labels' mean and sum of squared distances to it, by Welford's update.
  var mean = 0.0
  var scatter = 0.0

  mutating func add(_ output: Tensor, _ batch: Batch, _ asker: String) {
    let labels = batch.targets(asker).to(.float64)
    let output = output.to(.float64).fitted(to: labels)
    for (output, label) in zip(output.doubles(), labels.doubles()) {
      count += 1
      absolute += abs(output - label)
      squared += (output - label) * (output - label)
      let distance = label - mean
      mean += distance / count
      scatter += distance * (label - mean)
    }
  }
}

/// The mean of |output − label|.
public struct MeanAbsoluteError: Metric {
  public let name = "meanAbsoluteError"
  private var errors = Errors()
  public init() {}
  public mutating func update(_ output: Tensor, _ batch: Batch) { errors.add(output, batch, name) }
  public var value: Double { errors.absolute / errors.count }
}

/// The root of the mean of (output − label)².
public struct RootMeanSquaredError: Metric {
  public let name = "rootMeanSquaredError"
  private var errors = Errors()
  public init() {}
  public mutating func update(_ output: Tensor, _ batch: Batch) { errors.add(output, batch, name) }
  public var value: Double { (errors.squared / errors.count).squareRoot() }
}

/// R² = 1 − Σ (output − label)² / Σ (mean label − label)².
public struct CoefficientOfDetermination: Metric {
  public let name = "r2"
  private var errors = Errors()
  public init() {}
  public mutating func update(_ output: Tensor, _ batch: Batch) { errors.add(output, batch, name) }
  public var value: Double { 1 - errors.squared / errors.scatter }
}

/// exp of the mean cross-entropy of logits `(…, C)` against labels `(…)`, those below 0 left out.
public struct Perplexity: Metric {
  public let name = "perplexity"
  private var sum = 0.0
  private var count = 0
  public init() {}

  public mutating func update(_ output: Tensor, _ batch: Batch) {
    let labels = batch.targets("perplexity").reshaped(-1)
    let isKnown = labels .>= 0
    let logits = output.reshaped(-1, output.size(-1)).to(.float64).logSoftmax(axis: -1)
    let chosen = logits.gather(labels.maskedFill(isKnown.logicalNot(), 0).reshaped(-1, 1), axis: 1)
      .reshaped(-1)
    sum -= chosen.maskedFill(isKnown.logicalNot(), 0).sum().item()
    count += isKnown.to(.int64).sum().integerItem()
  }

  public var value: Double { exp(sum / Double(count)) }
}

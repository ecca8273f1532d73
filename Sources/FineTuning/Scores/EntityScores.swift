/// Hits, misses and false finds of labels.
public struct LabelCounts: Sendable, Equatable {
  public var hits = 0
  public var predicted = 0
  public var actual = 0

  public var precision: Double { predicted == 0 ? 0 : Double(hits) / Double(predicted) }
  public var recall: Double { actual == 0 ? 0 : Double(hits) / Double(actual) }
  /// 2 · hits / (predicted + actual).
  public var f1: Double {
    predicted + actual == 0 ? 0 : Double(2 * hits) / Double(predicted + actual)
  }
}

/// Entities found against entities there, span by span: begin, end and label must agree.
public struct EntityScores: Sendable {
  public private(set) var byLabel: [String: LabelCounts] = [:]

  public init() {}

  /// Takes in a text.
  public mutating func add(_ found: Set<TextItem.Span>, _ actual: Set<TextItem.Span>) {
    for span in found {
      byLabel[span.label, default: LabelCounts()].predicted += 1
      if actual.contains(span) { byLabel[span.label, default: LabelCounts()].hits += 1 }
    }
    for span in actual { byLabel[span.label, default: LabelCounts()].actual += 1 }
  }

  /// All labels together (micro).
  public var all: LabelCounts {
    byLabel.values.reduce(into: LabelCounts()) {
      $0.hits += $1.hits
      $0.predicted += $1.predicted
      $0.actual += $1.actual
    }
  }
}

/// Classes found against classes there.
public struct ClassScores: Sendable {
  public private(set) var byLabel: [String: LabelCounts] = [:]
  private var hits = 0
  private var count = 0

  public init() {}

  public mutating func add(_ found: String, _ actual: String) {
    count += 1
    byLabel[found, default: LabelCounts()].predicted += 1
    byLabel[actual, default: LabelCounts()].actual += 1
    if found == actual {
      hits += 1
      byLabel[actual, default: LabelCounts()].hits += 1
    }
  }

  public var accuracy: Double { count == 0 ? 0 : Double(hits) / Double(count) }

  /// The mean of the labels' F1, those that were found or are there.
  public var macroF1: Double {
    byLabel.isEmpty ? 0 : byLabel.values.reduce(0) { $0 + $1.f1 } / Double(byLabel.count)
  }
}

import Messages

/// Frames as sparse rows, for models that score by sums of weights and for distances.
///
/// Numbers are standardized, or cut into ten bins of equal frequency where a model counts; categories and
/// the months and weekdays of dates become one column each; a missing value has a column of its own if
/// training had one, else it is the mean; texts become grams.
public struct SparseEncoder: Sendable {
  enum Part: Sendable {
    /// (x − mean) / deviation.
    case standardized(mean: Double, deviation: Double, hasMissing: Bool)
    /// Upper limits of the bins but the last.
    case bins(limits: [Double], hasMissing: Bool)
    case date(mean: Double, deviation: Double, hasMissing: Bool)
    case category(count: Int, hasMissing: Bool)
    case text(TextFeatures)
    case sparse(width: Int)

    var width: Int {
      switch self {
      case .standardized(_, _, let hasMissing): 1 + (hasMissing ? 1 : 0)
      case .bins(let limits, let hasMissing): limits.count + 1 + (hasMissing ? 1 : 0)
      case .date(_, _, let hasMissing): 1 + 12 + 7 + (hasMissing ? 1 : 0)
      case .category(let count, let hasMissing): count + (hasMissing ? 1 : 0)
      case .text(let features): features.count
      case .sparse(let width): width
      }
    }
  }

  let weighting: TextFeatures.Weighting
  let parts: [Part]
  public let columnCount: Int

  init(weighting: TextFeatures.Weighting, parts: [Part]) {
    self.weighting = weighting
    self.parts = parts
    columnCount = parts.reduce(0) { $0 + $1.width }
  }

  /// Learns from a training frame; also returns its rows.
  static func learn(
    _ frame: Frame, _ schema: Schema, _ weighting: TextFeatures.Weighting,
    _ options: TextFeatures.Options
  ) throws -> (encoder: SparseEncoder, rows: SparseMatrix) {
    var counts: [Int: SparseMatrix] = [:]
    let parts: [Part] = frame.columns.enumerated().map { index, column in
      switch column {
      case .numbers(let values):
        let present = values.filter { !$0.isNaN }
        let hasMissing = present.count < values.count
        if weighting != .tfidf, schema.columns[index].kind != .date {
          return .bins(limits: quantileLimits(present, bins: 10), hasMissing: hasMissing)
        }
        let mean = present.reduce(0, +) / Double(max(1, present.count))
        let square = present.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (square / Double(max(1, present.count))).squareRoot()
        let scale = deviation > 0 ? deviation : 1
        return schema.columns[index].kind == .date
          ? .date(mean: mean, deviation: scale, hasMissing: hasMissing)
          : .standardized(mean: mean, deviation: scale, hasMissing: hasMissing)
      case .categories(let values):
        var count = 0
        if case .category(let names) = schema.columns[index].kind { count = names.count }
        return .category(count: count, hasMissing: values.contains(-1))
      case .texts(let texts):
        let (features, found) = TextFeatures.learn(texts, options)
        counts[index] = found
        return .text(features)
      case .sparse(let matrix): return .sparse(width: matrix.columnCount)
      }
    }
    let encoder = SparseEncoder(weighting: weighting, parts: parts)
    guard encoder.columnCount > 0 else {
      throw InputError(
        "no gram occurs in \(options.minimumTexts) texts; `minimumTexts` 1 would keep all")
    }
    return (encoder, encoder.rows(of: frame, counts))
  }

  /// The values between bins of equal frequency, without repetitions.
  static func quantileLimits(_ values: [Double], bins: Int) -> [Double] {
    let sorted = values.sorted()
    guard let last = sorted.last else { return [] }
    var limits: [Double] = []
    for bin in 1..<bins {
      let limit = sorted[min(sorted.count - 1, sorted.count * bin / bins)]
      if limit < last, limit != limits.last { limits.append(limit) }
    }
    return limits
  }

  public func rows(of frame: Frame) -> SparseMatrix { rows(of: frame, [:]) }

  private func rows(of frame: Frame, _ counts: [Int: SparseMatrix]) -> SparseMatrix {
    let texts: [Int: SparseMatrix] = Dictionary(
      uniqueKeysWithValues: parts.indices.compactMap { index in
        switch (parts[index], frame.columns[index]) {
        case (.text(let features), .texts(let column)):
          let counted = counts[index] ?? features.counts(of: column)
          return (index, features.weighted(counted, weighting))
        case (_, .sparse(let matrix)): return (index, matrix)
        default: return nil
        }
      })
    if parts.count == 1, let only = texts[0] { return only }
    var matrix = SparseMatrix(columnCount: columnCount)
    for row in 0..<frame.rowCount {
      var offset = 0
      for (index, part) in parts.enumerated() {
        append(part, frame.columns[index], texts[index], row, offset, to: &matrix)
        offset += part.width
      }
      matrix.endRow()
    }
    return matrix
  }

  private func append(
    _ part: Part, _ column: Frame.Column, _ rows: SparseMatrix?, _ row: Int, _ offset: Int,
    to matrix: inout SparseMatrix
  ) {
    switch (part, column) {
    case (.standardized(let mean, let deviation, let hasMissing), .numbers(let values)):
      if !values[row].isNaN {
        matrix.append(offset, Float((values[row] - mean) / deviation))
      } else if hasMissing {
        matrix.append(offset + 1, 1)
      }
    case (.bins(let limits, let hasMissing), .numbers(let values)):
      if !values[row].isNaN {
        matrix.append(offset + Self.bin(values[row], limits), 1)
      } else if hasMissing {
        matrix.append(offset + limits.count + 1, 1)
      }
    case (.date(let mean, let deviation, let hasMissing), .numbers(let values)):
      if !values[row].isNaN {
        if weighting == .tfidf { matrix.append(offset, Float((values[row] - mean) / deviation)) }
        matrix.append(offset + CalendarDate.month(values[row]), 1)
        matrix.append(offset + 13 + CalendarDate.weekday(values[row]), 1)
      } else if hasMissing {
        matrix.append(offset + 20, 1)
      }
    case (.category(let count, let hasMissing), .categories(let values)):
      if values[row] >= 0 {
        matrix.append(offset + Int(values[row]), 1)
      } else if hasMissing {
        matrix.append(offset + count, 1)
      }
    default:
      guard let rows else { return }
      for index in rows.range(row) {
        matrix.append(offset + Int(rows.columns[index]), rows.values[index])
      }
    }
  }

  /// The first bin whose limit is not below `value`.
  static func bin(_ value: Double, _ limits: [Double]) -> Int {
    var (low, high) = (0, limits.count)
    while low < high {
      let middle = (low + high) / 2
      if limits[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What each column of the rows stands for: `age`, `job = clerk`, `title: 股票`.
  public func featureNames(_ schema: Schema) -> [String] {
    var names: [String] = []
    for (part, column) in zip(parts, schema.columns) {
      let name = column.name
      var hasMissingColumn = false
      switch part {
      case .standardized(_, _, let hasMissing):
        names.append(name)
        hasMissingColumn = hasMissing
      case .bins(let limits, let hasMissing):
        for index in 0...limits.count {
          let low = index > 0 ? NumberText.short(limits[index - 1]) + " < " : ""
          let high = index < limits.count ? " ≤ " + NumberText.short(limits[index]) : ""
          names.append(low + name + high)
        }
        hasMissingColumn = hasMissing
      case .date(_, _, let hasMissing):
        names.append(name)
        names += (1...12).map { "\(name) month = \($0)" }
        names += ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map { "\(name) day = \($0)" }
        hasMissingColumn = hasMissing
      case .category(_, let hasMissing):
        if case .category(let values) = column.kind { names += values.map { "\(name) = \($0)" } }
        hasMissingColumn = hasMissing
      case .text(let features): names += features.names.map { "\(name): \($0)" }
      case .sparse(let width): names += (1...max(1, width)).map { "\($0)" }
      }
      if hasMissingColumn { names.append("\(name) is missing") }
    }
    return names
  }
}

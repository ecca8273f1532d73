import Messages

/// Naive Bayes over columns of any kind: categories by their counts, numbers as normal distributions or by
/// ten bins of equal frequency. A missing value says nothing.
public struct MixedNaiveBayes: Sendable {
  enum Column: Sendable {
    /// Class by class, for each category its log-probability.
    case categories(count: Int, logarithms: [Float])
    case bins(limits: [Double], logarithms: [Float])
    /// Class by class.
    case normal(means: [Double], variances: [Double])
  }

  let columns: [Column]
  let priors: [Double]

  /// - Parameters:
  ///   - usesBins: Numbers are cut into ten bins; normal distributions otherwise, whose variances grow by
  ///     10⁻⁹ of the largest variance of a column (as scikit-learn's).
  ///   - smoothing: Added to every count of a category or a bin.
  public static func fit(
    _ matrix: ColumnMatrix, _ classes: [Int32], classCount: Int, usesBins: Bool,
    smoothing: Double = 1, weights: [Double]? = nil
  ) -> MixedNaiveBayes {
    var classWeights = [Double](repeating: 0, count: classCount)
    for row in classes.indices { classWeights[Int(classes[row])] += weights?[row] ?? 1 }
    let total = classWeights.reduce(0, +)
    func counted(_ bins: Int, _ bin: (Int) -> Int?) -> [Float] {
      var counts = [Double](repeating: smoothing, count: bins * classCount)
      for row in classes.indices {
        if let bin = bin(row) { counts[Int(classes[row]) * bins + bin] += weights?[row] ?? 1 }
      }
      return (0..<classCount).flatMap { c in
        let part = counts[c * bins..<(c + 1) * bins]
        let sum = part.reduce(0, +)
        return part.map { Float(Numeric.logarithm($0 / sum)) }
      }
    }
    var largest = 0.0
    let columns: [Column] = matrix.columns.map { column in
      if column.categoryCount > 0 {
        return .categories(
          count: column.categoryCount,
          logarithms: counted(column.categoryCount) {
            column.values[$0].isNaN ? nil : Int(column.values[$0])
          })
      }
      if usesBins {
        let limits = SparseEncoder.quantileLimits(column.values.filter { !$0.isNaN }, bins: 10)
        return .bins(
          limits: limits,
          logarithms: counted(limits.count + 1) {
            column.values[$0].isNaN ? nil : SparseEncoder.bin(column.values[$0], limits)
          })
      }
      let (means, variances, all) = moments(column.values, classes, classCount, weights)
      largest = max(largest, all)
      return .normal(means: means, variances: variances)
    }
    return MixedNaiveBayes(
      columns: columns.map { column in
        guard case .normal(let means, let variances) = column else { return column }
        return .normal(
          means: means, variances: variances.map { $0 + max(1e-9 * largest, .leastNormalMagnitude) }
        )
      }, priors: classWeights.map { Numeric.logarithm($0 / total) })
  }

  /// Means and variances of each class, and the variance of all. A class without values has those of all.
  private static func moments(
    _ values: [Double], _ classes: [Int32], _ classCount: Int, _ weights: [Double]?
  ) -> (means: [Double], variances: [Double], all: Double) {
    var sums = [Double](repeating: 0, count: classCount)
    var totals = sums
    for (row, value) in values.enumerated() where !value.isNaN {
      let weight = weights?[row] ?? 1
      sums[Int(classes[row])] += weight * value
      totals[Int(classes[row])] += weight
    }
    let present = values.filter { !$0.isNaN }
    let mean = present.reduce(0, +) / Double(max(1, present.count))
    let all =
      present.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, present.count))
    let means = zip(sums, totals).map { $1 > 0 ? $0 / $1 : mean }
    var squares = [Double](repeating: 0, count: classCount)
    for (row, value) in values.enumerated() where !value.isNaN {
      let c = Int(classes[row])
      squares[c] += (weights?[row] ?? 1) * (value - means[c]) * (value - means[c])
    }
    return (means, zip(squares, totals).map { $1 > 0 ? $0 / $1 : all }, all)
  }

  var classCount: Int { priors.count }

  func probabilities(_ matrix: ColumnMatrix) -> [Double] {
    var scores = [Double](repeating: 0, count: matrix.rowCount * classCount)
    let classCount = classCount
    for row in 0..<matrix.rowCount {
      for c in 0..<classCount { scores[row * classCount + c] = priors[c] }
    }
    for (column, values) in zip(columns, matrix.columns.map(\.values)) {
      for row in 0..<matrix.rowCount where !values[row].isNaN {
        for c in 0..<classCount {
          let score: Double
          switch column {
          case .categories(let count, let logarithms):
            score = Double(logarithms[c * count + Int(values[row])])
          case .bins(let limits, let logarithms):
            score = Double(
              logarithms[c * (limits.count + 1) + SparseEncoder.bin(values[row], limits)])
          case .normal(let means, let variances):
            let distance = values[row] - means[c]
            score =
              -0.5
              * (Numeric.logarithm(2 * .pi * variances[c]) + distance * distance / variances[c])
          }
          scores[row * classCount + c] += score
        }
      }
    }
    scores.withUnsafeMutableBufferPointer { scores in
      for row in 0..<matrix.rowCount {
        Numeric.softmax(
          UnsafeMutableBufferPointer(rebasing: scores[row * classCount..<(row + 1) * classCount]))
      }
    }
    return scores
  }
}

import Messages

/// Naive Bayes over counts: ln P(class) + Σ count · ln P(column | class), a linear score.
public struct NaiveBayes: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// P(column | class) from the class's own counts.
    case multinomial
    /// −ln P(column | all other classes) (Rennie et al. 2003, weights not scaled, as scikit-learn's default).
    case complement
    /// Columns are there or not; absent ones count too.
    case bernoulli
  }

  public var kind: Kind
  /// What is added to every count.
  public var smoothing = 1.0

  public init(_ kind: Kind = .multinomial, smoothing: Double = 1) {
    self.kind = kind
    self.smoothing = smoothing
  }

  /// Throws `InputError` for a negative value: counts are needed.
  public func fit(
    _ rows: SparseMatrix, _ classes: [Int32], classCount: Int, weights: [Double]? = nil
  ) throws -> LinearModel {
    if rows.values.contains(where: { $0 < 0 }) {
      throw InputError("naive Bayes counts, and a feature is negative; another model would work")
    }
    var counts = [Double](repeating: 0, count: rows.columnCount * classCount)
    var classWeights = [Double](repeating: 0, count: classCount)
    for row in 0..<rows.rowCount {
      let (label, weight) = (Int(classes[row]), weights?[row] ?? 1)
      classWeights[label] += weight
      for index in rows.range(row) {
        let value =
          kind == .bernoulli ? (rows.values[index] > 0 ? 1 : 0) : Double(rows.values[index])
        counts[Int(rows.columns[index]) * classCount + label] += weight * value
      }
    }
    let total = classWeights.reduce(0, +)
    let priors = classWeights.map { Numeric.logarithm($0 / total) }
    switch kind {
    case .multinomial: return multinomial(counts, priors, rows.columnCount)
    case .complement: return complement(counts, priors, rows.columnCount)
    case .bernoulli: return bernoulli(counts, classWeights, priors, rows.columnCount)
    }
  }

  private func multinomial(
    _ counts: [Double], _ priors: [Double], _ columnCount: Int
  ) -> LinearModel {
    let classCount = priors.count
    var sums = [Double](repeating: smoothing * Double(columnCount), count: classCount)
    for index in counts.indices { sums[index % classCount] += counts[index] }
    let logarithms = sums.map(Numeric.logarithm)
    return LinearModel(
      link: .softmax, classCount: classCount,
      weights: counts.indices.map {
        Float(Numeric.logarithm(counts[$0] + smoothing) - logarithms[$0 % classCount])
      }, biases: priors)
  }

  private func complement(
    _ counts: [Double], _ priors: [Double], _ columnCount: Int
  ) -> LinearModel {
    let classCount = priors.count
    var all = 0.0
    var sums = [Double](repeating: 0, count: classCount)
    for index in counts.indices {
      sums[index % classCount] += counts[index]
      all += counts[index]
    }
    let base = smoothing * Double(columnCount)
    let logarithms = sums.map { Numeric.logarithm(all - $0 + base) }
    var weights = [Float](repeating: 0, count: counts.count)
    for column in 0..<columnCount {
      let start = column * classCount
      let sum = counts[start..<start + classCount].reduce(0, +)
      for c in 0..<classCount {
        weights[start + c] = -Float(
          Numeric.logarithm(sum - counts[start + c] + smoothing) - logarithms[c])
      }
    }
    // As scikit-learn: the prior plays no part but where there is a single class.
    return LinearModel(
      link: .softmax, classCount: classCount, weights: weights,
      biases: priors.map { _ in 0 })
  }

  private func bernoulli(
    _ counts: [Double], _ classWeights: [Double], _ priors: [Double], _ columnCount: Int
  ) -> LinearModel {
    let classCount = priors.count
    var weights = [Float](repeating: 0, count: counts.count)
    var biases = priors
    for index in counts.indices {
      let c = index % classCount
      let denominator = classWeights[c] + 2 * smoothing
      let present = Numeric.logarithm((counts[index] + smoothing) / denominator)
      let absent = Numeric.logarithm((denominator - counts[index] - smoothing) / denominator)
      weights[index] = Float(present - absent)
      biases[c] += absent
    }
    return LinearModel(
      link: .softmax, classCount: classCount, weights: weights, biases: biases)
  }
}

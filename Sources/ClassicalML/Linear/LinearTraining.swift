import Messages
import Parallel

/// Logistic and softmax regression: minimizes C·Σ weight·loss + (1 − r)·|w|²/2 + r·Σ|w| with r the share of
/// L1.
public struct LogisticRegression: Sendable {
  /// C, the inverse strength of the penalty.
  public var cost = 1.0
  /// r: 0 is L2 alone, 1 L1 alone, between them the elastic net.
  public var absoluteShare = 0.0
  /// All classes at once (softmax); else each against the others.
  public var isSoftmax = false
  public var tolerance = 1e-3
  public var threads = 1
  public var seed: UInt64 = 0

  public init(cost: Double = 1) { self.cost = cost }

  /// Softmax and L1 are minimized by L-BFGS and OWL-QN, biases free of penalty; one against the others with
  /// L2 alone by coordinate descent on the dual, biases penalized.
  public func fit(
    _ rows: SparseMatrix, _ classes: [Int32], classCount: Int, weights: [Double]? = nil
  ) throws -> LinearModel {
    if !isSoftmax, absoluteShare == 0 {
      var descent = CoordinateDescent(.logistic, cost: cost)
      descent.tolerance = tolerance * 10
      descent.seed = seed
      return try descent.fitEachClass(
        rows, classes, classCount: classCount, weights: weights, threads: threads)
    }
    return softmax(rows, classes, classCount: classCount, weights: weights)
  }

  private func softmax(
    _ rows: SparseMatrix, _ classes: [Int32], classCount: Int, weights: [Double]?
  ) -> LinearModel {
    let objective = SoftmaxObjective(
      rows: rows, classes: classes, classCount: classCount, weights: weights, cost: cost,
      squareShare: 1 - absoluteShare)
    var search = QuasiNewton()
    search.tolerance = tolerance
    if absoluteShare > 0 {
      search.absolutePenalty =
        [Double](repeating: absoluteShare, count: rows.columnCount * classCount)
        + [Double](repeating: 0, count: classCount)
    }
    let start = [Double](repeating: 0, count: (rows.columnCount + 1) * classCount)
    let point = search.minimize(from: start) { objective.value($0, &$1) }
    return LinearModel(
      link: .softmax, classCount: classCount,
      weights: point.dropLast(classCount).map { Float($0) }, biases: Array(point.suffix(classCount))
    )
  }
}

/// C·Σ weight·(ln Σ e^score − score of the right class) + share·|w|²/2 over columns × classes weights and,
/// behind them, the biases.
struct SoftmaxObjective {
  let rows: SparseMatrix
  let classes: [Int32]
  let classCount: Int
  let weights: [Double]?
  let cost: Double
  let squareShare: Double

  func value(_ point: [Double], _ gradient: inout [Double]) -> Double {
    var loss = 0.0
    let count = classCount
    let penalized = rows.columnCount * count
    gradient.withUnsafeMutableBufferPointer { gradient in
      point.withUnsafeBufferPointer { point in
        for index in 0..<penalized { gradient[index] = squareShare * point[index] }
        for index in penalized..<gradient.count { gradient[index] = 0 }
        for index in 0..<penalized { loss += squareShare / 2 * point[index] * point[index] }
        var scores = [Double](repeating: 0, count: count)
        rows.columns.withUnsafeBufferPointer { columns in
          rows.values.withUnsafeBufferPointer { values in
            scores.withUnsafeMutableBufferPointer { scores in
              for row in 0..<rows.rowCount {
                for c in 0..<count { scores[c] = point[penalized + c] }
                for index in rows.starts[row]..<rows.starts[row + 1] {
                  let (start, value) = (Int(columns[index]) &* count, Double(values[index]))
                  for c in 0..<count { scores[c] += value * point[start &+ c] }
                }
                let right = Int(classes[row])
                let factor = cost * (weights?[row] ?? 1)
                let rightScore = scores[right]
                let most = scores.max() ?? 0
                Numeric.softmax(scores)
                // ln Σ e^score is the right score less the logarithm of its share.
                let share = scores[right]
                loss +=
                  factor
                  * (share > 1e-300 ? -Numeric.logarithm(share) : most - rightScore)
                scores[right] -= 1
                for c in 0..<count { scores[c] *= factor }
                for index in rows.starts[row]..<rows.starts[row + 1] {
                  let (start, value) = (Int(columns[index]) &* count, Double(values[index]))
                  for c in 0..<count { gradient[start &+ c] += value * scores[c] }
                }
                for c in 0..<count { gradient[penalized + c] += scores[c] }
              }
            }
          }
        }
      }
    }
    return loss
  }
}

/// Linear support vectors: |w|²/2 + C·Σ weight·max(0, 1 − margin)², each class against the others.
public struct LinearSupportVectors: Sendable {
  public var cost = 1.0
  public var tolerance = 1e-3
  public var threads = 1
  public var seed: UInt64 = 0

  public init(cost: Double = 1) { self.cost = cost }

  public func fit(
    _ rows: SparseMatrix, _ classes: [Int32], classCount: Int, weights: [Double]? = nil
  ) throws -> LinearModel {
    var descent = CoordinateDescent(.squaredHinge, cost: cost)
    descent.tolerance = tolerance
    descent.seed = seed
    return try descent.fitEachClass(
      rows, classes, classCount: classCount, weights: weights, threads: threads)
  }
}

extension CoordinateDescent {
  fileprivate func fitEachClass(
    _ rows: SparseMatrix, _ classes: [Int32], classCount: Int, weights: [Double]?, threads: Int
  ) throws -> LinearModel {
    try OneVersusRest(threads: threads).fit(rows, classes, classCount) {
      fit(rows, squares: $0, isPositive: $1, weights: weights)
    }
  }
}

/// One binary problem for each class, or one in all where there are two.
private struct OneVersusRest {
  let threads: Int

  func fit(
    _ rows: SparseMatrix, _ classes: [Int32], _ classCount: Int,
    _ binary: @Sendable @escaping (_ squares: [Double], _ isPositive: [Bool]) -> [Double]
  ) throws -> LinearModel {
    let squares = rows.squaredLengths
    let count = classCount == 2 ? 1 : classCount
    let found = try parallelMap(count: count, threads: threads) { c in
      binary(squares, classes.map { $0 == (count == 1 ? 1 : c) })
    }
    var weights = [Float](repeating: 0, count: rows.columnCount * classCount)
    if count == 1 {
      for column in 0..<rows.columnCount {
        weights[2 * column] = -Float(found[0][column])
        weights[2 * column + 1] = Float(found[0][column])
      }
      let bias = found[0][rows.columnCount]
      return LinearModel(
        link: .oneVersusRest, classCount: 2, weights: weights, biases: [-bias, bias])
    }
    for c in 0..<count {
      for column in 0..<rows.columnCount {
        weights[column * count + c] = Float(found[c][column])
      }
    }
    return LinearModel(
      link: .oneVersusRest, classCount: count, weights: weights,
      biases: found.map { $0[rows.columnCount] })
  }
}

/// Stochastic gradients for hinge or logistic loss, each class against the others: what streams of examples
/// are learnt by, one pass or several.
///
/// Step t has length 1 / (α·(t + t₀)) (Bottou 2012); the mean of the weights over the second half is kept.
public struct StochasticGradient: Sendable {
  public enum Loss: String, Sendable, CaseIterable { case hinge, logistic }

  public var loss = Loss.hinge
  /// α, the strength of L2.
  public var penalty = 1e-4
  public var passes = 10
  public var threads = 1
  public var seed: UInt64 = 0

  public init() {}

  public func fit(
    _ rows: SparseMatrix, _ classes: [Int32], classCount: Int, weights: [Double]? = nil
  ) throws -> LinearModel {
    try OneVersusRest(threads: threads).fit(rows, classes, classCount) { _, isPositive in
      learn(rows, isPositive, weights)
    }
  }

  /// The weights are `scale` times what is stored, and their mean is `sums` + `share` times that, so that a
  /// step touches only the columns of its row.
  private func learn(_ rows: SparseMatrix, _ isPositive: [Bool], _ weights: [Double]?) -> [Double] {
    var random = RandomStream(seed: seed)
    var stored = [Double](repeating: 0, count: rows.columnCount)
    var sums = stored
    var scale = 1.0
    var share = 0.0
    var (bias, biasSum) = (0.0, 0.0)
    let total = passes * rows.rowCount
    let averagedFrom = total / 2
    // The first step has about the length of a typical weight.
    let typical = (1 / penalty.squareRoot()).squareRoot()
    let offset = 1 / (typical * penalty)
    var order = Array(0..<rows.rowCount)
    var step = 0
    rows.columns.withUnsafeBufferPointer { columns in
      rows.values.withUnsafeBufferPointer { values in
        for _ in 0..<passes {
          order.shuffle(using: &random)
          for row in order {
            var score = 0.0
            for index in rows.starts[row]..<rows.starts[row + 1] {
              score += stored[Int(columns[index])] * Double(values[index])
            }
            score = score * scale + bias
            let rate = 1 / (penalty * (offset + Double(step)))
            let sign = isPositive[row] ? 1.0 : -1.0
            let margin = sign * score
            var slope = loss == .hinge ? (margin < 1 ? sign : 0) : sign * Numeric.sigmoid(-margin)
            slope *= weights?[row] ?? 1
            scale *= max(1e-9, 1 - rate * penalty)
            if slope != 0 {
              let factor = rate * slope / scale
              for index in rows.starts[row]..<rows.starts[row + 1] {
                let change = factor * Double(values[index])
                stored[Int(columns[index])] += change
                sums[Int(columns[index])] -= share * change
              }
              bias += 0.01 * rate * slope
            }
            step += 1
            if step > averagedFrom {
              share += scale
              biasSum += bias
            }
            if scale < 1e-6 {
              for index in stored.indices {
                sums[index] += share * stored[index]
                stored[index] *= scale
              }
              scale = 1
              share = 0
            }
          }
        }
      }
    }
    let count = Double(max(1, total - averagedFrom))
    return stored.indices.map { (sums[$0] + share * stored[$0]) / count } + [biasSum / count]
  }
}

/// Least squares with L2: Σ weight·(w·x + b − y)²/2 + α·|w|²/2, the bias free.
public struct RidgeRegression: Sendable {
  /// α.
  public var penalty = 1.0

  public init() {}

  public func fit(_ rows: SparseMatrix, _ targets: [Double], weights: [Double]? = nil)
    -> LinearModel
  {
    let mean = targets.reduce(0, +) / Double(max(1, targets.count))
    var search = QuasiNewton()
    search.tolerance = 1e-6
    search.leastGain = 1e-10
    search.stepLimit = 1000
    let point = search.minimize(from: [Double](repeating: 0, count: rows.columnCount + 1)) {
      point, gradient in
      var loss = 0.0
      for column in 0..<rows.columnCount {
        loss += penalty / 2 * point[column] * point[column]
        gradient[column] = penalty * point[column]
      }
      gradient[rows.columnCount] = 0
      for row in 0..<rows.rowCount {
        var error = point[rows.columnCount] + mean - targets[row]
        for index in rows.range(row) {
          error += point[Int(rows.columns[index])] * Double(rows.values[index])
        }
        let weight = weights?[row] ?? 1
        loss += weight * error * error / 2
        for index in rows.range(row) {
          gradient[Int(rows.columns[index])] += weight * error * Double(rows.values[index])
        }
        gradient[rows.columnCount] += weight * error
      }
      return loss
    }
    return LinearModel(
      link: .identity, classCount: 1, weights: point.dropLast().map { Float($0) },
      biases: [(point.last ?? 0) + mean])
  }
}

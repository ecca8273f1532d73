import Parallel

/// Binary linear classifiers by coordinate descent on the dual, one example at a time: few passes over
/// sparse rows where full gradients need dozens.
///
/// Minimizes |w|²/2 + Σ C·weight·loss(±w·x); the bias is the weight of a column that is always 1, and is
/// penalized like the others (as in Hsieh et al. 2008).
struct CoordinateDescent {
  enum Loss {
    /// max(0, 1 − margin)²: linear support vectors (Hsieh et al. 2008).
    case squaredHinge
    /// ln(1 + e^−margin): logistic regression (the dual of Yu, Huang and Lin 2011).
    case logistic
  }

  let loss: Loss
  let cost: Double
  var tolerance = 1e-3
  var passLimit = 300
  var seed: UInt64 = 0

  init(_ loss: Loss, cost: Double) {
    self.loss = loss
    self.cost = cost
  }

  /// The weights of the columns and, last, the bias; `isPositive` says which rows are of the class.
  func fit(
    _ rows: SparseMatrix, squares: [Double], isPositive: [Bool], weights: [Double]?
  ) -> [Double] {
    var result = [Double](repeating: 0, count: rows.columnCount + 1)
    let order = (0..<rows.rowCount).filter { (weights?[$0] ?? 1) > 0 }
    result.withUnsafeMutableBufferPointer { result in
      rows.columns.withUnsafeBufferPointer { columns in
        rows.values.withUnsafeBufferPointer { values in
          rows.starts.withUnsafeBufferPointer { starts in
            let problem = Problem(
              columns: columns, values: values, starts: starts, result: result,
              bias: rows.columnCount)
            switch loss {
            case .squaredHinge: hinge(problem, order, squares, isPositive, weights)
            case .logistic: logistic(problem, order, squares, isPositive, weights)
            }
          }
        }
      }
    }
    return result
  }

  private struct Problem {
    let columns: UnsafeBufferPointer<Int32>
    let values: UnsafeBufferPointer<Float>
    let starts: UnsafeBufferPointer<Int>
    let result: UnsafeMutableBufferPointer<Double>
    let bias: Int

    @inline(__always)
    func score(_ row: Int) -> Double {
      var sum = result[bias]
      for index in starts[row]..<starts[row &+ 1] {
        sum += result[Int(columns[index])] * Double(values[index])
      }
      return sum
    }

    @inline(__always)
    func add(_ row: Int, _ factor: Double) {
      for index in starts[row]..<starts[row &+ 1] {
        result[Int(columns[index])] += factor * Double(values[index])
      }
      result[bias] += factor
    }
  }

  /// Examples whose multiplier is 0 and wants to stay there rest until the others are done.
  private func hinge(
    _ problem: Problem, _ all: [Int], _ squares: [Double], _ isPositive: [Bool],
    _ weights: [Double]?
  ) {
    var random = RandomStream(seed: seed)
    var multipliers = [Double](repeating: 0, count: squares.count)
    var active = all
    var highest = Double.infinity
    for _ in 0..<passLimit {
      active.shuffle(using: &random)
      var (most, least) = (-Double.infinity, Double.infinity)
      var kept = 0
      for row in active {
        let sign = isPositive[row] ? 1.0 : -1.0
        let diagonal = 0.5 / (cost * (weights?[row] ?? 1))
        let old = multipliers[row]
        let gradient = sign * problem.score(row) - 1 + diagonal * old
        var projected = gradient
        if old == 0 {
          if gradient > highest { continue }
          projected = min(gradient, 0)
        }
        active[kept] = row
        kept += 1
        most = max(most, projected)
        least = min(least, projected)
        guard abs(projected) > 1e-12 else { continue }
        let new = max(0, old - gradient / (squares[row] + 1 + diagonal))
        multipliers[row] = new
        problem.add(row, (new - old) * sign)
      }
      active.removeSubrange(kept...)
      if most - least <= tolerance {
        if active.count == all.count { break }
        // What rested is looked at once more.
        active = all
        highest = .infinity
      } else {
        highest = most <= 0 ? .infinity : most
      }
    }
  }

  /// With multiplier α = C·σ(t) the derivative of the dual along one coordinate vanishes where
  /// t + |x|²·(C·σ(t) − α₀) + margin = 0, whose left side rises at least as fast as t: Newton's steps,
  /// kept between the last values of both signs, find it.
  private func logistic(
    _ problem: Problem, _ all: [Int], _ squares: [Double], _ isPositive: [Bool],
    _ weights: [Double]?
  ) {
    var random = RandomStream(seed: seed)
    var multipliers = [Double](repeating: 0, count: squares.count)
    var places = [Double](repeating: 0, count: squares.count)
    var order = all
    for pass in 0..<passLimit {
      order.shuffle(using: &random)
      var most = 0.0
      for row in order {
        let sign = isPositive[row] ? 1.0 : -1.0
        let bound = cost * (weights?[row] ?? 1)
        let old = multipliers[row]
        let margin = sign * problem.score(row)
        let square = squares[row] + 1
        var t = pass == 0 ? -margin : places[row]
        var (low, high) = (-Double.infinity, Double.infinity)
        var new = old
        for step in 0..<30 {
          let share = Numeric.sigmoid(t)
          new = bound * share
          let value = t + square * (new - old) + margin
          if step == 0, pass > 0 { most = max(most, abs(value)) }
          if abs(value) < 1e-6 { break }
          if value > 0 { high = t } else { low = t }
          var next = t - value / (1 + square * new * (1 - share))
          if !(next > low && next < high) { next = (low + high) / 2 }
          if !next.isFinite { next = value > 0 ? t - 1 : t + 1 }
          t = next
        }
        places[row] = t
        multipliers[row] = new
        if new != old { problem.add(row, (new - old) * sign) }
      }
      if pass > 0, most <= tolerance { break }
    }
  }
}

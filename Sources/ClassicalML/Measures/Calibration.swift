/// Maps from a model's probabilities to ones that are right as often as they say, class by class, scaled to
/// sum 1.
public struct Calibration: Sendable {
  public enum Method: String, Sendable, CaseIterable {
    /// σ(a·log-odds + b) (Platt 1999).
    case sigmoid
    /// The nearest rising steps (Zadrozny and Elkan 2002).
    case isotonic
  }

  enum Map: Sendable {
    case sigmoid(slope: Double, offset: Double)
    /// Linear between points, constant outside.
    case steps(from: [Double], to: [Double])

    func callAsFunction(_ value: Double) -> Double {
      switch self {
      case .sigmoid(let slope, let offset):
        return Numeric.sigmoid(slope * Calibration.logOdds(value) + offset)
      case .steps(let from, let to):
        guard let first = from.first, let last = from.last else { return value }
        if value <= first { return to[0] }
        if value >= last { return to[to.count - 1] }
        var (low, high) = (0, from.count - 1)
        while high - low > 1 {
          let middle = (low + high) / 2
          if from[middle] <= value { low = middle } else { high = middle }
        }
        let share = (value - from[low]) / (from[high] - from[low])
        return to[low] + share * (to[high] - to[low])
      }
    }
  }

  let maps: [Map]

  static func learn(
    _ values: [Double], _ classes: [Int32], classCount: Int, _ method: Method
  ) -> Calibration {
    Calibration(
      maps: (0..<classCount).map { c in
        let own = classes.indices.map { values[$0 * classCount + c] }
        let isRight = classes.map { $0 == c }
        return method == .sigmoid ? sigmoid(own, isRight) : isotonic(own, isRight)
      })
  }

  private static func logOdds(_ value: Double) -> Double {
    let clipped = min(max(value, 1e-9), 1 - 1e-9)
    return Numeric.logarithm(clipped / (1 - clipped))
  }

  /// Newton's method on the likelihood, targets drawn in as Platt does.
  private static func sigmoid(_ values: [Double], _ isRight: [Bool]) -> Map {
    let positive = Double(isRight.count { $0 })
    let negative = Double(isRight.count) - positive
    let (high, low) = ((positive + 1) / (positive + 2), 1 / (negative + 2))
    let odds = values.map(logOdds)
    var (slope, offset) = (1.0, 0.0)
    for _ in 0..<100 {
      var (ga, gb, haa, hab, hbb) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
      for (x, right) in zip(odds, isRight) {
        let share = Numeric.sigmoid(slope * x + offset)
        let error = share - (right ? high : low)
        let curvature = max(share * (1 - share), 1e-12)
        ga += error * x
        gb += error
        haa += curvature * x * x
        hab += curvature * x
        hbb += curvature
      }
      let determinant = haa * hbb - hab * hab
      guard abs(determinant) > 1e-300 else { break }
      let da = (hbb * ga - hab * gb) / determinant
      let db = (haa * gb - hab * ga) / determinant
      // Far steps are shortened: the curvature is flat there.
      let length = max(1, abs(da) / 2, abs(db) / 4)
      slope -= da / length
      offset -= db / length
      if abs(da) + abs(db) < 1e-9 { break }
    }
    return .sigmoid(slope: slope, offset: offset)
  }

  /// Neighbors that fall are pooled until none does.
  private static func isotonic(_ values: [Double], _ isRight: [Bool]) -> Map {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var blocks: [(low: Double, high: Double, sum: Double, count: Double)] = []
    for index in order {
      let target = isRight[index] ? 1.0 : 0.0
      if let last = blocks.last, last.high == values[index] {
        blocks[blocks.count - 1].sum += target
        blocks[blocks.count - 1].count += 1
      } else {
        blocks.append((values[index], values[index], target, 1))
      }
    }
    // Values that are equal belong together before any are compared.
    var pooled: [(low: Double, high: Double, sum: Double, count: Double)] = []
    for block in blocks {
      pooled.append(block)
      while pooled.count > 1 {
        let (a, b) = (pooled[pooled.count - 2], pooled[pooled.count - 1])
        guard a.sum / a.count >= b.sum / b.count else { break }
        pooled.removeLast()
        pooled[pooled.count - 1] = (a.low, b.high, a.sum + b.sum, a.count + b.count)
      }
    }
    var (from, to): ([Double], [Double]) = ([], [])
    for block in pooled {
      for place in block.low == block.high ? [block.low] : [block.low, block.high] {
        from.append(place)
        to.append(block.sum / block.count)
      }
    }
    return .steps(from: from, to: to)
  }

  func applied(to values: [Double]) -> [Double] {
    var result = values
    let width = maps.count
    for row in 0..<values.count / width {
      var sum = 0.0
      for c in 0..<width {
        result[row * width + c] = maps[c](values[row * width + c])
        sum += result[row * width + c]
      }
      for c in 0..<width {
        result[row * width + c] = sum > 0 ? result[row * width + c] / sum : values[row * width + c]
      }
    }
    return result
  }
}

/// Minimizes smooth functions, optionally plus λ·Σ|x|, by L-BFGS (Nocedal 1980) and its orthant-wise form
/// OWL-QN (Andrew and Gao 2007).
struct QuasiNewton {
  var historyLength = 10
  var stepLimit = 200
  /// Stops once no component of the gradient is larger.
  var tolerance = 1e-4
  /// Stops once ten steps together gain a smaller share of the value; 0 never does.
  var leastGain = 1e-7
  /// λ for each variable; empty for none.
  var absolutePenalty: [Double] = []

  private struct Pair {
    let step, change: [Double]
    let scale: Double
  }

  /// - Parameter function: The value at a point; writes the gradient into the buffer.
  func minimize(
    from start: [Double],
    _ function: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> [Double] {
    var point = start
    var gradient = [Double](repeating: 0, count: start.count)
    var value = function(point, &gradient) + penalty(point)
    var history: [Pair] = []
    var values = [value]
    for _ in 0..<stepLimit {
      let slope = pseudoGradient(point, gradient)
      guard slope.contains(where: { abs($0) > tolerance }) else { break }
      var direction = direction(slope, history)
      if !absolutePenalty.isEmpty {
        for index in direction.indices where direction[index] * slope[index] >= 0 {
          direction[index] = 0
        }
      }
      var descent = dot(direction, slope)
      if descent >= 0 {
        direction = slope.map { -$0 }
        descent = -dot(slope, slope)
        history.removeAll()
      }
      // The first step has no scale yet.
      var length =
        history.isEmpty ? 1 / max(1, dot(direction, direction).squareRoot()) : 1.0
      var next = point
      var nextGradient = gradient
      var nextValue = value
      var hasMoved = false
      for _ in 0..<40 {
        for index in next.indices { next[index] = point[index] + length * direction[index] }
        if !absolutePenalty.isEmpty { project(&next, point, slope) }
        nextValue = function(next, &nextGradient) + penalty(next)
        if nextValue <= value + 1e-4 * length * descent {
          hasMoved = true
          break
        }
        length *= 0.5
      }
      guard hasMoved else { break }
      let step = zip(next, point).map { $0 - $1 }
      let change = zip(nextGradient, gradient).map { $0 - $1 }
      let curvature = dot(step, change)
      if curvature > 1e-12 * dot(change, change) {
        history.append(Pair(step: step, change: change, scale: 1 / curvature))
        if history.count > historyLength { history.removeFirst() }
      }
      (point, gradient, value) = (next, nextGradient, nextValue)
      values.append(value)
      if values.count > 10 {
        let before = values[values.count - 11]
        if before - value <= leastGain * max(abs(value), 1e-12) { break }
      }
    }
    return point
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  private func penalty(_ point: [Double]) -> Double {
    absolutePenalty.isEmpty
      ? 0 : zip(point, absolutePenalty).reduce(0) { $0 + abs($1.0) * $1.1 }
  }

  /// The steepest of the one-sided gradients.
  private func pseudoGradient(_ point: [Double], _ gradient: [Double]) -> [Double] {
    guard !absolutePenalty.isEmpty else { return gradient }
    return point.indices.map { index in
      let (slope, weight) = (gradient[index], absolutePenalty[index])
      if point[index] > 0 { return slope + weight }
      if point[index] < 0 { return slope - weight }
      if slope + weight < 0 { return slope + weight }
      return slope - weight > 0 ? slope - weight : 0
    }
  }

  /// No variable crosses 0 within a step.
  private func project(_ next: inout [Double], _ point: [Double], _ slope: [Double]) {
    for index in next.indices where absolutePenalty[index] > 0 {
      let side = point[index] != 0 ? point[index] : -slope[index]
      if next[index] * side <= 0 { next[index] = 0 }
    }
  }

  /// The two loops of L-BFGS.
  private func direction(_ gradient: [Double], _ history: [Pair]) -> [Double] {
    var result = gradient.map { -$0 }
    var shares = [Double](repeating: 0, count: history.count)
    for (index, pair) in history.enumerated().reversed() {
      shares[index] = pair.scale * dot(pair.step, result)
      for place in result.indices { result[place] -= shares[index] * pair.change[place] }
    }
    if let last = history.last {
      let factor = 1 / (last.scale * dot(last.change, last.change))
      for place in result.indices { result[place] *= factor }
    }
    for (index, pair) in history.enumerated() {
      let share = pair.scale * dot(pair.change, result)
      for place in result.indices { result[place] += (shares[index] - share) * pair.step[place] }
    }
    return result
  }
}

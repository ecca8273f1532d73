/// Points of a curve as they are drawn: thinned, smoothed.
enum CurveSampling {
  /// At most `limit` indices of `y`, ascending: the first, the last, and of each of equal stretches
  /// the smallest and the largest value, so that no extreme is lost. `NaN`s that interrupt a stretch
  /// are dropped from it; a stretch of nothing else keeps one.
  static func thinned(_ y: [Double], limit: Int = 2000) -> [Int] {
    guard y.count > limit else { return Array(y.indices) }
    let stretches = max(1, (limit - 2) / 2)
    var indices = [0]
    for stretch in 0..<stretches {
      let start = stretch * y.count / stretches
      let end = (stretch + 1) * y.count / stretches
      var lowest = start
      var highest = start
      for index in start..<end where !y[index].isNaN {
        if y[lowest].isNaN || y[index] < y[lowest] { lowest = index }
        if y[highest].isNaN || y[index] > y[highest] { highest = index }
      }
      for index in [min(lowest, highest), max(lowest, highest)] where index != indices.last {
        indices.append(index)
      }
    }
    if indices.last != y.count - 1 { indices.append(y.count - 1) }
    return indices
  }

  /// The exponential average with weight `smoothing` of the past, divided by the weights' sum so
  /// that the beginning is not drawn to zero; what is not finite stays as it is and is left out.
  static func smoothed(_ y: [Double], by smoothing: Double) -> [Double] {
    var average = 0.0
    var weight = 0.0
    return y.map { value in
      guard value.isFinite else { return value }
      average = smoothing * average + (1 - smoothing) * value
      weight = smoothing * weight + (1 - smoothing)
      return average / weight
    }
  }
}

import Foundation

/// The functions of mathematics that models share.
enum Numeric {
  @inline(__always) static func logarithm(_ value: Double) -> Double { log(value) }
  @inline(__always) static func exponential(_ value: Double) -> Double { exp(value) }

  /// ln Σ exp.
  @inline(__always)
  static func logarithmOfSum(_ values: some Collection<Double>) -> Double {
    let most = values.max() ?? -.infinity
    guard most > -.infinity else { return most }
    return most + log(values.reduce(0) { $0 + exp($1 - most) })
  }

  /// 1 / (1 + e^−x), without overflow.
  @inline(__always)
  static func sigmoid(_ value: Double) -> Double {
    if value >= 0 { return 1 / (1 + exp(-value)) }
    let power = exp(value)
    return power / (1 + power)
  }

  /// ln(1 + e^x), without overflow.
  @inline(__always)
  static func softplus(_ value: Double) -> Double {
    value > 0 ? value + log1p(exp(-value)) : log1p(exp(value))
  }

  /// Turns a row of scores into probabilities, in place.
  @inline(__always)
  static func softmax(_ row: UnsafeMutableBufferPointer<Double>) {
    var most = -Double.infinity
    for value in row where value > most { most = value }
    var sum = 0.0
    for index in row.indices {
      row[index] = exp(row[index] - most)
      sum += row[index]
    }
    for index in row.indices { row[index] /= sum }
  }
}

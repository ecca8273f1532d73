import Foundation
import Messages

/// Jensen and Shannon's divergence of two histograms of the same bins, in nats: ½ KL(p ‖ m) + ½ KL(q ‖ m),
/// m = (p + q)/2; from 0 to ln 2.
public func jensenShannonDivergence(_ first: [Double], _ second: [Double]) -> Double {
  let (total, otherTotal) = (first.reduce(0, +), second.reduce(0, +))
  require(
    first.count == second.count && total > 0 && otherTotal > 0
      && (first + second).allSatisfy { $0 >= 0 },
    "jensenShannonDivergence expected two histograms of the same bins that are not empty")
  return zip(first, second).reduce(0) { sum, pair in
    let (p, q) = (pair.0 / total, pair.1 / otherTotal)
    let middle = (p + q) / 2
    func term(_ share: Double) -> Double { share > 0 ? share * log(share / middle) : 0 }
    return sum + (term(p) + term(q)) / 2
  }
}

extension ModeCoverage {
  /// Jensen and Shannon's divergence of where samples lie, the modes and elsewhere, from the even mixture.
  public var jensenShannon: Double {
    let near = counts.reduce(0, +)
    let even = 1 / Double(counts.count)
    return jensenShannonDivergence(
      counts.map(Double.init) + [Double(samples - near)], counts.map { _ in even } + [0])
  }
}

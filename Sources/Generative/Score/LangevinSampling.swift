import Foundation
import Messages
import Torch

/// Random walks that end in samples of a density whose slope is known.
public enum LangevinSampling {
  /// x ← x + η/2 · score(x) + √η ξ, so many times: for small η, samples of the density with that score.
  public static func walk(
    from start: Tensor, steps: Int, size: Double, generator: RandomGenerator? = nil,
    score: (Tensor) -> Tensor
  ) -> Tensor {
    require(size > 0, "LangevinSampling.walk expected a step above 0, received \(size)")
    var x = start.detach()
    for _ in 0..<steps {
      x =
        (x + 0.5 * size * score(x)
        + size.squareRoot() * Tensor.normal(like: x, generator: generator)).detach()
    }
    return x
  }

  /// x ← x − ½ s² ∇E(x) + √T s ξ along a schedule of temperatures T.
  public static func anneal(
    from start: Tensor, temperatures: [Double], size: Double, generator: RandomGenerator? = nil,
    slope: (Tensor) -> Tensor
  ) -> Tensor {
    var x = start.detach()
    for temperature in temperatures {
      x =
        (x - 0.5 * size * size * slope(x)
        + temperature.squareRoot() * size * Tensor.normal(like: x, generator: generator)).detach()
    }
    return x
  }

  /// 100 for a while, then falling to 1 geometrically, then to 0 in a line: `hot`, `cooling` and `freezing`
  /// temperatures (Li et al. 2019: 500, 2000 and 200).
  public static func temperatures(
    hot: Int = 500, cooling: Int = 2000, freezing: Int = 200, highest: Double = 100
  ) -> [Double] {
    Array(repeating: highest, count: hot)
      + (0..<cooling).map { pow(highest, 1 - Double($0 + 1) / Double(cooling)) }
      + (0..<freezing).map { 1 - Double($0 + 1) / Double(freezing) }
  }
}

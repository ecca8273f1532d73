import Foundation
import Torch

/// How well samples in the plane cover the modes of a known mixture.
public struct ModeCoverage {
  /// For each mode, how many samples lie within so many σ of it and nearer to it than to the others.
  public let counts: [Int]
  /// The number of samples, near a mode or not.
  public let samples: Int

  /// Assigns samples `(N, 2)` to the nearest center and counts those within `deviations · σ`.
  public init(
    _ samples: Tensor, centers: [(x: Double, y: Double)], deviation: Double, deviations: Double = 6
  ) {
    let middles = Tensor(centers.map { [$0.x, $0.y] }).to(samples.dtype)
    let distances = samples.detach().pairwiseDistances(middles)
    let nearest = distances.argmin(axis: 1)
    let isNear =
      distances.gather(nearest.expandingAxis(1), axis: 1).squeezed(1)
      .<= deviation * deviations
    counts = nearest.masked(isNear).bincount(minimumLength: centers.count).integers()
    self.samples = samples.size(0)
  }

  /// The share of samples within reach of some mode: HQ(kσ).
  public var quality: Double { Double(counts.reduce(0, +)) / Double(samples) }

  /// How many modes at least `minimum` samples found.
  public func covered(minimum: Int = 20) -> Int { counts.filter { $0 >= minimum }.count }

  /// KL(histogram of near samples ‖ uniform), in nats; 0 if all modes are found equally often.
  public var divergence: Double {
    let total = Double(counts.reduce(0, +))
    guard total > 0 else { return log(Double(counts.count)) }
    return counts.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / total
      return sum + share * log(share * Double(counts.count))
    }
  }
}

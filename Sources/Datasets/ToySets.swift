import Foundation
import Parallel
import Torch

/// Small distributions that need no files and whose answers are known.
public enum ToySets {
  /// The eight centers 2·(cos 2πk/8, sin 2πk/8).
  public static let ringCenters: [(x: Double, y: Double)] = (0..<8).map { index in
    let angle = 2 * Double.pi * Double(index) / 8
    return (2 * cos(angle), 2 * sin(angle))
  }
  /// The standard deviation around each center of the ring.
  public static let ringDeviation = 0.1

  /// The 25 centers {−4, −2, 0, 2, 4}² / (2√2).
  public static let gridCenters: [(x: Double, y: Double)] = (0..<25).map { index in
    let scale = 2 * 2.0.squareRoot()
    return (Double(index / 5 * 2 - 4) / scale, Double(index % 5 * 2 - 4) / scale)
  }
  /// The standard deviation around each center of the grid.
  public static let gridDeviation = 0.05 / (2 * 2.0.squareRoot())

  /// A mixture of eight Gaussians on a circle of radius 2, σ = 0.1; float32 `(count, 2)`, labeled
  /// by mode.
  public static func ring(count: Int, seed: UInt64) -> Dataset {
    mixture(of: ringCenters, deviation: ringDeviation, count: count, seed: seed)
  }

  /// A mixture of 25 Gaussians on a square grid, σ = 0.05/(2√2); float32 `(count, 2)`, labeled by
  /// mode.
  public static func grid(count: Int, seed: UInt64) -> Dataset {
    mixture(of: gridCenters, deviation: gridDeviation, count: count, seed: seed)
  }

  /// Two half circles, (cos t, sin t) and (1 − cos t, ½ − sin t) with t ~ U(0, π) and noise 0.1,
  /// centered and scaled to unit size; float32 `(count, 2)`, labeled by arm.
  public static func twoMoons(count: Int, seed: UInt64) -> Dataset {
    var random = RandomStream(seed: seed)
    var values: [Float] = []
    var labels: [Int] = []
    for _ in 0..<count {
      let arm = random.below(2)
      let angle = Double.pi * random.uniform()
      let x = arm == 0 ? cos(angle) : 1 - cos(angle)
      let y = arm == 0 ? sin(angle) : 0.5 - sin(angle)
      values.append(Float((x + 0.1 * random.normal() - 0.5) / 0.85))
      values.append(Float((y + 0.1 * random.normal() - 0.25) / 0.5))
      labels.append(arm)
    }
    return Dataset(inputs: Tensor(values, shape: [count, 2]), labels: Tensor(labels))
  }

  /// Soft discs, rings, squares and crosses of random place, size and brightness: float32
  /// `(count, 1, 16, 16)` in [−1, 1], labeled by shape.
  ///
  /// With s(t) = σ(2t) and ρ the distance from the center: disc s(r − ρ), ring
  /// exp(−(ρ − r)²/(2·0.8²)), square s(r − max(|dx|, |dy|)), cross the larger of
  /// s(1 − |dx|)·s(r − |dy|) and s(1 − |dy|)·s(r − |dx|); the image is 2·a·v − 1.
  public static func shapes(count: Int, seed: UInt64) -> Dataset {
    func step(_ t: Double) -> Double { 1 / (1 + exp(-2 * t)) }
    var random = RandomStream(seed: seed)
    var values: [Float] = []
    values.reserveCapacity(count * 256)
    var labels: [Int] = []
    for _ in 0..<count {
      let shape = random.below(4)
      let centerX = 4 + 7 * random.uniform()
      let centerY = 4 + 7 * random.uniform()
      let radius = 2 + 2.5 * random.uniform()
      let amplitude = 0.6 + 0.4 * random.uniform()
      for row in 0..<16 {
        for column in 0..<16 {
          let dx = Double(column) - centerX
          let dy = Double(row) - centerY
          let distance = (dx * dx + dy * dy).squareRoot()
          let value =
            switch shape {
            case 0: step(radius - distance)
            case 1: exp(-(distance - radius) * (distance - radius) / (2 * 0.8 * 0.8))
            case 2: step(radius - max(abs(dx), abs(dy)))
            default:
              max(
                step(1 - abs(dx)) * step(radius - abs(dy)),
                step(1 - abs(dy)) * step(radius - abs(dx)))
            }
          values.append(Float(2 * amplitude * value - 1))
        }
      }
      labels.append(shape)
    }
    return Dataset(
      inputs: Tensor(values, shape: [count, 1, 16, 16]), labels: Tensor(labels),
      classNames: ["disc", "ring", "square", "cross"])
  }

  private static func mixture(
    of centers: [(x: Double, y: Double)], deviation: Double, count: Int, seed: UInt64
  ) -> Dataset {
    var random = RandomStream(seed: seed)
    var values: [Float] = []
    var labels: [Int] = []
    for _ in 0..<count {
      let mode = random.below(centers.count)
      values.append(Float(centers[mode].x + deviation * random.normal()))
      values.append(Float(centers[mode].y + deviation * random.normal()))
      labels.append(mode)
    }
    return Dataset(inputs: Tensor(values, shape: [count, 2]), labels: Tensor(labels))
  }
}

import CVectorKernels
import Messages
import Parallel

/// What can be measured of vectors on the sphere whose classes are known.
public enum SphericalMeasurements {
  /// The largest |‖x‖ − 1| over all vectors.
  public static func largestNormError(_ vectors: VectorTable) -> Double {
    (0..<vectors.count).map { row in
      abs(vectors[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() - 1)
    }.max() ?? 0
  }

  /// Mean cosines of pairs of one class and of pairs of two classes.
  public struct Gap: Sendable, Equatable {
    public let within: Double
    public let across: Double
    public var difference: Double { within - across }
  }

  /// The mean cosines over all pairs; vectors of class `nil` are left out. Summed class by class:
  /// the pairs of a set of unit vectors with sum S have cosines of (‖S‖² − n)/2 in all.
  ///
  /// - Parameter classes: one for each vector, at least two different, one of them twice.
  public static func gap(_ vectors: VectorTable, classes: [Int?]) -> Gap {
    require(
      classes.count == vectors.count,
      "gap expected \(vectors.count) classes, received \(classes.count)")
    var sums: [Int: (sum: [Double], squares: Double, count: Double)] = [:]
    for (row, label) in classes.enumerated() {
      guard let label else { continue }
      let scale = Double(inverseNorm(vectors[row]))
      var entry =
        sums[label] ?? ([Double](repeating: 0, count: vectors.dimension), 0, 0)
      for (k, value) in vectors[row].enumerated() { entry.sum[k] += Double(value) * scale }
      if scale > 0 { entry.squares += 1 }
      entry.count += 1
      sums[label] = entry
    }
    func square(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
    var total = [Double](repeating: 0, count: vectors.dimension)
    var (withinSum, withinPairs, squares, count) = (0.0, 0.0, 0.0, 0.0)
    for (_, entry) in sums.sorted(by: { $0.key < $1.key }) {
      for k in total.indices { total[k] += entry.sum[k] }
      withinSum += (square(entry.sum) - entry.squares) / 2
      withinPairs += entry.count * (entry.count - 1) / 2
      squares += entry.squares
      count += entry.count
    }
    let allPairs = count * (count - 1) / 2
    let allSum = (square(total) - squares) / 2
    return Gap(
      within: withinSum / max(1, withinPairs),
      across: (allSum - withinSum) / max(1, allPairs - withinPairs))
  }

  /// The share of vectors whose nearest other vector is of their class.
  public static func neighborAccuracy(
    _ vectors: VectorTable, classes: [Int], threads: Int = defaultThreadCount
  ) throws -> Double {
    let nearest = try ExactNeighbors(vectors).nearestToRows(count: 1, threads: threads)
    let right = zip(nearest, classes).filter { neighbors, label in
      neighbors.first.map { classes[$0.row] == label } ?? false
    }
    return Double(right.count) / Double(max(1, vectors.count))
  }

  /// What random steps on the sphere show of the update x ← unit(x + c·(I − xxᵀ)g).
  public struct StepCheck: Sendable, Equatable {
    /// The largest |x·(I − xxᵀ)g|: how far the direction is from the tangent space.
    public var tangency = 0.0
    /// The largest distance of the direction from −‖θ‖ times the gradient of the loss with respect
    /// to an unconstrained θ, x = θ/‖θ‖ (by central differences).
    public var parametrization = 0.0
    /// The largest difference of an element between the fused closed-form step that trains and the
    /// step by its definition in double precision.
    public var closedForm = 0.0
  }

  /// Checks `samples` random steps of the hinge max(0, m − u·v + n·v) on its position vector u.
  public static func checkSteps(
    samples: Int, dimension: Int, rate: Float = 0.04, seed: UInt64
  ) throws -> StepCheck {
    var random = RandomStream(seed: seed)
    var check = StepCheck()
    let words = try RowTable(rows: 3, dimension: dimension)
    let contexts = try RowTable(rows: 1, dimension: dimension)
    for _ in 0..<samples {
      func unitRow(_ row: UnsafeMutablePointer<Float>) -> [Double] {
        for k in 0..<dimension { row[k] = Float(random.normal()) }
        vectorKernels().pointee.normalize(row, words.stride)
        let values = (0..<dimension).map { Double(row[$0]) }
        let norm = dot(values, values).squareRoot()
        return values.map { $0 / norm }
      }
      let u = unitRow(words.row(1))
      _ = unitRow(words.row(2))
      let v = unitRow(contexts.row(0))
      let f = dot(u, v)
      let tangent = zip(u, v).map { $1 - f * $0 }
      check.tangency = max(check.tangency, abs(dot(u, tangent)))
      let theta = u.map { $0 * 1.7 }
      for k in 0..<min(dimension, 8) {
        // The loss falls as cos(θ, v) rises.
        let slope = (cosine(theta, moving: k, by: 1e-5, v) - cosine(theta, moving: k, by: -1e-5, v))
        check.parametrization = max(
          check.parametrization, abs(tangent[k] - 1.7 * slope / 2e-5))
      }
      step(words: words, contexts: contexts, rate: rate)
      let moved = zip(u, tangent).map { $0 + Double(rate) * (1 - f) * $1 }
      let norm = dot(moved, moved).squareRoot()
      for k in 0..<dimension {
        check.closedForm = max(
          check.closedForm, abs(moved[k] / norm - Double(words.row(1)[k])))
      }
    }
    return check
  }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func cosine(
    _ theta: [Double], moving index: Int, by change: Double, _ v: [Double]
  ) -> Double {
    var theta = theta
    theta[index] += change
    return dot(theta, v) / dot(theta, theta).squareRoot()
  }

  /// One step of the kernel: word 0 with context row 0, neighbor 1, negative 2, always active.
  private static func step(words: RowTable, contexts: RowTable, rate: Float) {
    withUnsafePointer(to: UInt32(1)) { center in
      withUnsafePointer(to: UInt32(2)) { negative in
        var position = VectorPosition(
          words: words.base, contexts: contexts.base, document: nil, stride: words.stride,
          word: 0, centers: center, centreCount: 1, negatives: negative, negativeCount: 1,
          negativeStep: 1, rate: rate, margin: 3, scratch: nil)
        vectorKernels().pointee.sphericalSeparate(&position)
      }
    }
  }
}

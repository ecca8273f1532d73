import CVectorKernels
import Foundation
import Messages
import Parallel

/// A division of vectors into clusters by cosine.
public struct SphericalClusters: Sendable {
  /// The cluster of each row, from 0.
  public var assignments: [Int]
  /// Unit vectors, shape `(k, dimension)`.
  public var centroids: [Float]
  /// Σ cosine of each row with its centroid: what is maximized.
  public var objective: Double
  /// Rounds of the best trial until nothing changed.
  public var rounds: Int
}

/// Spherical k-means (Dhillon and Modha 2001): rows go to the centroid of greatest cosine, and a
/// centroid is the normalized sum of its rows. The start is k-means++ with the distance 1 − cosine.
/// The result depends on the seed, not on the number of threads.
public struct SphericalKMeans: Sendable {
  /// How the first centroids are chosen.
  public enum Start: Sendable {
    /// k-means++ (Arthur and Vassilvitskii 2007): k passes over the rows.
    case spread
    /// Random rows: quick where k is large.
    case random
  }

  public var k: Int
  public var start = Start.spread
  /// Trials from different starts, of which the best is kept.
  public var trials = 1
  public var maximumRounds = 100
  public var seed: UInt64 = 1
  public var threads = 1

  public init(k: Int) { self.k = k }

  /// Throws `OptionError` if there are fewer rows than clusters.
  public func cluster(
    _ vectors: VectorTable, work: Work = .silent
  ) throws -> SphericalClusters {
    guard k >= 1, k <= vectors.count else {
      throw OptionError("k", expected: "from 1 to the \(vectors.count) vectors", received: k)
    }
    let unit = vectors.normalized
    return try work.phase("clustering", of: trials * maximumRounds, unit: "rounds") { phase in
      var best: SphericalClusters?
      for trial in 0..<max(1, trials) {
        var random = RandomStream(seed: seed, stream: UInt64(trial))
        let rows = try startRows(unit, &random, phase)
        let found = try improve(unit, from: rows, phase, work)
        if found.objective > best?.objective ?? -.infinity { best = found }
      }
      guard let best else { throw InputError("no trial of k-means succeeded") }
      return best
    }
  }

  /// The rows that the first centroids are.
  private func startRows(
    _ unit: VectorTable, _ random: inout RandomStream, _ phase: Work.Phase
  ) throws -> [Int] {
    switch start {
    case .random:
      var rows = Array(0..<unit.count)
      for index in 0..<k { rows.swapAt(index, index + random.below(rows.count - index)) }
      return Array(rows[..<k])
    case .spread:
      var chosen = [random.below(unit.count)]
      var distance = [Double](repeating: .infinity, count: unit.count)
      while chosen.count < k {
        try phase.check()
        let last = unit[chosen[chosen.count - 1]]
        var total = 0.0
        for row in 0..<unit.count {
          let cosine = zip(unit[row], last).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          distance[row] = min(distance[row], max(0, 1 - Double(cosine)))
          total += distance[row]
        }
        var target = random.uniform() * total
        var next = unit.count - 1
        for row in 0..<unit.count where distance[row] > 0 {
          target -= distance[row]
          next = row
          if target < 0 { break }
        }
        chosen.append(next)
      }
      return chosen
    }
  }

  private func improve(
    _ unit: VectorTable, from rows: [Int], _ phase: Work.Phase, _ work: Work
  ) throws -> SphericalClusters {
    var centroids = rows.flatMap { unit[$0] }
    var assignments = [Int](repeating: -1, count: unit.count)
    var objective = 0.0
    for round in 1...max(1, maximumRounds) {
      let nearest = try ExactNeighbors(matrix: centroids, dimension: unit.dimension)
        .nearest(to: unit.matrix, count: 1, threads: threads, work: work)
        .map { $0[0] }
      let moved = zip(nearest, assignments).filter { $0.row != $1 }.count
      assignments = nearest.map(\.row)
      objective = nearest.reduce(0) { $0 + Double($1.similarity) }
      try phase.advance(note: "mean cosine \(Float(objective / Double(unit.count)))")
      if moved == 0 || round == maximumRounds {
        return SphericalClusters(
          assignments: assignments, centroids: centroids, objective: objective, rounds: round)
      }
      centroids = newCentroids(unit, nearest)
    }
    return SphericalClusters(
      assignments: assignments, centroids: centroids, objective: objective, rounds: 0)
  }

  /// The normalized sums of the clusters' rows; an empty cluster takes the row that fits worst.
  private func newCentroids(_ unit: VectorTable, _ nearest: [Neighbor]) -> [Float] {
    let dimension = unit.dimension
    var sums = [Double](repeating: 0, count: k * dimension)
    var sizes = [Int](repeating: 0, count: k)
    for (row, neighbor) in nearest.enumerated() {
      sizes[neighbor.row] += 1
      let start = neighbor.row * dimension
      for (index, value) in unit[row].enumerated() { sums[start + index] += Double(value) }
    }
    if sizes.contains(0) {
      var worst = nearest.indices.sorted { nearest[$0].similarity < nearest[$1].similarity }[...]
      for cluster in 0..<k where sizes[cluster] == 0 {
        guard let row = worst.popFirst() else { break }
        for (index, value) in unit[row].enumerated() {
          sums[cluster * dimension + index] = Double(value)
        }
      }
    }
    var centroids = [Float](repeating: 0, count: k * dimension)
    for cluster in 0..<k {
      let range = cluster * dimension..<(cluster + 1) * dimension
      let norm = sums[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard norm > 0 else { continue }
      for index in range { centroids[index] = Float(sums[index] / norm) }
    }
    return centroids
  }
}

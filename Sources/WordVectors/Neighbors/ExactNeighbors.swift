import CVectorKernels
import Foundation
import Messages
import Parallel

/// A row that a search found, and its cosine with the query.
public struct Neighbor: Sendable, Equatable {
  public var row: Int
  public var similarity: Float

  public init(row: Int, similarity: Float) {
    self.row = row
    self.similarity = similarity
  }
}

/// Exact nearest neighbors by cosine: a blocked matrix product of queries and rows that never
/// stores its result. Scores stay in registers, and only those above the query's k-th best so far
/// leave them.
///
/// Rows of equal score stand in the order of their numbers; results do not depend on the number of
/// threads.
public final class ExactNeighbors: Sendable {
  public let rowCount: Int
  public let dimension: Int
  private let panels: RowPanels

  /// Copies and normalizes `matrix`, shape `(rows, dimension)`.
  public init(matrix: [Float], dimension: Int) {
    require(
      dimension > 0 && matrix.count % dimension == 0,
      "ExactNeighbors expected rows of \(dimension) numbers, received \(matrix.count) numbers")
    self.dimension = dimension
    rowCount = matrix.count / dimension
    panels = RowPanels(matrix: matrix, dimension: dimension)
  }

  public convenience init(_ vectors: VectorTable) {
    self.init(matrix: vectors.matrix, dimension: vectors.dimension)
  }

  /// The `count` nearest rows of each query, the nearest first.
  ///
  /// - Parameters:
  ///   - queries: shape `(n, dimension)`, of any lengths: cosines are returned.
  ///   - minimumSimilarity: rows below it are left out.
  ///   - excludedRows: for each query a row that must not be found (its own), or `nil`.
  /// - Returns: for each query at most `count` neighbors.
  public func nearest(
    to queries: [Float], count: Int, minimumSimilarity: Float = -.infinity,
    excludedRows: [Int?] = [], threads: Int = defaultThreadCount,
    work: Work = .silent
  ) throws -> [[Neighbor]] {
    require(
      queries.count % dimension == 0 && count > 0,
      "nearest expected rows of \(dimension) numbers and a positive count, received \(queries.count) "
        + "numbers, count \(count)")
    let queryCount = queries.count / dimension
    // A chunk's queries share each block of rows while it is in the cache.
    let chunk = 240
    let parts = try parallelMap(count: (queryCount + chunk - 1) / chunk, threads: threads) { part in
      try work.check()
      let range = part * chunk..<min(queryCount, (part + 1) * chunk)
      let collector = NeighborCollector(
        queries: queries[range.lowerBound * self.dimension..<range.upperBound * self.dimension],
        dimension: self.dimension, count: count, minimumSimilarity: minimumSimilarity,
        excludedRows: range.map { $0 < excludedRows.count ? excludedRows[$0] : nil })
      collector.search(self.panels)
      return collector.results()
    }
    return Array(parts.joined())
  }

  /// The `count` nearest other rows of every row of `rows` (all rows if `nil`).
  public func nearestToRows(
    _ rows: [Int]? = nil, count: Int, minimumSimilarity: Float = -.infinity,
    threads: Int = defaultThreadCount, work: Work = .silent
  ) throws -> [[Neighbor]] {
    let rows = rows ?? Array(0..<rowCount)
    return try nearest(
      to: panels.rows(rows), count: count, minimumSimilarity: minimumSimilarity,
      excludedRows: rows, threads: threads, work: work)
  }
}

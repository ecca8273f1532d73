import Parallel

/// Nearest neighbors by cosine among the rows of a few clusters (an inverted file; Jégou, Douze and
/// Schmid 2011): a few percent of the work of an exact search for most of its results. Scores are
/// exact; what may be missing is a row in a cluster that was not looked at.
///
/// Queries of one cluster look at the same clusters, those nearest to their own, so that they are
/// multiplied together, and each keeps one list whose bound rises from cluster to cluster.
public final class ApproximateNeighbors: Sendable {
  public let dimension: Int
  public let rowCount: Int
  private let centroids: ExactNeighbors
  private let lists: [RowPanels]
  /// Rows sorted by cluster; those of cluster `c` are `starts[c]..<starts[c + 1]`.
  private let order: [Int]
  private let starts: [Int]

  /// Divides the rows into `clusterCount` clusters; √n × 2 if `nil`.
  public init(
    _ vectors: VectorTable, clusterCount: Int? = nil, rounds: Int = 8, seed: UInt64 = 1,
    threads: Int = defaultThreadCount, work: Work = .silent
  ) throws {
    let automatic = Int(2 * Double(vectors.count).squareRoot())
    var means = SphericalKMeans(k: max(1, min(clusterCount ?? automatic, vectors.count)))
    means.start = .random
    means.maximumRounds = rounds
    means.seed = seed
    means.threads = threads
    let clusters = try means.cluster(vectors, work: work)
    var members = [[Int]](repeating: [], count: means.k)
    for (row, cluster) in clusters.assignments.enumerated() { members[cluster].append(row) }
    order = Array(members.joined())
    starts = members.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    dimension = vectors.dimension
    rowCount = vectors.count
    centroids = ExactNeighbors(matrix: clusters.centroids, dimension: vectors.dimension)
    lists = members.map {
      RowPanels(matrix: vectors.matrix, dimension: vectors.dimension, selection: $0)
    }
  }

  public var clusterCount: Int { lists.count }

  /// The nearest rows of each query among those of the `probes` clusters nearest to its own, the
  /// nearest first; rows of equal score by their numbers.
  ///
  /// - Parameter excludedRows: for each query a row that must not be found (its own), or `nil`.
  public func nearest(
    to queries: [Float], count: Int, probes: Int = 64, minimumSimilarity: Float = -.infinity,
    excludedRows: [Int?] = [], threads: Int = defaultThreadCount,
    work: Work = .silent
  ) throws -> [[Neighbor]] {
    let homes = try centroids.nearest(
      to: queries, count: 1, threads: threads, work: work)
    var members = [[Int]](repeating: [], count: clusterCount)
    for (query, home) in homes.enumerated() { members[home[0].row].append(query) }
    let probed = try centroids.nearestToRows(
      count: max(1, min(probes, clusterCount) - 1), threads: threads, work: work)
    // A part is at most this many queries of one cluster; their lists fit the cache.
    let chunk = 240
    let parts = members.enumerated().flatMap { cluster, queries in
      stride(from: 0, to: queries.count, by: chunk).map { first in
        (home: cluster, queries: Array(queries[first..<min(queries.count, first + chunk)]))
      }
    }
    let found = try parallelMap(count: parts.count, threads: threads) { index in
      try work.check()
      let part = parts[index]
      let collector = NeighborCollector(
        queries: part.queries.flatMap {
          queries[$0 * self.dimension..<($0 + 1) * self.dimension]
        }[...],
        dimension: self.dimension, count: count, minimumSimilarity: minimumSimilarity,
        excludedRows: [])
      let others = probes > 1 ? probed[part.home].map(\.row) : []
      for cluster in [part.home] + others {
        collector.search(self.lists[cluster], firstRow: self.starts[cluster])
      }
      return zip(part.queries, collector.results(extra: 1)).map { query, neighbors in
        let excluded = query < excludedRows.count ? excludedRows[query] : nil
        return Array(
          neighbors.map { Neighbor(row: self.order[$0.row], similarity: $0.similarity) }
            .filter { $0.row != excluded }
            .sorted { ($1.similarity, $0.row) < ($0.similarity, $1.row) }.prefix(count))
      }
    }
    var result = [[Neighbor]](repeating: [], count: homes.count)
    for (part, lists) in zip(parts, found) {
      for (query, neighbors) in zip(part.queries, lists) { result[query] = neighbors }
    }
    return result
  }
}

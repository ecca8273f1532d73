import Parallel

/// Nearest neighbours by cosine among the rows of the clusters nearest to a query (an inverted file;
/// Jégou, Douze and Schmid 2011): a few percent of the work of an exact search for most of its
/// results. Scores are exact; what may be missing is a row in a cluster that was not looked at.
public final class ApproximateNeighbors: Sendable {
  public let dimension: Int
  public let rowCount: Int
  private let centroids: ExactNeighbors
  private let lists: [RowPanels]
  private let rows: [[Int]]

  /// Divides the rows into `clusterCount` clusters; √n × 2 if `nil`.
  public init(
    _ vectors: WordVectors, clusterCount: Int? = nil, rounds: Int = 8, seed: UInt64 = 1,
    threads: Int = defaultThreadCount, progress: any ProgressReporter = SilentProgress(),
    cancellation: Cancellation = Cancellation()
  ) throws {
    let automatic = Int(2 * Double(vectors.count).squareRoot())
    var means = SphericalKMeans(k: max(1, min(clusterCount ?? automatic, vectors.count)))
    means.start = .random
    means.maximumRounds = rounds
    means.seed = seed
    means.threads = threads
    let clusters = try means.cluster(vectors, progress: progress, cancellation: cancellation)
    var members = [[Int]](repeating: [], count: means.k)
    for (row, cluster) in clusters.assignments.enumerated() { members[cluster].append(row) }
    rows = members
    dimension = vectors.dimension
    rowCount = vectors.count
    centroids = ExactNeighbors(matrix: clusters.centroids, dimension: vectors.dimension)
    lists = members.map {
      RowPanels(matrix: vectors.matrix, dimension: vectors.dimension, selection: $0)
    }
  }

  public var clusterCount: Int { lists.count }

  /// The nearest rows of each query that lie in its `probes` nearest clusters, the nearest first.
  public func nearest(
    to queries: [Float], count: Int, probes: Int = 16, minimumSimilarity: Float = -.infinity,
    excludedRows: [Int?] = [], threads: Int = defaultThreadCount,
    cancellation: Cancellation = Cancellation()
  ) throws -> [[Neighbor]] {
    let nearestClusters = try centroids.nearest(
      to: queries, count: min(probes, clusterCount), threads: threads, cancellation: cancellation)
    // Queries that look at the same cluster are multiplied with it together.
    var visitors = [[Int]](repeating: [], count: clusterCount)
    for (query, clusters) in nearestClusters.enumerated() {
      for cluster in clusters { visitors[cluster.row].append(query) }
    }
    let visits = visitors
    let found = try parallelMap(count: clusterCount, threads: threads) { cluster in
      try cancellation.check()
      guard !visits[cluster].isEmpty, !self.rows[cluster].isEmpty else { return [[Neighbor]]() }
      let values = visits[cluster].flatMap {
        queries[$0 * self.dimension..<($0 + 1) * self.dimension]
      }
      let collector = NeighborCollector(
        queries: values[...], dimension: self.dimension,
        count: count + (excludedRows.isEmpty ? 0 : 1), minimumSimilarity: minimumSimilarity,
        excludedRows: [])
      collector.search(self.lists[cluster])
      return collector.results().map { neighbors in
        neighbors.map { Neighbor(row: self.rows[cluster][$0.row], similarity: $0.similarity) }
      }
    }
    // Each list's k-th best bounds the overall k-th best from below: most candidates end there.
    var bounds = [Float](repeating: -.infinity, count: nearestClusters.count)
    let rank = count - 1 + (excludedRows.isEmpty ? 0 : 1)
    for (cluster, lists) in found.enumerated() {
      for (query, neighbors) in zip(visits[cluster], lists) where neighbors.count > rank {
        bounds[query] = max(bounds[query], neighbors[rank].similarity)
      }
    }
    var merged = [[Neighbor]](repeating: [], count: nearestClusters.count)
    for (cluster, lists) in found.enumerated() {
      for (query, neighbors) in zip(visits[cluster], lists) {
        let excluded = query < excludedRows.count ? excludedRows[query] : nil
        let bound = bounds[query]
        merged[query] += neighbors.lazy.prefix { $0.similarity >= bound }
          .filter { $0.row != excluded }
      }
    }
    return merged.map { neighbors in
      Array(
        neighbors.sorted {
          $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.row < $1.row
        }.prefix(count))
    }
  }
}

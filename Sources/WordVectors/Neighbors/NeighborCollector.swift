import CVectorKernels

/// The best rows so far of a few queries, fed panel by panel.
final class NeighborCollector {
  /// Rows per call of the kernel: at dimension 100 a block is 200 KiB and stays in the cache.
  private static let blockPanels = 32

  private let kernels = vectorKernels().pointee
  private let queryCount: Int
  private let count: Int
  private let dimension: Int
  private let tile: Int
  private let tileCount: Int
  private let capacity: Int
  /// Queries in groups of `tile`, element k of a group's queries together.
  private let packed: UnsafeMutablePointer<Float>
  private let bounds: UnsafeMutablePointer<Float>
  private let counts: UnsafeMutablePointer<Int>
  private let candidates: UnsafeMutablePointer<VectorCandidate>
  private let lists: UnsafeMutablePointer<UnsafeMutablePointer<VectorCandidate>>
  private let excludedRows: [Int?]
  private var keys: [UInt64] = []

  init(
    queries: ArraySlice<Float>, dimension: Int, count: Int, minimumSimilarity: Float,
    excludedRows: [Int?]
  ) {
    self.dimension = dimension
    self.excludedRows = excludedRows
    queryCount = queries.count / dimension
    // One more, for the excluded row.
    self.count = count + 1
    tile = kernels.searchTile
    tileCount = (queryCount + tile - 1) / tile
    capacity = 2 * self.count + 64 + Self.blockPanels * RowPanels.width
    let slots = tileCount * tile
    packed = .allocate(capacity: max(1, slots * dimension))
    packed.initialize(repeating: 0, count: slots * dimension)
    bounds = .allocate(capacity: max(1, slots))
    counts = .allocate(capacity: max(1, slots))
    counts.initialize(repeating: 0, count: slots)
    candidates = .allocate(capacity: max(1, slots * capacity))
    lists = .allocate(capacity: max(1, slots))
    for slot in 0..<slots {
      lists[slot] = candidates + slot * capacity
      // A score must exceed its bound, so that the bound is just below what is wanted; groups are
      // filled up with queries that want nothing.
      bounds[slot] = slot < queryCount ? minimumSimilarity.nextDown : .infinity
    }
    for query in 0..<queryCount {
      let values = queries[
        queries.startIndex + query * dimension..<queries.startIndex + (query + 1) * dimension]
      let scale = inverseNorm(values)
      let start = packed + query / tile * tile * dimension + query % tile
      for (k, value) in values.enumerated() { start[k * tile] = value * scale }
    }
  }

  deinit {
    packed.deallocate()
    bounds.deallocate()
    counts.deallocate()
    candidates.deallocate()
    lists.deallocate()
  }

  /// Offers all rows of `panels`, numbered from `firstRow`.
  func search(_ panels: RowPanels, firstRow: Int = 0) {
    var block = 0
    while block < panels.panelCount {
      let blockCount = min(Self.blockPanels, panels.panelCount - block)
      for group in 0..<tileCount {
        let first = group * tile
        var search = VectorSearch(
          panels: panels.base + block * dimension * RowPanels.width, panelCount: blockCount,
          dimension: dimension, queries: packed + first * dimension, bounds: bounds + first,
          candidates: lists + first, counts: counts + first,
          firstRow: UInt32(firstRow + block * RowPanels.width),
          endRow: UInt32(firstRow + panels.rowCount))
        kernels.search(&search)
        for query in first..<first + tile
        where counts[query] + Self.blockPanels * RowPanels.width > capacity {
          keepBest(query)
        }
      }
      block += blockCount
    }
  }

  /// For each query its best rows, the best first; up to `extra` more than were asked for (1 at most),
  /// for a caller who drops the excluded row itself.
  func results(extra: Int = 0) -> [[Neighbor]] {
    (0..<queryCount).map { query in
      // Selecting is linear; only what is kept is sorted.
      if counts[query] > count { keepBest(query) }
      let found = (0..<counts[query]).map { candidates[query * capacity + $0] }
      let excluded = excludedRows.isEmpty ? nil : excludedRows[query]
      return found.sorted { Self.key($0) > Self.key($1) }
        .lazy.map { Neighbor(row: Int($0.row), similarity: $0.score) }
        .filter { $0.row != excluded }
        .prefix(count - 1 + extra).map { $0 }
    }
  }

  /// Orders candidates by score, then by row, as one integer.
  private static func key(_ candidate: VectorCandidate) -> UInt64 {
    let bits = candidate.score.bitPattern
    let ordered = bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000
    return UInt64(ordered) << 32 | UInt64(~candidate.row)
  }

  /// Drops all but the best `count` candidates of a query, and raises its bound to the last of them.
  private func keepBest(_ query: Int) {
    let list = candidates + query * capacity
    keys.removeAll(keepingCapacity: true)
    for index in 0..<counts[query] { keys.append(Self.key(list[index])) }
    let limit = Self.select(&keys, rank: count - 1)
    var kept = 0
    for index in 0..<counts[query] where Self.key(list[index]) >= limit {
      list[kept] = list[index]
      if Self.key(list[kept]) == limit { bounds[query] = list[kept].score }
      kept += 1
    }
    counts[query] = kept
  }

  /// The key of rank `rank` in descending order (Hoare's selection).
  private static func select(_ keys: inout [UInt64], rank: Int) -> UInt64 {
    keys.withUnsafeMutableBufferPointer { keys in
      var low = 0
      var high = keys.count - 1
      while low < high {
        let pivot = keys[low + (high - low) / 2]
        var left = low
        var right = high
        while left <= right {
          while keys[left] > pivot { left += 1 }
          while keys[right] < pivot { right -= 1 }
          if left <= right {
            keys.swapAt(left, right)
            left += 1
            right -= 1
          }
        }
        if rank <= right {
          high = right
        } else if rank >= left {
          low = left
        } else {
          break
        }
      }
      return keys[rank]
    }
  }
}

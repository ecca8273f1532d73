import Parallel

/// The k nearest training rows vote (Cover and Hart 1967); distances are Euclidean, which for rows of length
/// 1 orders as the cosine does. Every row is compared, through the columns it shares.
public struct NearestNeighbors: Sendable {
  let neighborCount: Int
  /// Votes are divided by the distance.
  let isWeighted: Bool
  let rows: SparseMatrix
  let targets: Targets
  private let byColumn: SparseMatrix
  private let squares: [Double]

  public init(
    _ rows: SparseMatrix, _ targets: Targets, neighborCount: Int = 5, isWeighted: Bool = false
  ) {
    self.rows = rows
    self.targets = targets
    self.neighborCount = neighborCount
    self.isWeighted = isWeighted
    byColumn = rows.transposed()
    squares = rows.squaredLengths
  }

  var width: Int { if case .classes(_, let count) = targets { count } else { 1 } }

  public func values(_ queries: SparseMatrix) -> [Double] {
    var result = [Double](repeating: 0, count: queries.rowCount * width)
    var products = [Double](repeating: 0, count: rows.rowCount)
    let wanted = min(neighborCount, rows.rowCount)
    for query in 0..<queries.rowCount {
      for index in products.indices { products[index] = 0 }
      var square = 0.0
      for index in queries.range(query) {
        let value = Double(queries.values[index])
        square += value * value
        for place in byColumn.range(Int(queries.columns[index])) {
          products[Int(byColumn.columns[place])] += value * Double(byColumn.values[place])
        }
      }
      // The nearest so far, the farthest of them last; earlier rows first where distances are equal.
      var nearest: [(distance: Double, row: Int)] = []
      for row in products.indices {
        let distance = max(0, square + squares[row] - 2 * products[row])
        if nearest.count == wanted, distance >= nearest[wanted - 1].distance { continue }
        var place = nearest.count
        while place > 0, nearest[place - 1].distance > distance { place -= 1 }
        nearest.insert((distance, row), at: place)
        if nearest.count > wanted { nearest.removeLast() }
      }
      let exact = isWeighted ? nearest.filter { $0.distance <= 1e-12 } : []
      let voters = exact.isEmpty ? nearest : exact
      var total = 0.0
      for (distance, row) in voters {
        let vote = isWeighted && exact.isEmpty ? 1 / distance.squareRoot() : 1
        total += vote
        switch targets {
        case .classes(let classes, _): result[query * width + Int(classes[row])] += vote
        case .numbers(let values): result[query] += vote * values[row]
        }
      }
      for c in 0..<width { result[query * width + c] /= total }
    }
    return result
  }
}

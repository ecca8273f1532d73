import CVectorKernels
import Parallel
import Testing

@testable import WordVectors

/// Rows of independent normal numbers.
func randomMatrix(rows: Int, dimension: Int, seed: UInt64) -> [Float] {
  var random = RandomStream(seed: seed)
  return (0..<rows * dimension).map { _ in Float(random.normal()) }
}

@Suite struct ExactNeighborsTests {
  func bruteForce(
    _ vectors: VectorTable, query: Int, count: Int
  ) -> [Neighbor] {
    Array(
      (0..<vectors.count).filter { $0 != query }
        .map { Neighbor(row: $0, similarity: vectors.cosine(query, $0)) }
        .sorted { $0.similarity > $1.similarity }.prefix(count))
  }

  @Test(arguments: [(1, 3, 1), (17, 5, 4), (700, 33, 10), (3000, 8, 50)])
  func agreesWithBruteForce(rows: Int, dimension: Int, count: Int) throws {
    let vectors = VectorTable(
      words: (0..<rows).map(String.init), dimension: dimension,
      matrix: randomMatrix(rows: rows, dimension: dimension, seed: 3))
    let found = try ExactNeighbors(vectors).nearestToRows(count: count, threads: 2)
    #expect(found.count == rows)
    for query in stride(from: 0, to: rows, by: max(1, rows / 50)) {
      let expected = bruteForce(vectors, query: query, count: count)
      #expect(found[query].count == expected.count)
      for (a, b) in zip(found[query], expected) {
        #expect(abs(a.similarity - b.similarity) < 1e-5)
        #expect(abs(vectors.cosine(query, a.row) - b.similarity) < 1e-5)
      }
    }
  }

  @Test func boundsExclusionsAndTies() throws {
    // Four equal rows, one opposite, one zero.
    let matrix: [Float] = [1, 0, 2, 0, 3, 0, 4, 0, -1, 0, 0, 0]
    let neighbors = ExactNeighbors(matrix: matrix, dimension: 2)
    let all = try neighbors.nearest(to: [5, 0], count: 10)
    #expect(all[0].map(\.row) == [0, 1, 2, 3, 5, 4])
    #expect(all[0].map(\.similarity) == [1, 1, 1, 1, 0, -1])
    let some = try neighbors.nearest(
      to: [5, 0], count: 2, minimumSimilarity: 1, excludedRows: [1])
    #expect(some[0].map(\.row) == [0, 2])
    let none = try neighbors.nearest(to: [0, 1], count: 2, minimumSimilarity: 0.5)
    #expect(none[0].isEmpty)
  }

  @Test func threadsDoNotChangeTheResult() throws {
    let neighbors = ExactNeighbors(
      matrix: randomMatrix(rows: 1000, dimension: 20, seed: 5), dimension: 20)
    let one = try neighbors.nearestToRows(count: 20, threads: 1)
    #expect(try neighbors.nearestToRows(count: 20, threads: 4) == one)
  }
}

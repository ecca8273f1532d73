import Formats
import Foundation
import Messages
import Parallel
import Testing

@testable import WordVectors

@Suite struct ClusteringTests {
  /// Values of scikit-learn 1.9: mutual_info_score, normalized_mutual_info_score,
  /// adjusted_rand_score.
  @Test func agreementIsThatOfTheField() {
    let clusters = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    let classes = [5, 5, 7, 7, 7, 7, 9, 9, 5, 9]
    let agreement = ClusterAgreement(clusters: clusters, classes: classes)
    #expect(abs(agreement.mutualInformation - 0.6730116670092566) < 1e-12)
    #expect(abs(agreement.normalizedMutualInformation - 0.6180656462921543) < 1e-12)
    #expect(abs(agreement.adjustedRandIndex - 0.4318181818181818) < 1e-12)
    #expect(agreement.purity == 0.8)
  }

  @Test func extremesOfAgreement() {
    let same = ClusterAgreement(clusters: [0, 0, 1, 2], classes: [3, 3, 1, 0])
    #expect(same.normalizedMutualInformation == 1)
    #expect(same.adjustedRandIndex == 1)
    #expect(same.purity == 1)
    let one = ClusterAgreement(clusters: [0, 0, 0, 0], classes: [0, 0, 1, 1])
    #expect(one.normalizedMutualInformation == 0)
    #expect(one.adjustedRandIndex == 0)
    #expect(one.purity == 0.5)
    let single = ClusterAgreement(clusters: [4], classes: [2])
    #expect(single.adjustedRandIndex == 1)
  }

  /// Rows around `k` axes.
  func bundles(_ k: Int, rows: Int, noise: Double, seed: UInt64) -> VectorTable {
    var random = RandomStream(seed: seed)
    let dimension = 2 * k
    let matrix = (0..<rows).flatMap { row in
      (0..<dimension).map { Float(($0 == row % k ? 1 : 0) + noise * random.normal()) }
    }
    return VectorTable(words: (0..<rows).map(String.init), dimension: dimension, matrix: matrix)
  }

  @Test func kMeansFindsBundles() throws {
    let vectors = bundles(6, rows: 600, noise: 0.1, seed: 2)
    var means = SphericalKMeans(k: 6)
    means.trials = 3
    let clusters = try means.cluster(vectors)
    let agreement = ClusterAgreement(
      clusters: clusters.assignments, classes: (0..<600).map { $0 % 6 })
    #expect(agreement.normalizedMutualInformation == 1)
    for cluster in 0..<6 {
      let centroid = clusters.centroids[cluster * 12..<(cluster + 1) * 12]
      #expect(abs(centroid.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
    means.threads = 3
    #expect(try means.cluster(vectors).assignments == clusters.assignments)
  }

  @Test func oddNumbersOfClusters() throws {
    let vectors = bundles(3, rows: 9, noise: 0.1, seed: 2)
    #expect(try SphericalKMeans(k: 1).cluster(vectors).assignments == [Int](repeating: 0, count: 9))
    #expect(Set(try SphericalKMeans(k: 9).cluster(vectors).assignments).count == 9)
    #expect(throws: OptionError.self) { try SphericalKMeans(k: 10).cluster(vectors) }
    #expect(throws: OptionError.self) { try SphericalKMeans(k: 0).cluster(vectors) }
    let zeros = VectorTable(words: ["a", "b", "c"], dimension: 2, matrix: [0, 0, 0, 0, 0, 0])
    #expect(try SphericalKMeans(k: 2).cluster(zeros).assignments.count == 3)
  }

  @Test func fastNeighborsAreMostlyTheExactOnes() throws {
    let vectors = bundles(20, rows: 4000, noise: 0.15, seed: 3)
    let exact = try ExactNeighbors(vectors).nearestToRows(count: 10)
    let index = try ApproximateNeighbors(vectors)
    let some = try index.nearest(
      to: vectors.matrix, count: 10, probes: 12, excludedRows: Array(0..<4000))
    let all = try index.nearest(
      to: vectors.matrix, count: 10, probes: .max, excludedRows: Array(0..<4000))
    var hits = 0
    for row in 0..<4000 {
      hits += Set(some[row].map(\.row)).intersection(exact[row].map(\.row)).count
      #expect(some[row].count == 10)
      // All clusters looked at: the exact result.
      for (a, b) in zip(all[row], exact[row]) { #expect(abs(a.similarity - b.similarity) < 1e-5) }
    }
    #expect(hits > 36_000, "recall \(Double(hits) / 40_000)")
  }
}

@Suite struct EvaluationTests {
  /// Value of scipy.stats.spearmanr, ties included.
  @Test func spearmanWithTies() {
    let x = [1.0, 2, 2, 3, 5, 4, 4, 0]
    let y = [2.0, 1, 3, 3, 6, 5, 4, 1]
    #expect(abs(spearmanCorrelation(x, y) - 0.9146341463414636) < 1e-12)
    #expect(spearmanCorrelation([1, 2, 3], [9, 8, 7]) == -1)
    #expect(spearmanCorrelation([1, 1, 1], [9, 8, 7]) == 0)
  }

  let vectors = VectorTable(
    words: ["man", "king", "woman", "queen", "Apple"], dimension: 3,
    matrix: [1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, -1, 0.5, 0])

  @Test func pairsOfEachFormat() throws {
    for text in [
      "man\tking\t9\nwoman\tqueen\t8\nman\tpear\t1\nman\tapple\t0\n",
      "Word 1,Word 2,Human\nMAN,king,9\nwoman,queen,8\nman,pear,1\nman,Apple,0\n",
      "man king 9\nwoman queen 8\nman pear 1\n\nman Apple 0",
      "word1\tword2\tPOS\tSimLex999\nman\tking\tN\t9\nwoman\tqueen\tN\t8\nman\tpear\tN\t1\n"
        + "man\tApple\tN\t0\n",
    ] {
      let result = try withFile(Array(text.utf8)) {
        try WordSimilarity(contentsOf: $0).evaluate(vectors)
      }
      // "apple" is looked up as it is written too, but not in other cases.
      #expect(result.pairs + result.missing == 4)
      #expect(result.pairs >= 2)
    }
  }

  @Test func explainsBadPairs() throws {
    for text in ["", "man king\nman king\n", "man\tking\t1\nman\tking\tmuch\n"] {
      #expect(throws: (any Error).self) {
        try withFile(Array(text.utf8)) { try WordSimilarity(contentsOf: $0) }
      }
    }
    let unknown = WordSimilarity(pairs: [.init(first: "x", second: "y", score: 1)])
    #expect(throws: InputError.self) { try unknown.evaluate(vectors) }
  }

  @Test func analogiesBySection() throws {
    let text = ": royal\nman king woman queen\nman king woman pear\n: back\nqueen woman king man\n"
    let results = try withFile(Array(text.utf8)) {
      try AnalogyQuestions(contentsOf: $0).evaluate(vectors)
    }
    #expect(results.map(\.section) == ["royal", "back"])
    #expect(results[0].result.correct == 1)
    #expect(results[0].result.answered == 1)
    #expect(results[0].result.missing == 1)
    #expect(results[1].result.accuracy == 1)
    let answers = try Analogy.answers(vectors, minus: [0], plus: [1, 2], count: 2)
    #expect(vectors.words[answers[0].row] == "queen")
    #expect(throws: FileError.self) {
      try withFile(Array("a b c\n".utf8)) { try AnalogyQuestions(contentsOf: $0) }
    }
  }
}

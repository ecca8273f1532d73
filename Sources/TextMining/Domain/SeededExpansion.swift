import Foundation
import Parallel
import WordVectors

/// Spreads from seed words to their neighbors, and from those on, with a threshold that rises with
/// the distance: min + (max − min)·(1 − e^(−α·depth)).
public struct SeededExpansion: Sendable {
  public var minSimilarity: Float = 0.6
  public var maxSimilarity: Float = 1
  public var steepness: Float = 0.35
  public var neighbors = 200
  public var center: [String] = []
  public var negatives: [String] = []
  public var threads = defaultThreadCount

  public init() {}

  /// The least cosine that admits a neighbor of a word at `depth`.
  public func threshold(depth: Int) -> Float {
    // Without a center or negatives the query is the word itself, and less than 0.6 says little.
    let least = center.isEmpty && negatives.isEmpty ? max(0.6, minSimilarity) : minSimilarity
    return least + (maxSimilarity - least) * (1 - exp(-steepness * Float(depth)))
  }

  /// A word that was admitted, and how far from the seeds.
  public struct Admitted: Sendable, Equatable {
    public let word: String
    public let depth: Int
  }

  /// The seeds (without any check) and all that follow, in the order they were admitted. Each word is
  /// visited once; the result does not depend on the number of threads.
  public func expand(
    seeds: [String], in vectors: VectorTable, allows: (String) -> Bool,
    work: Work = .silent
  ) throws -> [Admitted] {
    var seen = Set<String>()
    var admitted: [Admitted] = []
    for seed in seeds where seen.insert(seed).inserted {
      admitted.append(Admitted(word: seed, depth: 0))
    }
    let search = ExactNeighbors(vectors)
    let shift = mean(center, vectors).enumerated().map { $1 - mean(negatives, vectors)[$0] }
    try work.phase("expanding", unit: "words") { phase in
      var next = 0
      while next < admitted.count {
        try phase.check()
        // All words of one depth stand together: their neighbors are searched at once.
        let depth = admitted[next].depth
        var end = next
        while end < admitted.count, admitted[end].depth == depth { end += 1 }
        let frontier = admitted[next..<end].compactMap { vectors.row(of: $0.word) }
        phase.report(end - next)
        next = end
        guard !frontier.isEmpty else { continue }
        var queries: [Float] = []
        queries.reserveCapacity(frontier.count * vectors.dimension)
        for row in frontier { queries += zip(vectors[row], shift).map { $0 + $1 } }
        let least = threshold(depth: depth)
        let found = try search.nearest(
          to: queries, count: min(neighbors, vectors.count), minimumSimilarity: least,
          threads: threads, work: work)
        for list in found {
          for neighbor in list where neighbor.similarity >= least {
            let word = vectors.words[neighbor.row]
            if !seen.contains(word), allows(word) {
              seen.insert(word)
              admitted.append(Admitted(word: word, depth: depth + 1))
            }
          }
        }
      }
    }
    return admitted
  }

  private func mean(_ words: [String], _ vectors: VectorTable) -> [Float] {
    var sum = [Float](repeating: 0, count: vectors.dimension)
    let rows = words.compactMap(vectors.row)
    for row in rows {
      for (index, value) in vectors[row].enumerated() { sum[index] += value / Float(rows.count) }
    }
    return sum
  }
}

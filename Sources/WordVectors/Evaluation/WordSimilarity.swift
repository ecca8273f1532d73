import Formats
import Foundation
import Messages

/// Pairs of words with people's judgment of their similarity.
public struct WordSimilarity: Sendable {
  public struct Pair: Sendable, Equatable {
    public var first: String
    public var second: String
    public var score: Double

    public init(first: String, second: String, score: Double) {
      self.first = first
      self.second = second
      self.score = score
    }
  }

  /// What an evaluation found.
  public struct Result: Sendable, Equatable, Codable {
    /// Spearman's rank correlation of cosines and judgments over the pairs that were found.
    public let spearman: Double
    /// How many pairs both of whose words have vectors.
    public let pairs: Int
    /// How many pairs were skipped.
    public let missing: Int
  }

  public let pairs: [Pair]

  public init(pairs: [Pair]) { self.pairs = pairs }

  /// Reads a file of pairs: two words, then the judgment, as WordSim-353, MEN, SimLex-999, the Chinese
  /// sets and R's `write.csv` write them; see `PairFile`. Throws `FileError` naming the line.
  public init(contentsOf path: String) throws {
    let bytes = try ByteSource(path: path, isText: true).readAll()
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(path: path, reason: "is not valid UTF-8")
    }
    pairs = try PairFile(text, path: path).pairs()
  }

  /// Correlates cosines with judgments. Words are looked up in lower case, and as they are written
  /// where that is not found; a pair with an unknown word is skipped.
  ///
  /// Throws `InputError` if fewer than 2 pairs are found.
  public func evaluate(_ vectors: VectorTable) throws -> Result {
    func row(_ word: String) -> Int? { vectors.row(of: word.lowercased()) ?? vectors.row(of: word) }
    var cosines: [Double] = []
    var scores: [Double] = []
    for pair in pairs {
      guard let first = row(pair.first), let second = row(pair.second) else { continue }
      cosines.append(Double(vectors.cosine(first, second)))
      scores.append(pair.score)
    }
    guard cosines.count >= 2 else {
      throw InputError(
        "\(cosines.count) of \(pairs.count) pairs have both words in the vocabulary; at least 2 are "
          + "needed for a correlation")
    }
    return Result(
      spearman: spearmanCorrelation(cosines, scores), pairs: cosines.count,
      missing: pairs.count - cosines.count)
  }
}

/// Spearman's rank correlation: Pearson's correlation of ranks, equal values sharing their mean rank;
/// 0 if one side is constant.
public func spearmanCorrelation(_ first: [Double], _ second: [Double]) -> Double {
  require(
    first.count == second.count,
    "spearmanCorrelation expected equal counts, received \(first.count) and \(second.count)")
  let x = ranks(first)
  let y = ranks(second)
  let mean = Double(first.count + 1) / 2
  var xy = 0.0
  var xx = 0.0
  var yy = 0.0
  for (a, b) in zip(x, y) {
    xy += (a - mean) * (b - mean)
    xx += (a - mean) * (a - mean)
    yy += (b - mean) * (b - mean)
  }
  return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
}

private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for index in start..<end { ranks[order[index]] = Double(start + 1 + end) / 2 }
    start = end
  }
  return ranks
}

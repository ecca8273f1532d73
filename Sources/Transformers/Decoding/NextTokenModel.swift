import Foundation
import Messages

/// How well each token of a vocabulary continues each of some hypotheses.
public struct TokenScores: Sendable {
  public enum Kind: Sendable {
    /// A softmax over them gives probabilities.
    case logits
    /// Logarithms of probabilities, or of votes that need not sum to 1.
    case logarithms
  }

  /// Row by row, `vocabularySize` numbers each.
  public var values: [Float]
  public let vocabularySize: Int
  public let kind: Kind

  public init(_ values: [Float], vocabularySize: Int, kind: Kind = .logits) {
    require(
      vocabularySize > 0 && values.count % vocabularySize == 0,
      "TokenScores expected rows of \(vocabularySize) numbers, received \(values.count)")
    self.values = values
    self.vocabularySize = vocabularySize
    self.kind = kind
  }

  public var rowCount: Int { values.count / vocabularySize }

  /// Row `index` as logarithms of probabilities.
  func logarithms(_ index: Int) -> [Float] {
    let row = Array(values[index * vocabularySize..<(index + 1) * vocabularySize])
    return kind == .logarithms ? row : Self.logSoftmax(row)
  }

  static func logSoftmax(_ row: [Float]) -> [Float] {
    guard let highest = row.max(), highest.isFinite else { return row }
    let total = row.reduce(0.0) { $0 + Double(exp($1 - highest)) }
    let shift = highest + Float(log(total))
    return row.map { $0 - shift }
  }
}

/// A model as decoding sees it: hypotheses in rows, each made longer by one token at a time.
///
/// What a model computed for a beginning it keeps (`TransformerCache`), so that a step costs one token a
/// row.
public protocol NextTokenModel: AnyObject {
  /// Scores of the first token: one row for each source.
  func start() throws -> TokenScores
  /// Scores after row i of the present rows has become row `parents[i]` of the former ones with
  /// `tokens[i]` behind it. Rows that no one continues are forgotten.
  func advance(_ tokens: [Int], from parents: [Int]) throws -> TokenScores
}

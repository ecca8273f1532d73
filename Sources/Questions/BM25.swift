import Foundation

/// Okapi's BM25: Σ idf·f(k₁+1)/(f + k₁(1 − b + b·length/average)), idf = ln(1 + (N − n + ½)/(n + ½)).
public struct BM25: Sendable {
  public let documents: Int
  public let averageLength: Double
  public static let k1 = 1.2
  public static let b = 0.75

  public init(documents: Int, averageLength: Double) {
    self.documents = documents
    self.averageLength = averageLength
  }

  public func idf(_ containing: Int) -> Double {
    let n = Double(containing)
    return log(1 + (Double(documents) - n + 0.5) / (n + 0.5))
  }

  /// A term's score without its idf.
  @inline(__always)
  public func impact(frequency: Int, length: Int) -> Double {
    let f = Double(frequency)
    let norm = 1 - Self.b + Self.b * Double(length) / max(averageLength, 1e-9)
    return f * (Self.k1 + 1) / (f + Self.k1 * norm)
  }
}

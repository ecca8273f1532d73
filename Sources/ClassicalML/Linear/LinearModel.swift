import Memory

/// Scores that are sums of weights: naive Bayes, logistic regression and linear support vectors all end as
/// one of these and differ only in how the weights were found.
///
/// score of class c = bias_c + Σ value · weight(column, c).
public struct LinearModel: Sendable {
  public enum Link: UInt8, Sendable {
    /// Scores are log-probabilities but for a constant of the row.
    case softmax
    /// Each class against the others; sigmoids, scaled to sum 1.
    case oneVersusRest
    /// The number itself.
    case identity
  }

  public let link: Link
  public let classCount: Int
  /// Column after column, the classes of each together: columnCount × classCount.
  public let weights: [Float]
  public let biases: [Double]

  public init(link: Link, classCount: Int, weights: [Float], biases: [Double]) {
    self.link = link
    self.classCount = classCount
    self.weights = weights
    self.biases = biases
  }

  public var columnCount: Int { classCount == 0 ? 0 : weights.count / classCount }

  /// Rows × classes: the scores.
  public func scores(_ rows: SparseMatrix) -> [Double] {
    var scores = [Double](repeating: 0, count: rows.rowCount * classCount)
    let count = classCount
    scores.withUnsafeMutableBufferPointer { scores in
      weights.withUnsafeBufferPointer { weights in
        rows.columns.withUnsafeBufferPointer { columns in
          rows.values.withUnsafeBufferPointer { values in
            var sums = [Float](repeating: 0, count: count)
            sums.withUnsafeMutableBufferPointer { sums in
              for row in 0..<rows.rowCount {
                for index in 0..<count { sums[index] = 0 }
                for index in rows.starts[row]..<rows.starts[row + 1] {
                  let value = values[index]
                  let start = Int(columns[index]) &* count
                  for c in 0..<count { sums[c] += value * weights[start &+ c] }
                }
                for c in 0..<count { scores[row &* count &+ c] = biases[c] + Double(sums[c]) }
              }
            }
          }
        }
      }
    }
    return scores
  }

  /// Rows × classes: probabilities; the numbers themselves where the link is the identity.
  public func probabilities(_ rows: SparseMatrix) -> [Double] {
    var scores = scores(rows)
    guard link != .identity else { return scores }
    let count = classCount
    scores.withUnsafeMutableBufferPointer { scores in
      for row in 0..<rows.rowCount {
        let part = UnsafeMutableBufferPointer(rebasing: scores[row * count..<(row + 1) * count])
        if link == .softmax {
          Numeric.softmax(part)
        } else {
          var sum = 0.0
          for index in part.indices {
            part[index] = Numeric.sigmoid(part[index])
            sum += part[index]
          }
          for index in part.indices {
            part[index] = sum > 0 ? part[index] / sum : 1 / Double(count)
          }
        }
      }
    }
    return scores
  }
}

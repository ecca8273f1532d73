/// A trained model with the encoding that it was trained on.
public indirect enum Predictor: Sendable {
  case linear(SparseEncoder, LinearModel)
  case mixedBayes(ColumnEncoder, MixedNaiveBayes)
  case neighbors(SparseEncoder, NearestNeighbors)
  case network(SparseEncoder, SmallNetwork)
  case forest(ColumnEncoder, Forest)
  case boosted(ColumnEncoder, BoostedTrees)
  /// With a weight for each.
  case average([Predictor], weights: [Double])
  case calibrated(Predictor, Calibration)

  /// Classes, or 1 for numbers.
  public var width: Int {
    switch self {
    case .linear(_, let model): model.classCount
    case .mixedBayes(_, let model): model.classCount
    case .neighbors(_, let model): model.width
    case .network(_, let model): model.outputSize
    case .forest(_, let model): model.width
    case .boosted(_, let model): model.classCount
    case .average(let members, _): members[0].width
    case .calibrated(let model, _): model.width
    }
  }

  /// Rows × classes: probabilities; or one number for each row.
  public func values(_ frame: Frame) -> [Double] {
    switch self {
    case .linear(let encoder, let model): return model.probabilities(encoder.rows(of: frame))
    case .mixedBayes(let encoder, let model): return model.probabilities(encoder.columns(of: frame))
    case .neighbors(let encoder, let model): return model.values(encoder.rows(of: frame))
    case .network(let encoder, let model): return model.values(encoder.rows(of: frame))
    case .forest(let encoder, let model): return model.values(encoder.columns(of: frame))
    case .boosted(let encoder, let model): return model.values(encoder.columns(of: frame))
    case .average(let members, let weights):
      var result = [Double](repeating: 0, count: frame.rowCount * width)
      for (member, weight) in zip(members, weights) where weight > 0 {
        for (index, value) in member.values(frame).enumerated() { result[index] += weight * value }
      }
      return result
    case .calibrated(let model, let calibration):
      return calibration.applied(to: model.values(frame))
    }
  }

  /// The most probable class of each row, the first one of equals.
  public func classes(_ frame: Frame) -> [Int32] {
    // Scores order as probabilities do, and spare the exponentials.
    if case .linear(let encoder, let model) = self {
      return Self.best(model.scores(encoder.rows(of: frame)), width)
    }
    return Self.best(values(frame), width)
  }

  static func best(_ values: [Double], _ width: Int) -> [Int32] {
    values.withUnsafeBufferPointer { values in
      (0..<values.count / max(1, width)).map { row in
        var best = 0
        for c in 1..<width where values[row * width + c] > values[row * width + best] { best = c }
        return Int32(best)
      }
    }
  }
}

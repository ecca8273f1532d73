import Parallel

/// How much worse a model does where one column's values are dealt out anew (Breiman 2001).
public struct PermutationImportance: Sendable {
  public let column: String
  /// The mean loss of the main score, and its deviation over the repetitions.
  public let loss, deviation: Double

  public static func measure(
    _ predictor: Predictor, _ examples: Examples, repetitions: Int = 5, seed: UInt64 = 0,
    work: Work = .silent
  ) throws -> [PermutationImportance] {
    func score(_ frame: Frame) -> Double {
      Scores(predictor.values(frame), examples.targets, examples.schema).main
    }
    let whole = score(examples.frame)
    let columns = examples.schema.columns
    return try work.phase("permuting columns", of: columns.count, unit: "columns") { phase in
      try columns.indices.map { index in
        let losses = (0..<repetitions).map { repetition in
          var random = RandomStream(seed: seed, stream: UInt64(index * repetitions + repetition))
          var order = Array(0..<examples.count)
          order.shuffle(using: &random)
          var frame = examples.frame
          frame.columns[index] = frame.columns[index].rows(order)
          return whole - score(frame)
        }
        let mean = losses.reduce(0, +) / Double(repetitions)
        let square = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        try phase.advance()
        return PermutationImportance(
          column: columns[index].name, loss: mean,
          deviation: (square / Double(repetitions)).squareRoot())
      }
    }
  }
}

import Torch
import Transformers

extension ConditionedWriter {
  /// Texts drawn at random, one for each row of `conditions` `(N, m)`, without start and end.
  ///
  /// - Parameter body: Another model than the writer's own, without a condition.
  static func draw(
    _ body: Transformer, conditions: Tensor?, count: Int, start: Int, end: Int, maxLength: Int,
    topP: Double, seed: UInt64, device: Device
  ) throws -> [[Int]] {
    let options = GenerationOptions(endIds: [end], maxLength: maxLength)
    let texts = try Sampling(options, topP: topP, seed: seed).generate(
      Continuation(
        body, prefixes: Array(repeating: [start], count: count), condition: conditions,
        device: device))
    return texts.map { $0.tokens.filter { $0 != end } }
  }

  /// The likeliest text for each row of `conditions`, token by token.
  static func likeliest(
    _ body: Transformer, conditions: Tensor, start: Int, end: Int, maxLength: Int, device: Device
  ) throws -> [[Int]] {
    let options = GenerationOptions(endIds: [end], maxLength: maxLength)
    let prefixes = Array(repeating: [start], count: conditions.size(0))
    return try BeamSearch(options).generate(
      Continuation(body, prefixes: prefixes, condition: conditions, device: device)
    ).map { ($0.first?.tokens ?? []).filter { $0 != end } }
  }
}

/// The share of pairs of neighbors that are distinct, over all texts together (Li et al. 2016).
func distinctPairs(_ texts: [[Int]]) -> Double {
  var pairs: Set<[Int]> = []
  var count = 0
  for text in texts {
    for (left, right) in zip(text, text.dropFirst()) {
      pairs.insert([left, right])
      count += 1
    }
  }
  return Double(pairs.count) / Double(max(1, count))
}

import Foundation
import Messages
import Parallel

/// Draws texts at random, token by token.
public struct Sampling: Sendable {
  /// Scores are divided by this: below 1 sharpens, above 1 flattens.
  public var temperature: Float
  /// Only so many most probable tokens are drawn from; `nil`: all.
  public var topK: Int?
  /// Only the most probable tokens whose sum first reaches this are drawn from (Holtzman et al. 2019); 1: all.
  public var topP: Double
  public var seed: UInt64
  public var options: GenerationOptions

  public init(
    _ options: GenerationOptions, temperature: Float = 1, topK: Int? = nil, topP: Double = 1,
    seed: UInt64 = 0
  ) {
    self.options = options
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.seed = seed
  }

  /// One text for each source of the model. A source's text depends on the seed and on its place alone.
  ///
  /// - Parameters:
  ///   - prompts: what stands before, for the rules about repetition; one for each source or none.
  ///   - progress: called after each step with what was drawn so far; false stops.
  public func generate(
    _ model: some NextTokenModel, prompts: [[Int]] = [],
    progress: ((_ drawn: [[Int]]) -> Bool)? = nil
  ) throws -> [Generated] {
    try options.check()
    guard temperature > 0 else {
      throw OptionError("temperature", expected: "a positive number", received: temperature)
    }
    guard topP > 0 else { throw OptionError("topP", expected: "a positive number", received: topP) }
    guard topK.map({ $0 > 0 }) ?? true else {
      throw OptionError("topK", expected: "at least 1", received: topK ?? 0)
    }
    var scores = try model.start()
    var results = (0..<scores.rowCount).map { _ in
      Generated(tokens: [], score: 0, isFinished: false)
    }
    var random = results.indices.map { RandomStream(seed: seed, stream: UInt64($0)) }
    var alive = Array(results.indices)
    for step in 1...options.maxLength {
      var next: [(token: Int, row: Int)] = []
      var going: [Int] = []
      for (row, index) in alive.enumerated() {
        var values = Array(
          scores.values[row * scores.vocabularySize..<(row + 1) * scores.vocabularySize])
        let prompt = prompts.indices.contains(index) ? prompts[index] : []
        options.apply(to: &values, generated: results[index].tokens, prompt: prompt)
        let choices = choices(values)
        guard let token = Self.draw(choices, random[index].uniform()) else { continue }
        results[index].tokens.append(token.id)
        results[index].score += log(token.probability)
        results[index].isFinished = options.endIds.contains(token.id)
        if !results[index].isFinished {
          next.append((token.id, row))
          going.append(index)
        }
      }
      if let progress, !progress(results.map(\.tokens)) { break }
      alive = going
      if alive.isEmpty || step == options.maxLength { break }
      scores = try model.advance(next.map(\.token), from: next.map(\.row))
    }
    return results
  }

  /// The tokens that may be drawn, most probable first, with their probabilities.
  func choices(_ scores: [Float]) -> [(id: Int, probability: Double)] {
    let logarithms = TokenScores.logSoftmax(scores.map { $0 / temperature })
    let kept: [Int]
    if let topK, topK < scores.count {
      kept = BeamSearch.best(logarithms, topK)
    } else {
      kept = logarithms.indices.sorted {
        logarithms[$0] != logarithms[$1] ? logarithms[$0] > logarithms[$1] : $0 < $1
      }
    }
    let total = kept.reduce(0.0) { $0 + exp(Double(logarithms[$1])) }
    var choices: [(id: Int, probability: Double)] = []
    var sum = 0.0
    for id in kept where logarithms[id] > -.infinity {
      // The token that crosses the bound is the last; rounding must not let one more in.
      if sum >= topP - 1e-12 { break }
      let probability = exp(Double(logarithms[id])) / total
      choices.append((id, probability))
      sum += probability
    }
    return choices.map { ($0.id, $0.probability / sum) }
  }

  private static func draw(
    _ choices: [(id: Int, probability: Double)], _ uniform: Double
  ) -> (id: Int, probability: Double)? {
    var rest = uniform
    for choice in choices {
      rest -= choice.probability
      if rest < 0 { return choice }
    }
    return choices.last
  }
}

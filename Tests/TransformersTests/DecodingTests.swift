import Foundation
import Messages
import Testing

@testable import Transformers

/// A model given by the probabilities that follow each beginning.
private final class TableModel: NextTokenModel {
  let vocabularySize: Int
  let next: ([Int]) -> [Double]
  private var rows: [[Int]]
  private(set) var calls = 0

  init(vocabularySize: Int, sources: Int = 1, _ next: @escaping ([Int]) -> [Double]) {
    self.vocabularySize = vocabularySize
    self.next = next
    rows = Array(repeating: [], count: sources)
  }

  private func scores() -> TokenScores {
    calls += 1
    return TokenScores(
      rows.flatMap { next($0).map { Float(log($0 + 1e-12)) } }, vocabularySize: vocabularySize,
      kind: .logarithms)
  }

  func start() -> TokenScores { scores() }

  func advance(_ tokens: [Int], from parents: [Int]) -> TokenScores {
    rows = zip(tokens, parents).map { rows[$1] + [$0] }
    return scores()
  }
}

struct DecodingTests {
  // Tokens E, a, b.
  private static func toy(sources: Int = 1) -> TableModel {
    TableModel(vocabularySize: 3, sources: sources) { prefix in
      switch prefix {
      case []: [0, 0.6, 0.4]
      case [1]: [0.1, 0.9, 0]
      case [2]: [0.9, 0.1, 0]
      case [1, 1]: [0.49, 0.51, 0]
      default: [1, 0, 0]
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func endedBeginningsAreDroppedAsInBert4keras(beams: Int) throws {
    let search = BeamSearch(
      GenerationOptions(endIds: [0], maxLength: 8), beamCount: beams, finished: .dropped)
    let best = try #require(search.generate(Self.toy()).first?.first)
    #expect(best.tokens == [1, 1, 1, 0])
    #expect(abs(exp(best.score) - 0.2754) < 1e-6)
    #expect(best.isFinished)
  }

  @Test(arguments: [1, 2, 3])
  func endedBeginningsAreKept(beams: Int) throws {
    let search = BeamSearch(GenerationOptions(endIds: [0], maxLength: 8), beamCount: beams)
    let results = try search.generate(Self.toy(sources: 2))
    #expect(results.count == 2 && results[0] == results[1])
    let best = try #require(results[0].first)
    #expect(best.tokens == (beams == 1 ? [1, 1, 1, 0] : [2, 0]))
    if beams > 1 { #expect(abs(exp(best.score) - 0.36) < 1e-6) }
  }

  @Test func lengthLimits() throws {
    var options = GenerationOptions(endIds: [0], maxLength: 2)
    let short = try #require(BeamSearch(options).generate(Self.toy()).first?.first)
    #expect(short.tokens == [1, 1] && !short.isFinished)
    options.maxLength = 8
    options.minLength = 3
    let long = try BeamSearch(options, beamCount: 2).generate(Self.toy())
    #expect(long[0].allSatisfy { $0.tokens.count >= 3 })
    options.minLength = 9
    #expect(throws: OptionError.self) { try BeamSearch(options).generate(Self.toy()) }
  }

  @Test func lengthPenalty() throws {
    // "E" at once has 0.5, four tokens of 0.9 and an end have more a token.
    let model = {
      TableModel(vocabularySize: 2) {
        $0.isEmpty ? [0.5, 0.5] : $0.count < 4 ? [0.1, 0.9] : [0.9, 0.1]
      }
    }
    let options = GenerationOptions(endIds: [0], maxLength: 8)
    let plain = try BeamSearch(options, beamCount: 2).generate(model())
    #expect(plain[0][0].tokens == [0])
    let long = try BeamSearch(options, beamCount: 2, lengthPenalty: 1).generate(model())
    #expect(long[0][0].tokens == [1, 1, 1, 1, 0])
  }

  @Test func repetition() throws {
    // Alternating 1 and 2 for ever is the most probable.
    let model = {
      TableModel(vocabularySize: 4) { $0.last == 1 ? [0.1, 0.1, 0.6, 0.2] : [0.1, 0.6, 0.1, 0.2] }
    }
    var options = GenerationOptions(endIds: [0], maxLength: 6)
    #expect(try BeamSearch(options).generate(model())[0][0].tokens == [1, 2, 1, 2, 1, 2])
    options.noRepeatNGramSize = 2
    let once = try BeamSearch(options).generate(model())[0][0].tokens
    #expect(once.prefix(3) == [1, 2, 1])
    #expect(Set(zip(once, once.dropFirst()).map { [$0, $1] }).count == once.count - 1)
    options.noRepeatNGramSize = 0
    options.repetitionPenalty = 10
    #expect(try BeamSearch(options).generate(model())[0][0].tokens.prefix(3) == [1, 2, 3])
    // The prompt counts.
    #expect(
      try BeamSearch(options).generate(model(), prompts: [[1]])[0][0].tokens.first == 3)
  }

  @Test func allowedTokens() throws {
    var options = GenerationOptions(endIds: [0], maxLength: 6)
    options.allowed = { $0.isEmpty ? [2] : [] }
    #expect(try BeamSearch(options).generate(Self.toy())[0][0].tokens == [2, 0])
  }

  @Test func progressStops() throws {
    var seen: [[[Int]]] = []
    let options = GenerationOptions(endIds: [0], maxLength: 8)
    let result = try BeamSearch(options).generate(Self.toy()) {
      seen.append($0)
      return seen.count < 2
    }
    #expect(seen == [[[1]], [[1, 1]]])
    #expect(result[0][0].tokens == [1, 1])
  }

  @Test func nucleus() {
    let scores = [0.05, 0.5, 0.15, 0.3].map { Float(log($0)) }
    func ids(_ topP: Double, _ topK: Int? = nil) -> [Int] {
      Sampling(GenerationOptions(endIds: []), topK: topK, topP: topP).choices(scores).map(\.id)
    }
    #expect(ids(0.8) == [1, 3])
    #expect(ids(0.81) == [1, 3, 2])
    #expect(ids(5) == [1, 3, 2, 0])
    #expect(ids(1, 2) == [1, 3])
    // The nucleus is of what the k leave: 0.625 of 0.8.
    #expect(ids(0.6, 2) == [1])
  }

  @Test func samplesFollowTheProbabilities() throws {
    let options = GenerationOptions(endIds: [0], maxLength: 1)
    let model = { TableModel(vocabularySize: 3, sources: 20_000) { _ in [0.2, 0.5, 0.3] } }
    let drawn = try Sampling(options, seed: 3).generate(model())
    let share = Double(drawn.count { $0.tokens == [1] }) / 20_000
    #expect(abs(share - 0.5) < 0.011)
    #expect(try Sampling(options, seed: 3).generate(model()) == drawn)
    #expect(try Sampling(options, seed: 4).generate(model()) != drawn)
    let cold = try Sampling(options, temperature: 0.01).generate(model())
    #expect(cold.allSatisfy { $0.tokens == [1] })
  }

  @Test func badOptions() {
    let options = GenerationOptions(endIds: [0])
    #expect(throws: OptionError.self) { try BeamSearch(options, beamCount: 0).generate(Self.toy()) }
    #expect(throws: OptionError.self) { try Sampling(options, temperature: 0).generate(Self.toy()) }
    #expect(throws: OptionError.self) { try Sampling(options, topK: 0).generate(Self.toy()) }
    #expect(throws: OptionError.self) { try Sampling(options, topP: 0).generate(Self.toy()) }
  }
}

import Messages
import Parallel
import TestSupport
import Testing

@testable import ClassicalML

@Suite struct HiddenMarkovTests {
  private let model = HiddenMarkov.random(tagNames: ["a", "b", "c"], symbols: [7, 8], seed: 2)

  /// Every sequence of tags with its probability.
  private func all(_ symbols: [Int32]) -> [(tags: [Int32], probability: Double)] {
    var paths: [(tags: [Int32], probability: Double)] = [([], 1)]
    for symbol in symbols {
      let place = symbol == 7 ? 0 : symbol == 8 ? 1 : 2
      paths = paths.flatMap { path in
        (0..<3).map { tag in
          let step =
            path.tags.last.map { model.transitions[Int($0) * 3 + tag] } ?? model.starts[tag]
          return (
            path.tags + [Int32(tag)],
            path.probability * Numeric.exponential(step + model.emissions[place * 3 + tag])
          )
        }
      }
    }
    return paths
  }

  @Test(arguments: [[7], [8, 7], [7, 7, 9, 8], [8, 8, 7, 9, 7, 8]] as [[Int32]])
  func agreesWithAllPaths(_ symbols: [Int32]) {
    let paths = all(symbols)
    let total = paths.reduce(0) { $0 + $1.probability }
    #expect(abs(model.logLikelihood(symbols) - Numeric.logarithm(total)) < 1e-12)
    #expect(model.tags(symbols) == paths.max { $0.probability < $1.probability }?.tags)
    let marginals = model.marginals(symbols)
    for place in symbols.indices {
      for tag in 0..<3 {
        let share = paths.reduce(0) { $0 + ($1.tags[place] == tag ? $1.probability : 0) } / total
        #expect(abs(marginals[place * 3 + tag] - share) < 1e-12)
      }
    }
  }

  @Test func adaptingRaisesTheLikelihood() throws {
    var random = RandomStream(seed: 1)
    var sequences = TaggedSequences()
    for _ in 0..<20 {
      // Sevens in runs, then eights.
      sequences.append((0..<12).map { ($0 < 6) == (random.uniform() < 0.9) ? 7 : 8 })
    }
    var model = model
    let history = try model.adapt(to: sequences, rounds: 15)
    #expect(history.count == 16)
    for (before, after) in zip(history, history.dropFirst()) { #expect(after >= before - 1e-6) }
    #expect((history.last ?? 0) > history[0] + 5)
  }

  @Test func wordsAreCutAsTheyWereTaught() throws {
    var sequences = TaggedSequences()
    for line in ["我们 爱 北京", "北京 很 大", "我们 在 北京", "他们 很 好"] {
      let (scalars, tags) = WordTags.read(line)
      sequences.append(scalars.map { Int32($0) }, tags: tags)
    }
    let model = HiddenMarkov.fit(sequences, tagNames: WordTags.names)
    let tags = model.tags("他们在北京".unicodeScalars.map { Int32($0.value) })
    #expect(tags == [0, 2, 3, 0, 2])
    #expect(model.tags([]).isEmpty)
    // No middle follows a single: impossible, not merely rare.
    #expect(model.transitions[3 * 4 + 2] == -.infinity)
  }

  @Test func aFileHoldsAllOfIt() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.hmm"
      try model.write(to: path)
      let read = try HiddenMarkov(path: path)
      #expect(read.tags([7, 8, 9, 7]) == model.tags([7, 8, 9, 7]))
      #expect(read.logLikelihood([7, 8, 9]) == model.logLikelihood([7, 8, 9]))
    }
  }
}

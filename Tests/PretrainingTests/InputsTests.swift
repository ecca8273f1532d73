import Datasets
import Parallel
import TestSupport
import Testing
import Tokenizers
import Torch
import Transformers

@testable import Pretraining

@Suite(.enabled(if: hasTorch, torchReason)) struct PretrainingInputsTests {
  /// On 10⁵ words: the shares of the specification, and all tokens of a word together.
  @Test func sharesOfWholeWords() {
    let masking = TokenMasking(maskId: 4, vocabulary: 0..<10_000)
    var random = RandomStream(seed: 1)
    var (words, chosen, tokens, masked, kept) = (0, 0, 0, 0, 0)
    for _ in 0..<1000 {
      var row = WordTokens(ids: [2], words: [-1])
      for word in 0..<100 {
        let length = 1 + random.below(3)
        row.ids += (0..<length).map { _ in 5 + random.below(9000) }
        row.words += Array(repeating: word, count: length)
      }
      let (read, isPredicted) = masking.apply(row.ids, words: row.words, random: &random)
      #expect(!isPredicted[0] && read[0] == 2)
      words += 100
      chosen += Set(zip(row.words, isPredicted).filter(\.1).map(\.0)).count
      for index in row.ids.indices where isPredicted[index] {
        tokens += 1
        masked += read[index] == 4 ? 1 : 0
        kept += read[index] == row.ids[index] ? 1 : 0
      }
      for index in 2..<row.ids.count where row.words[index] == row.words[index - 1] {
        #expect(isPredicted[index] == isPredicted[index - 1])
      }
    }
    let share = Double(chosen) / Double(words)
    #expect(abs(share - 0.15) < 0.005)
    #expect(abs(Double(masked) / Double(tokens) - 0.8) < 0.015)
    #expect(abs(Double(kept) / Double(tokens) - 0.1) < 0.015)
  }

  private static let masking = TokenMasking(maskId: 4, vocabulary: 0..<50)

  @Test func rowsOfEachObjective() {
    let row = WordTokens(ids: [2, 10, 0, 12, 13, 3], words: [-1, 0, 0, 1, 1, -1])
    func inputs(_ objective: PretrainingObjective, length: Int, share: Double = 0.5) -> Example {
      var masking = Self.masking
      masking.share = share
      var example = PretrainingInputs.example(row)
      var random = RandomStream(seed: 3)
      PretrainingInputs(objective, masking: masking, length: length, separator: 3)
        .apply(to: &example, random: &random)
      return example
    }
    // Id 0 can be guessed: it is kept as 1.
    #expect(inputs(.mlm, length: 8, share: 1)["targets"].integers == [0, 11, 1, 13, 14, 0])
    #expect(inputs(.lm, length: 8)["tokens"].integers == row.ids)
    for length in [6, 8] {
      let example = inputs(.unilm, length: length)
      let tokens = example["tokens"].integers ?? []
      let segments = example["segments"].integers ?? []
      let place = segments.count - segments.reduce(0, +) - 1
      #expect((1...4).contains(place) && tokens[place] == 3)
      var rest = tokens
      rest.remove(at: place)
      // A full row loses its last token.
      #expect(rest == Array(row.ids.prefix(length - 1)) && tokens.count == min(7, length))
    }
  }

  /// Masks depend on seed, epoch and row; not on what was asked before or how far ahead batches are made.
  @Test func masksAreReproducible() throws {
    let text = toyText(documents: 60)
    let corpus = PretrainingCorpus(
      PretrainingText(string: text), WordTokenizer(try characterTokenizer(text)), length: 32,
      heldOut: 2)
    let inputs = try PretrainingInputs(.mlm, corpus.tokenizer.tokenizer, length: 32)
    func loader(prefetch: Int, seed: UInt64 = 5) throws -> BatchLoader {
      try BatchLoader(
        corpus.stream(),
        .init(batchSize: 8, seed: seed, order: .sequential, prefetch: prefetch),
        transforms: [inputs])
    }
    func tokens(_ batch: Batch) -> [Int] { batch.inputs["tokens"].flattened().integers() }
    let one = try loader(prefetch: 0)
    let epoch = try (0..<200).reduce(into: [[Int]]()) { batches, _ in
      if let batch = try one.nextOfEpoch() { batches.append(tokens(batch)) }
    }
    let other = try loader(prefetch: 4)
    other.state = .init(epoch: 0, position: 3)
    #expect(try tokens(other.next()) == epoch[3])
    other.state = .init(epoch: 1, position: 3)
    #expect(try tokens(other.next()) != epoch[3])
    #expect(try tokens(loader(prefetch: 0, seed: 6).next()) != epoch[0])
  }

  @Test func heldOutRowsAreNotTrainedOn() throws {
    let text = (0..<400).map { "\($0)号。" }.joined(separator: "\n") + "\n"
    let corpus = PretrainingCorpus(
      PretrainingText(string: text), WordTokenizer(try characterTokenizer("0123456789号。")),
      length: 8, heldOut: 5)
    let (held, _) = try corpus.heldOut(needing: 0, work: .silent)
    #expect(held.count == 5)
    let next = try corpus.rows()
    var count = 0
    while try next() != nil { count += 1 }
    let loader = try BatchLoader(
      corpus.stream(), .init(batchSize: 1000, order: .sequential, prefetch: 0))
    #expect(try loader.next().count == count - 5)
  }
}

import Datasets
import Optimizers
import Parallel
import Pretraining
import Recipes
import Reports
import Torch
import Tracking
import Training
import Transformers

/// How text becomes rows, and what of them is masked.
struct RowsAndMasks: Finding {
  private let lengths: [Int]
  private let selected: Double
  private let masked: Double
  private let kept: Double
  private let isWhole: Bool
  private let foundWords: Double

  init(_ text: TrainingText, _ run: Running<PretrainingArticle.Settings>) {
    foundWords = text.foundWords
    var packing = SentencePacking(length: 16, start: 2, separator: 3)
    func sentence(_ count: Int) -> WordTokens {
      WordTokens(ids: Array(repeating: 9, count: count), words: Array(0..<count))
    }
    let rows = [5, 5, 5, 20].compactMap { packing.add(sentence($0)) }
    lengths = (rows + [packing.finish()].compactMap { $0 }).map(\.count)

    // 10⁵ words of one to four tokens.
    let masking = TokenMasking(maskId: 4, vocabulary: 5..<10_000)
    var random = RandomStream(seed: run.seed, stream: 7055)
    var (words, chosen, tokens, hidden, same) = (0, 0, 0, 0, 0)
    var isWhole = true
    for _ in 0..<1000 {
      let words100 = (0..<100).flatMap { Array(repeating: $0, count: 1 + random.below(4)) }
      let ids = words100.map { _ in 5 + random.below(9995) }
      let (read, isPredicted) = masking.apply(ids, words: words100, random: &random)
      words += 100
      for index in ids.indices {
        let isFirst = index == 0 || words100[index] != words100[index - 1]
        if !isFirst, isPredicted[index] != isPredicted[index - 1] { isWhole = false }
        guard isPredicted[index] else { continue }
        chosen += isFirst ? 1 : 0
        tokens += 1
        hidden += read[index] == masking.maskId ? 1 : 0
        same += read[index] == ids[index] ? 1 : 0
      }
    }
    self.isWhole = isWhole
    selected = Double(chosen) / Double(words)
    masked = Double(hidden) / Double(tokens)
    kept = Double(same) / Double(tokens)
  }

  var claims: [Claim] {
    let rows = lengths.map(String.init).joined(separator: ", ")
    return [
      Claim(
        id: "packing",
        statement: "sentences of 5, 5, 5 and 20 tokens fill rows of 16: used lengths",
        expected: "12, 7, 16", measured: .string(rows), holds: lengths == [12, 7, 16]),
      Claim(
        id: "selected", statement: "words that are selected, of 100,000", measured: selected,
        equals: 0.15, within: 0.005),
      Claim(
        id: "masked", statement: "of their tokens, those that become the mask", measured: masked,
        equals: 0.8, within: 0.015),
      Claim(
        id: "kept", statement: "of their tokens, those that stay", measured: kept, equals: 0.1,
        within: 0.015),
      Claim(
        id: "whole-words", statement: "all tokens of a word are selected together",
        expected: "true", measured: .bool(isWhole), holds: isWhole),
      Claim(
        id: "words",
        statement: "raw text alone gives the words: share of those that reviews speak with",
        measured: foundWords, atLeast: 0.85),
    ]
  }

  var metrics: [String: Double] {
    ["masks/selected": selected, "masks/masked": masked, "masks/kept": kept]
  }
}

/// A batch in two parts of unequal numbers of guessed places against the whole.
struct PartsOfABatch: Finding {
  private let difference: Double
  private let differenceOfMeans: Double

  init(_ run: Running<PretrainingArticle.Settings>) throws {
    let model = Transformer(
      Progressions.configuration(.mlm), generator: RandomGenerator(seed: run.seed)
    ).move(dtype: .float64)
    let loader = try Progressions.loader(.mlm, batchSize: 8, seed: run.seed)
    let task = PretrainingTask(
      model, .mlm, optimizer: Optimizer(Adam(), for: model), loader: loader)
    let batch = try task.nextBatch()[0]
    func rows(_ range: Range<Int>) -> Batch {
      func part(_ tensors: NamedTensors) -> NamedTensors {
        NamedTensors(
          tensors.entries.map {
            ($0.name, $0.tensor.narrowed(0, start: range.lowerBound, length: range.count))
          })
      }
      return Batch(
        inputs: part(batch.inputs), attentionMasks: part(batch.attentionMasks),
        sequenceLengths: part(batch.sequenceLengths))
    }
    let parts = [rows(0..<2), rows(2..<8)]
    func vector(_ window: [Batch]) throws -> Tensor {
      Tensor.concatenate(try task.gradients(of: window).gradients.compactMap { $0?.flattened() })
    }
    let whole = try vector([batch])
    difference = try (vector(parts) - whole).abs().max().item()
    let means = try (vector([parts[0]]) + vector([parts[1]])) / 2.0
    differenceOfMeans = (means - whole).abs().max().item()
  }

  var claims: [Claim] {
    [
      Claim(
        id: "parts",
        statement:
          "two parts of a batch, losses and places summed apart, give the gradient of the whole: "
          + "greatest difference", measured: difference, atMost: 1e-6),
      Claim(
        id: "mean-of-means", statement: "a mean of the parts' means does not: greatest difference",
        measured: differenceOfMeans, atLeast: 1e-4),
    ]
  }
}

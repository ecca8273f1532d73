import ArgumentParser
import Foundation
import Messages
import Tokenizers
import Torch
import Transformers

struct BERTGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Go on with a text.",
    discussion: """
      Models of the GPT kind go on with the prompt. Greedy unless --beams or --sample.

      Examples:
        danlu bert generate --model gpt2/ "The meaning of life is"
        danlu bert generate --model gpt2/ --sample --top-p 0.95 --seed 3 --count 4 "Once upon a time"
      """)

  @Argument(help: "The prompt.")
  var prompt: String

  @Option(help: "A Hugging Face folder of a GPT-like model.")
  var model: String

  @Option(help: "The most tokens that are added.")
  var maxLength = 64

  @Option(help: "Beams of a search.")
  var beams = 1

  @Flag(help: "Draw tokens at random.")
  var sample = false

  @Option(help: "How many texts are drawn (with --sample), or shown (of --beams).")
  var count = 1

  @Option(help: "Flattens above 1, sharpens below (with --sample).")
  var temperature: Float = 1

  @Option(help: "Draw from so many most probable tokens only (with --sample).")
  var topK: Int?

  @Option(help: "Draw from the most probable tokens that make up this share (with --sample).")
  var topP = 1.0

  @Option(help: "Runs of so many tokens occur once; 0: any number of times.")
  var noRepeat = 0

  @Option(help: "Above 1 makes tokens that occurred less likely.")
  var repetitionPenalty: Float = 1

  @Option(help: "Seed of what is drawn.")
  var seed: UInt64 = 0

  @OptionGroup var output: OutputOptions

  private struct Text: Encodable {
    let text: String
    let score: Double
    let isFinished: Bool
  }

  private struct Report: Encodable {
    let texts: [Text]
  }

  func validate() throws {
    if sample, beams > 1 {
      throw ValidationError("--sample draws and --beams searches: choose one")
    }
    if !sample, topK != nil || topP != 1 || temperature != 1 {
      throw ValidationError("--top-k, --top-p and --temperature need --sample")
    }
    if count < 1 || !sample && count > beams {
      throw ValidationError(
        "--count must be from 1 to the number of beams, or any with --sample; received \(count)")
    }
  }

  func run() throws {
    let loaded = try PretrainedModel<Transformer>.load(folder: model)
    guard let tokenizer = loaded.tokenizer else {
      throw FileError(path: model, reason: "has no tokenizer")
    }
    let configuration = loaded.model.configuration
    guard configuration.attention == .causal, loaded.model.languageHead != nil else {
      throw FileError(
        path: model,
        reason:
          "is a \(configuration.family.rawValue) that reads both ways; a GPT-like model can go on")
    }
    loaded.model.evaluate()
    let vocabulary = tokenizer.vocabulary
    let ends = ["<|endoftext|>", "</s>", "[SEP]"].compactMap(vocabulary.id)
    var prefix = tokenizer.tokens(prompt).map(\.id)
    if prefix.isEmpty { prefix = ends.first.map { [$0] } ?? [] }
    guard !prefix.isEmpty else { throw ValidationError("the prompt is empty") }
    let room = configuration.maxPositions - prefix.count
    guard room >= maxLength else {
      throw OptionError(
        "maxLength", expected: "at most \(max(0, room)), what the model's positions leave",
        received: maxLength)
    }
    var options = GenerationOptions(endIds: Set(ends), maxLength: maxLength)
    options.noRepeatNGramSize = noRepeat
    options.repetitionPenalty = repetitionPenalty
    let results: [Generated]
    if sample {
      let continuation = Continuation(
        loaded.model, prefixes: Array(repeating: prefix, count: count))
      results = try Sampling(options, temperature: temperature, topK: topK, topP: topP, seed: seed)
        .generate(continuation, prompts: Array(repeating: prefix, count: count))
    } else {
      results = try BeamSearch(options, beamCount: beams)
        .generate(Continuation(loaded.model, prefixes: [prefix]), prompts: [prefix])[0]
    }
    let texts = results.prefix(count).map {
      Text(text: tokenizer.decode($0.tokens), score: $0.score, isFinished: $0.isFinished)
    }
    if output.json { return try Console.json(Report(texts: Array(texts))) }
    for text in texts { Console.output(prompt + text.text) }
  }
}

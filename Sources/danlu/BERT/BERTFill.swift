import ArgumentParser
import Formats
import Foundation
import Messages
import Tokenizers
import Torch
import Transformers

struct BERTFill: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill",
    abstract: "Guess masked tokens of a text.",
    discussion: """
      Examples:
        danlu bert fill --model bert-base-chinese/ "科学[MASK][MASK]是第一生产力"
        danlu bert fill --model bert-base-chinese/ --top 3 --json "天气很[MASK]"
      """)

  @Argument(help: "The text, with [MASK] where a token is to be guessed.")
  var text: String

  @Option(help: "A Hugging Face folder of a model with a language head.")
  var model: String

  @Option(help: "How many guesses for each place.")
  var top = 5

  @OptionGroup var output: OutputOptions

  private struct Guess: Encodable {
    let token: String
    let probability: Double
  }

  private struct Report: Encodable {
    let masks: [[Guess]]
  }

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1, received \(top)") }
  }

  func run() throws {
    let loaded = try PretrainedModel<Transformer>.load(folder: model)
    guard let tokenizer = loaded.tokenizer else {
      throw FileError(path: model, reason: "has no tokenizer")
    }
    guard loaded.model.languageHead != nil else {
      throw FileError(path: model, reason: "has no language head, which fills masks")
    }
    guard let mask = ["[MASK]", "<mask>"].lazy.compactMap(tokenizer.vocabulary.id).first else {
      throw FileError(path: model, reason: "its vocabulary has neither [MASK] nor <mask>")
    }
    loaded.model.evaluate()
    let encoding = try tokenizer.encode(
      text, truncation: Truncation(maxLength: loaded.model.configuration.maxPositions))
    let places = encoding.ids.indices.filter { encoding.ids[$0] == mask }
    guard !places.isEmpty else {
      throw ValidationError("the text has no \(tokenizer.vocabulary.tokens[mask]) to fill")
    }
    let masks = withoutGradients {
      let logits = loaded.model(Tensor(encoding.ids, shape: [1, encoding.count])).logits
      return places.map { place -> [Guess] in
        guard let row = logits?[0, place].softmax(axis: 0) else { return [] }
        let (values, ids) = row.topK(min(top, row.count))
        return zip(values.array(Float.self), ids.array(Int64.self)).map {
          Guess(token: tokenizer.vocabulary.tokens[Int($1)], probability: Double($0))
        }
      }
    }
    if output.json { return try Console.json(Report(masks: masks)) }
    for guesses in masks {
      Console.output(
        guesses.map { "\($0.token) \(NumberText.fixed($0.probability, decimals: 3))" }
          .joined(separator: "  "))
    }
  }
}

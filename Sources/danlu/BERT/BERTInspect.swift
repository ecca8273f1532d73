import ArgumentParser
import Formats
import Messages
import Tokenizers
import Transformers

struct BERTInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What a model's folder holds.",
    discussion: """
      Examples:
        danlu bert inspect --model bert-base-chinese/
        danlu bert inspect --model MiniLM/ --json
      """)

  @Option(help: "A Hugging Face folder.")
  var model: String

  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let family: String
    let layers, hiddenSize, heads, vocabularySize, maxPositions, parameters: Int
    let outputs: [String]
    let tokenizer: String?
    let tokens: Int?
  }

  func run() throws {
    let loaded = try PretrainedModel<Transformer>.load(folder: model)
    let configuration = loaded.model.configuration
    let names: [(TransformerHeads, String)] = [
      (.pooler, "pooler"), (.nextSentence, "next sentence"), (.languageModel, "language model"),
      (.discriminator, "discriminator"),
    ]
    let report = Report(
      family: configuration.family.rawValue, layers: configuration.numLayers,
      hiddenSize: configuration.hiddenSize, heads: configuration.numHeads,
      vocabularySize: configuration.vocabularySize, maxPositions: configuration.maxPositions,
      parameters: loaded.model.namedParameters().reduce(0) { $0 + $1.parameter.value.count },
      outputs: names.filter { configuration.heads.contains($0.0) }.map(\.1),
      tokenizer: loaded.tokenizer.map { "\(type(of: $0))" },
      tokens: loaded.tokenizer?.vocabulary.count)
    if output.json { return try Console.json(report) }
    Console.output(
      "\(report.family): \(report.layers) layers of \(report.hiddenSize), \(report.heads) heads, "
        + "\(NumberText.grouped(report.parameters)) parameters")
    Console.output(
      "vocabulary \(report.vocabularySize), positions \(report.maxPositions), outputs: "
        + (report.outputs.isEmpty ? "states" : "states, " + report.outputs.joined(separator: ", ")))
    Console.output(
      report.tokenizer.map { "\($0), \(report.tokens ?? 0) tokens" } ?? "no tokenizer in the folder"
    )
  }
}

import ArgumentParser
import Transformers

/// What describes a new model, which a command that was given `--model` has no use for.
struct NewModelOptions: ParsableArguments {
  @Option(help: "Layers of a new model.") var layers: Int?
  @Option(help: "Length of a new model's states.") var hiddenSize: Int?
  @Option(help: "Attention heads of a new model.") var heads: Int?
  @Option(help: "Dropout of a new model.") var dropout: Double?
  @Option(help: "Tokens of a new model.") var vocabularySize: Int?
  @Flag(help: "A new model keeps capitals and accents.") var cased = false

  /// `sizes`, but for those that were given.
  func sizes(over sizes: NewTransformer) -> NewTransformer {
    NewTransformer(
      layers: layers ?? sizes.layers, hiddenSize: hiddenSize ?? sizes.hiddenSize,
      heads: heads ?? sizes.heads, dropout: dropout ?? sizes.dropout)
  }

  /// Throws `ValidationError` if any was given.
  func refuse() throws {
    let given = [
      ("--layers", layers != nil), ("--hidden-size", hiddenSize != nil),
      ("--heads", heads != nil), ("--dropout", dropout != nil),
      ("--vocabulary-size", vocabularySize != nil), ("--cased", cased),
    ].filter(\.1).map(\.0)
    guard given.isEmpty else {
      throw ValidationError(
        "\(given.joined(separator: ", ")) describe a new model; --model starts from one that is there"
      )
    }
  }
}

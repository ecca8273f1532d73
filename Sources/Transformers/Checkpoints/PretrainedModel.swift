import Messages
import Tokenizers

/// A model and the tokenizer that goes with it, from one folder.
///
///     let bert = try PretrainedModel<Transformer>.load(folder: "bert-base-chinese")
///     let ids = try bert.tokenizer?.encode("语言模型").ids
public struct PretrainedModel<Model: PretrainedModule> {
  public let model: Model
  /// `nil` if the folder has no files of one.
  public let tokenizer: (any Tokenizer)?

  /// Throws what `PretrainedModule.load(folder:)` throws, and `InputError` if the tokenizer has more tokens than
  /// the model has rows for.
  public static func load(
    folder: String, options: CheckpointOptions = CheckpointOptions()
  ) throws -> PretrainedModel {
    let tokenizer = try TokenizerFile.find(in: folder)
    let model = try Model.load(folder: folder, options: options)
    let (tokens, rows) = (tokenizer?.vocabulary.count ?? 0, model.configuration.vocabularySize)
    guard tokens <= rows || options.vocabulary != nil else {
      throw InputError(
        "\(folder): its tokenizer has \(tokens) tokens and its checkpoint \(rows) rows; they are not of one "
          + "model")
    }
    return PretrainedModel(model: model, tokenizer: tokenizer)
  }
}

import Formats
import Foundation
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
    let tokenizer = try TokenizerFolder.tokenizer(in: folder)
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

/// Finds the tokenizer of a folder.
enum TokenizerFolder {
  /// From `tokenizer.json`, or else the files of a slow tokenizer: `vocab.txt`, `spiece.model`, `vocab.json` with
  /// `merges.txt`. `nil` if there is none.
  static func tokenizer(in folder: String) throws -> (any Tokenizer)? {
    func path(_ name: String) -> String? {
      let path = "\(folder)/\(name)"
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }
    if let path = path("tokenizer.json") { return try TokenizerFile.read(path) }
    if let path = path("vocab.txt") {
      return try WordPieceTokenizer(
        vocabulary: Vocabulary(contentsOf: path),
        rules: .huggingFace(lowercases: lowercases(folder)))
    }
    if let path = ["spiece.model", "spm.model", "sentencepiece.bpe.model"].lazy.compactMap(path)
      .first
    {
      return try SentencePieceTokenizer(SentencePieceModel(contentsOf: path))
    }
    if let vocabulary = path("vocab.json"), let merges = path("merges.txt") {
      return try ByteLevelTokenizer(vocabulary: vocabulary, merges: merges)
    }
    return nil
  }

  /// `do_lower_case` of `tokenizer_config.json`, true where it does not say.
  private static func lowercases(_ folder: String) throws -> Bool {
    let path = "\(folder)/tokenizer_config.json"
    guard FileManager.default.fileExists(atPath: path) else { return true }
    let file = try MappedFile(path: path)
    do {
      return try JSONValue(parsing: file.bytes)["do_lower_case"]?.boolValue ?? true
    } catch {
      throw FileError(path: path, reason: "\(error)")
    }
  }
}

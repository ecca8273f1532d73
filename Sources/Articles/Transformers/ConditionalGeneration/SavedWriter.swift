import Formats
import Foundation
import Messages
import Tokenizers
import Transformers

/// A trained writer in a run's folder: `writer/` (labels) or `captioner/` (pictures) with `vocab.txt`,
/// `tokenizer_config.json`, `transformer.json`, `condition.json`, `model.safetensors` and, of pictures, `example.png`.
public struct SavedWriter {
  public enum Kind: String, Sendable {
    case label = "writer"
    case picture = "captioner"
  }

  private let folder: String
  private let kind: Kind

  /// - Parameter run: The run's folder.
  public init(run: String, _ kind: Kind) {
    folder = run + "/" + kind.rawValue
    self.kind = kind
  }

  /// Whether the run left one.
  public var exists: Bool { FileManager.default.fileExists(atPath: folder + "/model.safetensors") }

  /// A picture that the writer was not trained on.
  public var examplePicture: String? {
    let path = folder + "/example.png"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// The labels that can be asked for; none of a writer about pictures.
  public func labels() throws -> [String] {
    guard case .labels(let labels) = try condition() else { return [] }
    return labels
  }

  func write(_ writer: ConditionedWriter, _ tokens: WriterTokens, example: Image? = nil) throws {
    try TokenizerFile.write(tokens.tokenizer, maxLength: tokens.maxLength, to: folder)
    try AtomicFile.write(
      JSONValue(encoding: writer.body.configuration).text(pretty: true) + "\n",
      to: folder + "/transformer.json")
    try AtomicFile.write(
      JSONValue(encoding: writer.condition).text(pretty: true) + "\n",
      to: folder + "/condition.json")
    try example?.writePNG(to: folder + "/example.png")
    writer.move(to: .cpu)
    try writer.save(to: folder + "/model.safetensors")
  }

  private func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    let path = "\(folder)/\(name)"
    guard exists else {
      throw InputError(
        kind == .label
          ? "\(folder) does not exist: only finished runs of conditional-text-generation with labels write texts "
            + "of a label"
          : "\(folder) does not exist: only finished runs of conditional-text-generation with pictures write "
            + "about an image")
    }
    let file = try MappedFile(path: path)
    do {
      return try JSONValue(parsing: file.bytes).decoded(as: type)
    } catch {
      throw FileError(path: path, reason: "describes no writer that this version knows")
    }
  }

  private func condition() throws -> WriterCondition {
    try decoded(WriterCondition.self, "condition.json")
  }

  /// The writer, read into memory.
  public func load() throws -> LoadedWriter {
    let configuration = try decoded(TransformerConfiguration.self, "transformer.json")
    let writer = ConditionedWriter(configuration, try condition())
    guard let tokenizer = try TokenizerFile.find(in: folder) as? WordPieceTokenizer else {
      throw FileError(path: folder, reason: "has no vocab.txt")
    }
    guard tokenizer.vocabulary.count == configuration.vocabularySize else {
      throw FileError(
        path: folder + "/vocab.txt",
        reason:
          "has \(tokenizer.vocabulary.count) tokens, the model \(configuration.vocabularySize)")
    }
    try writer.load(from: folder + "/model.safetensors")
    writer.evaluate()
    return LoadedWriter(
      writer, try WriterTokens(tokenizer, maxLength: configuration.maxPositions - 4))
  }
}

import Datasets
import Formats
import Foundation
import Messages
import Tokenizers
import Torch
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
            + "of a --condition"
          : "\(folder) does not exist: only finished runs of conditional-text-generation with pictures write "
            + "about an --image")
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

  private func load() throws -> (ConditionedWriter, WriterTokens) {
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
    return (writer, try WriterTokens(tokenizer, maxLength: configuration.maxPositions - 4))
  }

  /// How texts are drawn.
  public struct Drawing: Sendable {
    public var count = 1
    public var topP = 0.95
    public var temperature: Float = 1
    public var seed: UInt64 = 0

    public init() {}
  }

  /// Writes texts about `label`, telling each piece of text as it is drawn, and the end of each text as `nil`; returns the
  /// texts.
  ///
  /// Throws `InputError` for a label that the writer does not know, with the nearest one or all of them.
  public func texts(
    label: String, _ drawing: Drawing, _ tell: @escaping (_ piece: String?) -> Void = { _ in }
  ) throws -> [String] {
    let labels = try labels()
    guard let number = labels.firstIndex(of: label) else {
      let hint =
        nearestName(to: label, among: labels).map { "did you mean '\($0)'?" }
        ?? "it knows \(labels.prefix(20).joined(separator: ", "))"
      throw InputError("the writer knows no condition '\(label)'; \(hint)")
    }
    let (writer, tokens) = try load()
    let condition = withoutGradients { writer.condition(label: number) }
    return try draw(writer, tokens, condition, drawing, tell)
  }

  /// Writes texts about the PNG picture at `path`. Throws `FileError` for a file that is none.
  public func texts(
    picture path: String, _ drawing: Drawing,
    _ tell: @escaping (_ piece: String?) -> Void = { _ in }
  ) throws -> [String] {
    guard case .picture(let side) = try condition() else {
      throw FileError(path: folder + "/condition.json", reason: "is not of pictures")
    }
    let picture = try Image(pngPath: path).onSquare(side: side)
    let (writer, tokens) = try load()
    let batch = try BatchLoader(
      Examples(count: 1) { _, _ in Example(["picture": .image(picture)]) },
      .init(batchSize: 1, prefetch: 0)
    ).next()
    let condition = withoutGradients { writer.conditions(batch) }
    return try draw(writer, tokens, condition, drawing, tell)
  }

  private func draw(
    _ writer: ConditionedWriter, _ tokens: WriterTokens, _ condition: Tensor, _ drawing: Drawing,
    _ tell: @escaping (String?) -> Void
  ) throws -> [String] {
    let options = GenerationOptions(endIds: [tokens.end], maxLength: tokens.maxLength)
    return try (0..<drawing.count).map { index in
      var told = ""
      func text(_ ids: [Int]) -> String {
        tokens.tokenizer.decode(ids.filter { $0 != tokens.end })
      }
      let sampling = Sampling(
        options, temperature: drawing.temperature, topP: drawing.topP,
        seed: drawing.seed &+ UInt64(index))
      let drawn = try sampling.generate(
        Continuation(writer.body, prefixes: [[tokens.start]], condition: condition)
      ) { drawn in
        let now = text(drawn[0])
        // A later piece may change what an earlier one looked like; only what is sure to stay is told.
        if now.hasPrefix(told), now.count > told.count {
          tell(String(now.dropFirst(told.count)))
          told = now
        }
        return true
      }
      let whole = text(drawn[0].tokens)
      if whole.hasPrefix(told), whole.count > told.count {
        tell(String(whole.dropFirst(told.count)))
      }
      tell(nil)
      return whole
    }
  }
}

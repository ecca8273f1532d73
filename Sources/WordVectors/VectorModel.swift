import Messages
import Parallel

/// What training gives: vectors of words, contexts and documents, and all that is needed to infer
/// the vectors of new documents.
public struct VectorModel: Sendable {
  /// The kinds of vectors.
  public enum Table: String, Sendable, CaseIterable {
    case words, contexts, documents
  }

  public let options: VectorOptions
  public let vocabulary: VectorVocabulary
  /// The word vectors: `U` of JoSE, the input vectors of skip-gram and of the bag of words.
  public let words: VectorTable
  /// The context vectors: `V` of JoSE, the output vectors of the others.
  public let contexts: VectorTable
  /// The document vectors, named by their numbers from 0; `nil` if none were trained.
  public let documents: VectorTable?

  init(
    options: VectorOptions, vocabulary: VectorVocabulary, words: [Float], contexts: [Float],
    documents: [Float]?
  ) {
    let dimension = options.dimension
    self.options = options
    self.vocabulary = vocabulary
    self.words = VectorTable(words: vocabulary.words, dimension: dimension, matrix: words)
    self.contexts = VectorTable(words: vocabulary.words, dimension: dimension, matrix: contexts)
    self.documents = documents.map { matrix in
      VectorTable(
        words: (0..<matrix.count / dimension).map(String.init), dimension: dimension,
        matrix: matrix)
    }
  }

  /// Reads a model that `VectorTrainer.write(to:)` wrote. Throws `FileError`.
  public init(contentsOf path: String) throws { self = try VectorFile.embedding(path: path) }
}

extension VectorTrainer {
  /// The vectors as they are now.
  public func embedding() -> VectorModel {
    VectorModel(
      options: options, vocabulary: vocabulary, words: tables.words.matrix,
      contexts: tables.contexts.matrix, documents: tables.documents?.matrix)
  }

  /// Writes the model as one safetensors file; it appears whole or not at all.
  public func write(to path: String) throws {
    try VectorFile.write(
      options: options, vocabulary: vocabulary, tables: tables, position: nil, to: path)
  }

  /// Writes everything that `resume(from:)` needs to go on from here.
  public func writeCheckpoint(to path: String) throws {
    try VectorFile.write(
      options: options, vocabulary: vocabulary, tables: tables,
      position: VectorFile.Position(
        completedParts: completedParts, completedTokens: completedTokens,
        corpus: corpus.fingerprint),
      to: path)
  }

  /// Goes on from a checkpoint. On one thread the result is, byte for byte, that of a training which
  /// was never interrupted.
  ///
  /// Throws `FileError` if the checkpoint belongs to another corpus or to other options; the number
  /// of threads may differ.
  public func resume(from path: String) throws {
    let (saved, position) = try VectorFile.restore(
      path: path, vocabulary: vocabulary, into: tables)
    try resume(options: saved, position: position, path: path)
  }

  /// Writes one kind of vectors as text in word2vec's format, row by row. Throws `InputError` if
  /// there are none of that kind.
  public func writeText(_ kind: VectorModel.Table, to path: String) throws {
    let table: RowTable? =
      switch kind {
      case .words: tables.words
      case .contexts: tables.contexts
      case .documents: tables.documents
      }
    guard let table else { throw InputError("no document vectors were trained") }
    try table.writeText(to: path) { kind == .documents ? String($0) : self.vocabulary.words[$0] }
  }
}

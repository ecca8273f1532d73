import Formats
import Foundation
import Messages

/// A trained model, or one half-way, as one safetensors file: the tensors `words`, `contexts` and
/// `documents` (Float32, shape `(rows, dimension)`), the names of the words (`vocabulary`, UTF-8
/// lines) and their counts, and in the metadata the options and, of a checkpoint, the position.
enum VectorFile {
  static let format = "danlu vectors 1"

  /// Where an unfinished training stands.
  struct Position: Codable, Equatable {
    var completedParts: Int
    var completedTokens: Int
    var corpus: UInt64
  }

  static func isSafetensors(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    // Eight bytes of length, of which the upper ones are 0, then a JSON object: no text has that.
    guard let head = try? file.read(upToCount: 9), head.count == 9 else { return false }
    return head[8] == UInt8(ascii: "{") && head[5..<8].allSatisfy { $0 == 0 }
  }

  static func write(
    options: VectorOptions, vocabulary: VectorVocabulary, tables: EmbeddingTables,
    position: Position?, to path: String
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var metadata = [
      "format": format,
      "options": String(decoding: try encoder.encode(options), as: UTF8.self),
    ]
    if let position {
      metadata["position"] = String(decoding: try encoder.encode(position), as: UTF8.self)
    }
    let names = Array(vocabulary.words.joined(separator: "\n").utf8)
    var tensors = [
      SafetensorsTensor(name: "vocabulary", names, shape: [names.count]),
      SafetensorsTensor(name: "counts", vocabulary.counts, shape: [vocabulary.count]),
      tensor("words", tables.words), tensor("contexts", tables.contexts),
    ]
    if let documents = tables.documents { tensors.append(tensor("documents", documents)) }
    try SafetensorsWriter.write(tensors, metadata: metadata, to: path)
  }

  private static func tensor(_ name: String, _ table: RowTable) -> SafetensorsTensor {
    SafetensorsTensor(
      name: name, elementType: .float32, shape: [table.rows, table.dimension],
      withBytes: table.withMatrixBytes)
  }

  // MARK: Reading

  private static func invalid(_ path: String, _ reason: String) -> FileError {
    FileError(path: path, reason: "not a model of `danlu vectors train`: \(reason)")
  }

  private static func open(_ path: String) throws -> SafetensorsFile {
    let file = try SafetensorsFile(path: path)
    guard file.header.metadata["format"] == format else {
      throw invalid(path, "its metadata lack format \"\(format)\"")
    }
    return file
  }

  static func options(of file: SafetensorsFile, path: String) throws -> VectorOptions {
    guard let text = file.header.metadata["options"],
      let options = try? JSONDecoder().decode(VectorOptions.self, from: Data(text.utf8))
    else { throw invalid(path, "its options cannot be read") }
    try options.check()
    return options
  }

  private static func vocabulary(of file: SafetensorsFile, path: String) throws -> VectorVocabulary
  {
    guard
      let names = try file.array(try entry("vocabulary", of: file)).values(as: UInt8.self),
      let counts = try file.array(try entry("counts", of: file)).values(as: Int.self),
      let text = String(validating: names, as: UTF8.self)
    else { throw invalid(path, "its vocabulary cannot be read") }
    let words = names.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false)
    guard words.count == counts.count, counts.allSatisfy({ $0 >= 0 }) else {
      throw invalid(path, "it has \(words.count) words and \(counts.count) counts")
    }
    return VectorVocabulary(words: words.map(String.init), counts: counts)
  }

  /// The entry of a tensor, or the error that the file lacks it.
  private static func entry(
    _ name: String, of file: SafetensorsFile
  ) throws -> SafetensorsEntry {
    guard let entry = file[name] else { throw invalid(file.path, "it has no tensor \(name)") }
    return entry
  }

  /// The rows of a table where they lie in the file.
  private static func rowBytes(
    _ name: String, of file: SafetensorsFile, rows: Int?, dimension: Int
  ) throws -> UnsafeRawBufferPointer {
    let entry = try entry(name, of: file)
    guard entry.elementType == .float32, entry.shape.count == 2,
      entry.shape[0] == rows ?? entry.shape[0], entry.shape[1] == dimension
    else {
      throw invalid(
        file.path,
        "tensor \(name) is \(entry.typeName) of shape \(entry.shape), expected F32 of "
          + "shape [\(rows.map(String.init) ?? "rows"), \(dimension)]")
    }
    let bytes = file.bytes(of: entry)
    for offset in stride(from: 0, to: bytes.count, by: 4) {
      guard bytes.loadUnaligned(fromByteOffset: offset, as: Float.self).isFinite else {
        throw invalid(file.path, "tensor \(name) has numbers that are not finite")
      }
    }
    return bytes
  }

  private static func matrix(
    _ name: String, of file: SafetensorsFile, rows: Int?, dimension: Int
  ) throws -> [Float] {
    let bytes = try rowBytes(name, of: file, rows: rows, dimension: dimension)
    return [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      count = bytes.count / 4
    }
  }

  private static func hasDocuments(_ file: SafetensorsFile) -> Bool {
    file["documents"] != nil
  }

  static func vectors(path: String, table: VectorModel.Table) throws -> VectorTable {
    let file = try open(path)
    let dimension = try options(of: file, path: path).dimension
    if table == .documents, !hasDocuments(file) {
      throw FileError(path: path, reason: "the model has no document vectors")
    }
    let vocabulary = table == .documents ? nil : try vocabulary(of: file, path: path)
    let matrix = try matrix(
      table.rawValue, of: file, rows: vocabulary?.count, dimension: dimension)
    let names = vocabulary?.words ?? (0..<matrix.count / dimension).map(String.init)
    return VectorTable(words: names, dimension: dimension, matrix: matrix)
  }

  static func embedding(path: String) throws -> VectorModel {
    let file = try open(path)
    let options = try options(of: file, path: path)
    let vocabulary = try vocabulary(of: file, path: path)
    func table(_ name: String, rows: Int?) throws -> [Float] {
      try matrix(name, of: file, rows: rows, dimension: options.dimension)
    }
    return VectorModel(
      options: options, vocabulary: vocabulary,
      words: try table("words", rows: vocabulary.count),
      contexts: try table("contexts", rows: vocabulary.count),
      documents: hasDocuments(file) ? try table("documents", rows: nil) : nil)
  }

  /// Puts a checkpoint's rows into `tables` and returns its options and position.
  static func restore(
    path: String, vocabulary expected: VectorVocabulary, into tables: EmbeddingTables
  ) throws -> (options: VectorOptions, position: Position) {
    let file = try open(path)
    let options = try options(of: file, path: path)
    guard let text = file.header.metadata["position"],
      let position = try? JSONDecoder().decode(Position.self, from: Data(text.utf8))
    else {
      throw FileError(path: path, reason: "a finished model, not a checkpoint to resume from")
    }
    guard options.dimension == tables.words.dimension else {
      throw FileError(
        path: path,
        reason: "the checkpoint has dimension \(options.dimension), asked for "
          + "\(tables.words.dimension)")
    }
    guard try vocabulary(of: file, path: path).words == expected.words else {
      throw FileError(
        path: path, reason: "the checkpoint belongs to another corpus or minimum count")
    }
    let all: [(String, RowTable?)] = [
      ("words", tables.words), ("contexts", tables.contexts), ("documents", tables.documents),
    ]
    for case (let name, let table?) in all {
      let bytes = try rowBytes(name, of: file, rows: table.rows, dimension: table.dimension)
      let width = table.dimension * 4
      for row in 0..<table.rows {
        UnsafeMutableRawBufferPointer(start: table.row(row), count: width)
          .copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[row * width..<(row + 1) * width]))
      }
    }
    return (options, position)
  }
}

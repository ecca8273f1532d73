import ArgumentParser
import Distributed
import Formats
import Foundation
import Messages
import Text
import Tokenizers
import Torch
import Transformers

extension SentenceEncoder.Pooling: ExpressibleByArgument {}

struct BERTEncode: RankedCommand {
  enum Numbers: String, ExpressibleByArgument, CaseIterable {
    case fp32, bf16, int8, auto
  }

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case json, npy
  }

  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Vectors of lines of text.",
    discussion: """
      Writes one JSON object for each line, {"vector": […]}, or one matrix of all lines in NumPy's format.
      Inside, lines of similar length go through the model together.

      Examples:
        danlu bert encode --model MiniLM/ --normalize sentences.txt > vectors.jsonl
        danlu bert encode --model bert-base-chinese/ --pooling cls --format npy --out v.npy corpus.txt.gz
      """)

  @Argument(help: "Text files; standard input without them. gzip is unpacked.")
  var files: [String] = ["-"]

  @Option(help: "A Hugging Face folder: config.json, weights, tokenizer.")
  var model: String

  @Option(help: "cls: the first token's state; mean: that of all tokens.")
  var pooling = SentenceEncoder.Pooling.mean

  @Flag(help: "Scale vectors to length 1.")
  var normalize = false

  @Option(help: "The most tokens of a line; the rest is cut off.")
  var maxLength: Int?

  @Option(help: "Lines that go through the model together.")
  var batch = 32

  @Option(
    help: """
      fp32; bf16: all numbers of 16 bits; int8: linear maps of 8-bit whole numbers, on the processor; auto: bf16 \
      if a short trial of the model's own sizes says that it is faster.
      """)
  var precision = Numbers.fp32

  @Option(help: "json or npy.")
  var format = Format.json

  @Option(help: "Write to this file instead of standard output.")
  var out: String?

  @OptionGroup var text: TextOptions
  @OptionGroup var ranks: RankOptions

  func validate() throws {
    if format == .npy, out == nil { throw ValidationError("--format npy needs --out FILE") }
    if batch < 1 { throw ValidationError("--batch must be at least 1, received \(batch)") }
  }

  /// Lines that are sorted by length together.
  private static let window = 4096

  func run() throws {
    let world = try ranks.start()
    if !world.isAlone {
      guard !files.contains("-") else {
        throw ValidationError(
          "standard input reaches one rank only; name files that all hosts have")
      }
      try world.agree(on: [
        "the text": try Ranks.fingerprint(of: files), "the length of a window": "\(Self.window)",
        "the model": try Ranks.fingerprint(of: modelFiles()),
        "the options": CommandLine.arguments.dropFirst().joined(separator: " "),
      ])
    }
    let encoder = try encoder()
    let started = ContinuousClock.now
    var count = 0
    guard world.isRoot else {
      _ = try lines(encoder) { _ in }
      return
    }
    switch (format, out) {
    case (.json, nil): count = try lines(encoder) { try Console.write(Self.json($0)) }
    case (.json, let path?):
      try AtomicFile.write(to: path) { file in
        count = try lines(encoder) { try file.write(Self.json($0)) }
      }
    case (.npy, _):
      var values: [Float] = []
      count = try lines(encoder) { for vector in $0 { values += vector } }
      let array = NumericArray(
        values, shape: [count, encoder.model.configuration.hiddenSize])
      try NPY.write(array, to: out ?? "")
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    Console.note(String(format: "%d lines in %.2f s", count, seconds))
  }

  /// The files of the model's folder, none of those below it.
  private func modelFiles() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: model)) ?? []
    return names.sorted().map { model + "/" + $0 }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }
  }

  private func encoder() throws -> SentenceEncoder {
    let loaded = try PretrainedModel<Transformer>.load(folder: model)
    guard let tokenizer = loaded.tokenizer else {
      throw FileError(
        path: model, reason: "has no tokenizer: vocab.txt, tokenizer.json or a SentencePiece model")
    }
    loaded.model.evaluate()
    switch precision {
    case .fp32: break
    case .bf16: loaded.model.move(dtype: .bfloat16)
    case .int8: try loaded.model.roundLinearMapsToInt8()
    case .auto:
      let trial = SentenceEncoder.precisionTrial(loaded.model.configuration)
      // One number type for all: rank 0 decides.
      let world = Communicator.world
      let prefersBFloat = try world.broadcast([trial.prefersBFloat ? 1 : 0]) == [1]
      Console.note(
        String(
          format: "a product takes %.2f ms in fp32, %.2f ms in bf16: %@", trial.float * 1e3,
          trial.bfloat * 1e3, prefersBFloat ? "bf16" : "fp32"))
      if prefersBFloat { loaded.model.move(dtype: .bfloat16) }
    }
    if precision != .int8 { loaded.model.packLinearMaps() }
    var encoder = SentenceEncoder(loaded.model, tokenizer)
    encoder.pooling = pooling
    encoder.normalizes = normalize
    encoder.batchSize = batch
    if let maxLength {
      guard maxLength <= encoder.model.configuration.maxPositions else {
        throw OptionError(
          "maxLength",
          expected: "at most the model's \(encoder.model.configuration.maxPositions) positions",
          received: maxLength)
      }
      encoder.maxLength = maxLength
    }
    return encoder
  }

  /// Calls `body` with the vectors of a few thousand lines after the other; returns how many there were.
  private func lines(
    _ encoder: SentenceEncoder, _ body: ([[Float]]) throws -> Void
  ) throws -> Int {
    var count = 0
    var waiting: [String] = []
    func finish() throws {
      guard !waiting.isEmpty else { return }
      try body(try encodedTogether(waiting, encoder))
      count += waiting.count
      waiting = []
    }
    let skipped = try text.source(files).forEachLine("encoding", work: Terminal.work) { line, _ in
      let bytes = line.last == 0x0D ? UnsafeBufferPointer(rebasing: line.dropLast()) : line
      waiting.append(String(decoding: bytes, as: UTF8.self))
      if waiting.count == Self.window { try finish() }
    }
    try finish()
    text.note(skipped: skipped)
    return count
  }

  /// Vectors of lines of which each rank encodes some neighbouring ones.
  private func encodedTogether(_ lines: [String], _ encoder: SentenceEncoder) throws -> [[Float]] {
    let world = Communicator.world
    guard !world.isAlone else { return try encoder.encode(lines) }
    let rows = lines.count * world.rank / world.size..<lines.count * (world.rank + 1) / world.size
    let own = rows.isEmpty ? [] : try encoder.encode(Array(lines[rows]))
    let all = try world.gather(own.flatMap { $0 }.withUnsafeBytes { Array($0) })
    guard world.isRoot else { return [] }
    let width = encoder.model.configuration.hiddenSize
    return all.flatMap { bytes in
      bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / (4 * width)).map { row in
          (0..<width).map {
            bytes.loadUnaligned(fromByteOffset: 4 * (row * width + $0), as: Float.self)
          }
        }
      }
    }
  }

  private static func json(_ vectors: [[Float]]) -> [UInt8] {
    Array(
      vectors.map { "{\"vector\":[" + $0.map { "\($0)" }.joined(separator: ",") + "]}\n" }.joined()
        .utf8)
  }
}

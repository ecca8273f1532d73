import ArgumentParser
import Formats
import Foundation
import Messages
import Text
import Tokenizers
import Torch
import Transformers

extension SentenceEncoder.Pooling: ExpressibleByArgument {}

struct BERTEncode: ParsableCommand {
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

  func validate() throws {
    if format == .npy, out == nil { throw ValidationError("--format npy needs --out FILE") }
    if batch < 1 { throw ValidationError("--batch must be at least 1, received \(batch)") }
  }

  /// Lines that are sorted by length together.
  private static let window = 4096

  func run() throws {
    let encoder = try encoder()
    let started = ContinuousClock.now
    var count = 0
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
      Console.note(
        String(
          format: "a product takes %.2f ms in fp32, %.2f ms in bf16: %@", trial.float * 1e3,
          trial.bfloat * 1e3, trial.prefersBFloat ? "bf16" : "fp32"))
      if trial.prefersBFloat { loaded.model.move(dtype: .bfloat16) }
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
      try body(try encoder.encode(waiting))
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

  private static func json(_ vectors: [[Float]]) -> [UInt8] {
    Array(
      vectors.map { "{\"vector\":[" + $0.map { "\($0)" }.joined(separator: ",") + "]}\n" }.joined()
        .utf8)
  }
}

import Formats
import Foundation
import Layers
import Messages
import Tokenizers
import Torch
import Transformers

/// Lines of a text through a model of Hugging Face's in padded batches; the last layer's output of the first
/// batch goes to `states.safetensors` of a folder, to be held against another library's, and the model itself to
/// its `model`.
enum TextEncoding {
  static func run(_ arguments: [String]) throws {
    let (folder, text, out) = (arguments[0], arguments[1], arguments[2])
    let size = Int(arguments[3]) ?? 16
    let pair = try PretrainedModel<Transformer>.load(folder: folder)
    guard let tokenizer = pair.tokenizer else { throw InputError("\(folder) has no tokenizer") }
    let lines = try String(contentsOfFile: text, encoding: .utf8).split(separator: "\n").map(
      String.init)
    let encodings = try tokenizer.encode(lines, threads: 1)
    let batches = stride(from: 0, to: encodings.count, by: size).map { start in
      let batch = encodings[start..<min(start + size, encodings.count)]
      let length = batch.map(\.count).max() ?? 0
      return Tensor(batch.map { $0.ids + [Int](repeating: 0, count: length - $0.count) })
    }
    var first: Tensor?
    let rounds = Rounds(5) {
      withInferenceMode {
        for (index, tokens) in batches.enumerated() {
          let states = pair.model(tokens).hiddenStates
          if index == 0 { first = states }
        }
      }
    }
    rounds.report(
      "encode", repetitions: 1, extra: ", \"tokens\": \(batches.reduce(0) { $0 + $1.count })")
    guard let first else { return }
    try SafetensorsWriter.write(
      [
        SafetensorsTensor(name: "hiddenStates", first),
        SafetensorsTensor(name: "tokens", batches[0]),
      ], to: out + "/states.safetensors")
    try pair.model.save(folder: out + "/model")
  }
}

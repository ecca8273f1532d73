import Formats
import Foundation
import Layers
import TestSupport
import Testing
import Torch

@testable import Transformers

/// Against what `transformers` computes of tiny random models in float64 (`Scripts/golden/transformers.py`).
@Suite(.enabled(if: hasTorch, torchReason)) struct FamilyTests {
  static func folder(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Golden/" + name, ofType: nil))
  }

  static var options: CheckpointOptions {
    var options = CheckpointOptions()
    options.dtype = .float64
    return options
  }

  static func golden(_ name: String) throws -> [String: Tensor] {
    let file = try SafetensorsFile(path: folder(name) + "/golden.safetensors")
    return try Dictionary(
      uniqueKeysWithValues: file.entries.map { ($0.name, try file.tensor($0)) })
  }

  /// Holds outputs at what is no padding, and gradients by the file's names, against the golden ones.
  static func check(
    _ model: some PretrainedModule, _ name: String, _ outputs: [String: Tensor?],
    _ golden: [String: Tensor], tolerance: Double = 1e-8
  ) throws {
    let visible = try #require(golden["visible"])
    var (found, weights): ([Tensor], [Tensor]) = ([], [])
    for (kind, output) in outputs {
      let output = try #require(output, "\(name) gives no \(kind)")
      let expected = try #require(golden["output.\(kind)"])
      let weight = try #require(golden["weight.\(kind)"])
      var mask = Tensor.ones(expected.shape, dtype: .float64)
      if expected.shape.starts(with: visible.shape) {
        mask = mask * visible.to(.float64).reshaped(visible.shape + (expected.rank == 3 ? [1] : []))
      }
      expectClose(output * mask, expected * mask, tolerance, "\(name) \(kind)")
      found.append(output)
      weights.append(weight)
    }
    let rules = model.configuration.family.rules
    let map = rules.weightMap(model.configuration)
    let named = model.namedParameters()
    let gradients = gradients(
      of: found, withRespectTo: named.map(\.parameter.value), outputGradients: weights)
    var parts: [String: [(Int, Tensor)]] = [:]
    for ((own, _), gradient) in zip(named, gradients) {
      parts[map.fileName(own), default: []].append((map.part(own)?.index ?? 0, gradient))
    }
    var count = 0
    for (key, expected) in golden where key.hasPrefix("gradient.") {
      let file = String(key.dropFirst("gradient.".count))
      guard let own = parts[file] else { continue }
      var gradient = Tensor.concatenate(own.sorted { $0.0 < $1.0 }.map(\.1))
      if rules.isTransposed(file) { gradient = gradient.transposed() }
      expectClose(gradient, expected, tolerance, "\(name) \(key)")
      count += 1
    }
    #expect(count >= 8, "\(name): \(count) gradients")
  }

  @Test(arguments: [
    "bert", "roberta", "albert", "electra", "electra-generator", "roformer", "openai-gpt", "gpt2",
    "nezha", "roformer_v2", "gau_alpha", "gpt2_ml",
  ])
  func equalsTransformers(name: String) throws {
    let model = try Transformer.load(folder: Self.folder(name), options: Self.options)
    let golden = try Self.golden(name)
    let hasSegments = model.configuration.segmentCount > 1
    let output = model(
      try #require(golden["tokens"]), segments: hasSegments ? golden["segments"] : nil,
      visible: golden["visible"])
    let all = [
      "hiddenStates": output.hiddenStates, "logits": output.logits,
      "nextSentence": output.nextSentence, "replaced": output.replaced,
    ]
    try Self.check(model, name, all.filter { golden["output.\($0.key)"] != nil }, golden)
  }

  @Test(arguments: ["t5", "t5v1_1", "mt5"])
  func encoderDecoderEqualsTransformers(name: String) throws {
    let model = try EncoderDecoder.load(folder: Self.folder(name), options: Self.options)
    let golden = try Self.golden(name)
    let source = try #require(golden["tokens"])
    let output = model(
      source, target: try #require(golden["decoder_input_ids"]), visible: golden["visible"])
    try Self.check(
      model, name,
      [
        "encoded": model.encode(source, visible: golden["visible"]),
        "decoded": output.hiddenStates, "logits": output.logits,
      ], golden)
  }
}

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

  /// What is saved holds the tensors that `transformers` wrote, and no others, and says the same of them.
  @Test(arguments: [
    "bert", "roberta", "albert", "electra", "electra-generator", "roformer", "openai-gpt", "gpt2",
    "t5", "t5v1_1", "mt5",
  ])
  func savedAsTransformersDoes(name: String) throws {
    let folder = try Self.folder(name)
    try withTemporaryFolder { temporary in
      let configuration = try TransformerConfiguration(path: folder + "/config.json")
      if configuration.family.rules.hasEncoderAndDecoder {
        try EncoderDecoder.load(folder: folder, options: Self.options).save(
          folder: temporary + "/m")
      } else {
        try Transformer.load(folder: folder, options: Self.options).save(folder: temporary + "/m")
      }
      let original = try SafetensorsFile(path: folder + "/model.safetensors")
      let saved = try SafetensorsFile(path: temporary + "/m/model.safetensors")
      let expected = original.entries.filter { !configuration.family.rules.isBuffer($0.name) }
      #expect(Set(saved.entries.map(\.name)) == Set(expected.map(\.name)))
      for entry in expected {
        #expect(try saved.tensor(entry.name).equals(original.tensor(entry)), "\(entry.name)")
      }
      let json = try JSONValue(parsing: contents(temporary + "/m/config.json"))
      let originalJSON = try JSONValue(parsing: contents(folder + "/config.json"))
      for key in configuration.family.rules.keys.map(\.name) + ["architectures", "model_type"] {
        guard let value = originalJSON[key], value != .null, key != "tie_word_embeddings" else {
          continue
        }
        #expect(
          json[key] == value
            || json[key]?.doubleValue == value.doubleValue && value.doubleValue != nil,
          "\(key)")
      }
    }
  }

  /// The BERT of Golden/bert as TensorFlow wrote it, and as PyTorch did in two parts.
  @Test(arguments: ["google", "bert-pytorch"])
  func sameModelInOtherFiles(name: String) throws {
    let other = try Transformer.load(folder: Self.folder(name))
    let model = try Transformer.load(folder: Self.folder("bert"))
    #expect(other.configuration.heads == [.nextSentence, .languageModel])
    for (own, read) in zip(model.namedParameters(), other.namedParameters()) {
      #expect(own.parameter.value.equals(read.parameter.value), "\(own.name)")
    }
  }

  /// The checkpoints that bert4keras converted have BERT's names, each matrix by itself.
  @Test(arguments: [TransformerFamily.gpt, .gpt2])
  func googleNamesOfGPT(family: TransformerFamily) throws {
    let google = try #require(family.rules.googleRules)
    let rules = google()
    let map = rules.weightMap(TransformerConfiguration(family))
    let norms = family == .gpt ? "output" : "input"
    let pairs: [(own: String, google: String)] = [
      ("embeddings.tokens.weight", "gpt/embeddings/word_embeddings"),
      (
        "encoder.blocks.3.attention.query.weight",
        "gpt/transformer/layer_3/attention/self/query/kernel"
      ),
      (
        "encoder.blocks.0.attentionNorm.weight",
        "gpt/transformer/layer_0/attention/\(norms)/LayerNorm/gamma"
      ),
      ("encoder.blocks.0.outputNorm.bias", "gpt/transformer/layer_0/\(norms)/LayerNorm/beta"),
      (
        "encoder.blocks.0.feedForward.output.weight",
        "gpt/transformer/layer_0/output/dense/kernel"
      ),
    ]
    for (own, google) in pairs {
      #expect(rules.name(ofGoogle: google)?.name == map.fileName(own))
      #expect(map.part(own) == nil)
    }
    if family == .gpt2 {
      #expect(
        rules.name(ofGoogle: "gpt/output/LayerNorm/gamma")?.name
          == map.fileName("encoder.norm.weight"))
    }
  }

  /// Google's names of other families, against Hugging Face's.
  @Test func googleNames() {
    func check(
      _ family: TransformerFamily, _ google: String, _ name: String?, _ isTransposed: Bool = false
    ) {
      let found = family.rules.name(ofGoogle: google)
      #expect(found?.name == name, "\(google)")
      #expect(found?.isTransposed ?? false == isTransposed, "\(google)")
    }
    let block = "bert/encoder/transformer/group_0/inner_group_0/"
    let layer = "albert.encoder.albert_layer_groups.0.albert_layers.0."
    check(.albert, block + "attention_1/self/query/kernel", layer + "attention.query.weight", true)
    check(.albert, block + "attention_1/output/dense/bias", layer + "attention.dense.bias")
    check(.albert, block + "LayerNorm/gamma", layer + "attention.LayerNorm.weight")
    check(.albert, block + "LayerNorm_1/beta", layer + "full_layer_layer_norm.bias")
    check(.albert, block + "ffn_1/intermediate/dense/kernel", layer + "ffn.weight", true)
    check(
      .albert, block + "ffn_1/intermediate/output/dense/kernel", layer + "ffn_output.weight", true)
    check(.albert, "bert/embeddings/LayerNorm/beta", "albert.embeddings.LayerNorm.bias")
    check(
      .albert, "bert/encoder/embedding_hidden_mapping_in/kernel",
      "albert.encoder.embedding_hidden_mapping_in.weight", true)
    check(.albert, "cls/predictions/output_bias", "predictions.bias")
    check(.albert, "cls/predictions/transform/LayerNorm/gamma", "predictions.LayerNorm.weight")
    check(.albert, "cls/seq_relationship/output_weights", "sop_classifier.classifier.weight")
    check(.albert, "bert/pooler/dense/kernel", "albert.pooler.weight", true)
    check(.bert, "bert/pooler/dense/kernel/adam_m", nil)
    check(.bert, "cls/seq_relationship/output_weights", "cls.seq_relationship.weight")
    check(
      .nezha, "bert/encoder/layer_11/output/dense/kernel",
      "nezha.encoder.layer.11.output.dense.weight", true)
    check(
      .electra, "discriminator_predictions/dense_1/kernel",
      "discriminator_predictions.dense_prediction.weight", true)
    check(.electra, "electra/embeddings_project/bias", "electra.embeddings_project.bias")
    check(
      .t5, "encoder/block_003/layer_000/SelfAttention/q",
      "encoder.block.3.layer.0.SelfAttention.q.weight", true)
    check(
      .t5, "decoder/block_000/layer_002/DenseReluDense/wi_0/kernel",
      "decoder.block.0.layer.2.DenseReluDense.wi_0.weight", true)
    check(.t5, "shared/embedding", "shared.weight")
    check(.mt5, "decoder/logits/kernel", "lm_head.weight", true)
    check(.mt5, "encoder/rms_norm/scale", "encoder.final_layer_norm.weight")
    check(
      .mt5, "encoder/block_001/layer_001/rms_norm/scale",
      "encoder.block.1.layer.1.layer_norm.weight")
    check(.gpt2ML, "newslm/layer07/query_layer/kernel", "newslm.layer07.query_layer.weight", true)
    check(.gpt2ML, "newslm/embeddings/word_embed", "newslm.embeddings.word_embed")
  }
}

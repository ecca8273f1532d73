import Formats
import Foundation
import Layers
import Messages
import TestSupport
import Testing
import Tokenizers
import Torch

@testable import Transformers

@Suite(.enabled(if: hasTorch, torchReason)) struct CheckpointFolderTests {
  private static let families: [TransformerFamily] = [
    .bert, .roberta, .albert, .nezha, .roformer, .roformerV2, .electra, .gpt, .gpt2, .gpt2ML,
    .gauAlpha,
  ]

  private func made(_ family: TransformerFamily) -> Transformer {
    tiny(family, dtype: .float32) {
      if family == .albert || family == .electra { $0.embeddingSize = 8 }
      if family == .gauAlpha { $0.keySize = 6 }
      $0.heads =
        switch family {
        case .bert, .albert, .nezha: [.nextSentence, .languageModel]
        case .electra: [.discriminator]
        case .roformerV2, .gauAlpha: []
        default: [.languageModel]
        }
    }
  }

  @Test(arguments: families)
  func savedAndLoadedBitwise(family: TransformerFamily) throws {
    let model = made(family)
    try withTemporaryFolder { folder in
      try model.save(folder: folder + "/model")
      let back = try Transformer.load(folder: folder + "/model")
      #expect(back.configuration == model.configuration)
      for (own, other) in zip(model.namedParameters(), back.namedParameters()) {
        #expect(own.name == other.name)
        #expect(own.parameter.value.equals(other.parameter.value), "\(own.name)")
      }
      let tokens = randomTokens([2, 5])
      #expect(model(tokens).hiddenStates.equals(back(tokens).hiddenStates))
    }
  }

  @Test(arguments: [TransformerFamily.t5, .mt5])
  func encoderDecoderSavedAndLoaded(family: TransformerFamily) throws {
    let model = EncoderDecoder(tinyConfiguration(family), generator: RandomGenerator(seed: 1))
    shake(model, .float32, seed: 2)
    try withTemporaryFolder { folder in
      try model.save(folder: folder + "/model")
      let back = try EncoderDecoder.load(folder: folder + "/model")
      #expect(back.configuration.json == model.configuration.json)
      let (source, target) = (randomTokens([2, 5]), randomTokens([2, 3]))
      let (own, other) = (model(source, target: target), back(source, target: target))
      #expect(try #require(own.logits).equals(try #require(other.logits)))
      let text = message { _ = try Transformer.load(folder: folder + "/model") }
      #expect(text.hasSuffix("is of family \(family.rawValue); load it as EncoderDecoder"))
    }
  }

  /// A BERT's tensors by their names in the file, changed and read again.
  private func reread(
    _ model: Transformer, options: CheckpointOptions = CheckpointOptions(),
    _ change: (inout [String: Tensor]) -> Void
  ) throws -> Transformer {
    let map = model.configuration.family.rules.weightMap(model.configuration)
    var tensors = try Dictionary(
      uniqueKeysWithValues: model.fileTensors(map).map { ($0.name, $0.tensor) })
    change(&tensors)
    return try withTemporaryFolder { folder in
      let path = folder + "/some.safetensors"
      try SafetensorsWriter.write(
        tensors.map { SafetensorsTensor(name: $0.key, $0.value.contiguous()) }, to: path)
      return try Transformer.load(
        checkpoint: path, configuration: model.configuration, options: options)
    }
  }

  private func expectSame(_ first: Transformer, _ second: Transformer) {
    let tokens = randomTokens([2, 5])
    #expect(first(tokens).hiddenStates.equals(second(tokens).hiddenStates))
  }

  @Test func namesWithoutPrefix() throws {
    let model = made(.bert)
    let back = try reread(model) { tensors in
      tensors = Dictionary(
        uniqueKeysWithValues: tensors.map { ($0.key.replacing("bert.", with: ""), $0.value) })
    }
    expectSame(model, back)
    #expect(back.configuration.heads == [.nextSentence, .languageModel])
  }

  @Test func legacyNamesCopiesAndBuffers() throws {
    let model = made(.bert)
    let back = try reread(model) { tensors in
      tensors = Dictionary(
        uniqueKeysWithValues: tensors.map { name, tensor in
          guard name.contains("LayerNorm") else { return (name, tensor) }
          return (
            name.replacing("weight", with: "gamma").replacing("bias", with: "beta"), tensor
          )
        })
      tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"]
      tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"]
      tensors["bert.embeddings.position_ids"] = Tensor.range(32)[.newAxis, .all]
    }
    expectSame(model, back)
  }

  @Test func copiesThatDifferAreAnError() throws {
    let text = message {
      _ = try reread(made(.bert)) {
        $0["cls.predictions.decoder.weight"] = $0["bert.embeddings.word_embeddings.weight"]! + 1
      }
    }
    #expect(
      text.hasSuffix(
        "'cls.predictions.decoder.weight' and 'bert.embeddings.word_embeddings.weight' are tied and differ"
      ))
  }

  @Test func wrongNamesAreListedAtOnce() throws {
    let text = message {
      _ = try reread(made(.bert)) { tensors in
        let key = "bert.encoder.layer.0.output.dense.weight"
        tensors["bert.encoder.layer.0.output.dens.weight"] = tensors.removeValue(forKey: key)
        tensors["bert.encoder.layer.1.output.dense.bias"] = Tensor.zeros([3])
        tensors["rankings.weight"] = Tensor.zeros([2, 16])
      }
    }
    #expect(text.contains("missing 'bert.encoder.layer.0.output.dense.weight'"))
    #expect(text.contains("'rankings.weight'"))
    #expect(
      text.contains("'bert.encoder.layer.1.output.dense.bias' has shape [3] in place of [16]"))
  }

  @Test func swappedNamesAreNotTheSameModel() throws {
    let model = made(.bert)
    let back = try reread(model) { tensors in
      let names = ["query", "key"].map { "bert.encoder.layer.0.attention.self.\($0).weight" }
      (tensors[names[0]], tensors[names[1]]) = (tensors[names[1]], tensors[names[0]])
    }
    let tokens = randomTokens([2, 5])
    #expect((model(tokens).hiddenStates - back(tokens).hiddenStates).abs().max().item() > 1e-3)
  }

  @Test func partsOfACheckpoint() throws {
    let model = made(.gpt2)
    try withTemporaryFolder { folder in
      let path = folder + "/model"
      try model.save(folder: path)
      let file = try SafetensorsFile(path: path + "/model.safetensors")
      var places: [JSONMember] = []
      for part in 0..<2 {
        let entries = file.entries.enumerated().filter { $0.offset % 2 == part }.map(\.element)
        let name = "model-0000\(part + 1)-of-00002.safetensors"
        try SafetensorsWriter.write(
          entries.map { SafetensorsTensor(name: $0.name, try file.tensor($0)) },
          to: "\(path)/\(name)")
        places += entries.map { JSONMember($0.name, .string(name)) }
      }
      try FileManager.default.removeItem(atPath: path + "/model.safetensors")
      try AtomicFile.write(
        JSONValue.object([JSONMember("weight_map", .object(places))]).text(),
        to: path + "/model.safetensors.index.json")
      expectSame(model, try Transformer.load(folder: path))
    }
  }

  @Test func onlySomeHeads() throws {
    let model = made(.bert)
    var options = CheckpointOptions()
    options.heads = []
    #expect(try reread(model, options: options) { _ in }.configuration.heads == [])
    options.heads = [.nextSentence]
    #expect(try reread(model, options: options) { _ in }.nextSentence != nil)
    options.heads = [.discriminator]
    let text = message { _ = try reread(model, options: options) { _ in } }
    #expect(text.contains("missing 'discriminator"))
    options.newHeads = [.discriminator]
    #expect(try reread(model, options: options) { _ in }.discriminator != nil)
  }

  @Test func unsharedLayersStartFromTheShared() throws {
    let model = made(.albert)
    var options = CheckpointOptions()
    options.configure = { $0.sharesLayers = false }
    let back = try reread(model, options: options) { _ in }
    #expect(back.encoder.blocks.count == 2)
    expectSame(model, back)
    #expect(back.encoder.blocks[0].outputNorm !== back.encoder.blocks[1].outputNorm)
  }

  @Test func rowsOfAnotherVocabulary() throws {
    let model = made(.bert)
    let old = Vocabulary((0..<40).map { "t\($0)" })
    var edit = VocabularyEdit(old, keeping: [0, 7, 5])
    edit.append([("new", VocabularyEdit.Row(meanOf: [3, 4]))])
    var options = CheckpointOptions()
    options.vocabulary = edit
    let back = try reread(model, options: options) { _ in }
    let (table, own) = (
      back.embeddings.tokens.weight.value, model.embeddings.tokens.weight.value
    )
    #expect(table.shape == [4, 16])
    #expect(table[1].equals(own[7]))
    expectClose(table[3], (own[3] + own[4]) / 2, 1e-6)
    let tokens = Tensor([[0, 7, 5]])
    let logits = try #require(model(tokens).logits)
    let newLogits = try #require(back(Tensor([[0, 1, 2]])).logits)
    expectClose(newLogits[.all, .all, 1], logits[.all, .all, 7], 1e-5)
  }

  @Test func tablesOfOtherSizes() throws {
    let model = made(.bert)
    var options = CheckpointOptions()
    options.configure = {
      $0.maxPositions = 40
      $0.vocabularySize = 30
    }
    let text = message { _ = try reread(model, options: options) { _ in } }
    #expect(text.contains("has shape [32, 16] in place of [40, 16]"))
    options.resizesTables = true
    let back = try reread(model, options: options) { _ in }
    #expect(back.embeddings.positions?.weight.shape == [40, 16])
    #expect(
      back.embeddings.tokens.weight.value.equals(model.embeddings.tokens.weight.value[..<30]))
  }

  @Test func tokenizerAndModelMustFit() throws {
    let model = made(.bert)
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    try withTemporaryFolder { folder in
      let words = special + (0..<35).map { "w\($0)" }
      try model.save(folder: folder + "/fits", vocabulary: Vocabulary(words))
      let pair = try PretrainedModel<Transformer>.load(folder: folder + "/fits")
      #expect(try pair.tokenizer?.encode("w1 w2").ids == [2, 6, 7, 3])
      try model.save(folder: folder + "/more", vocabulary: Vocabulary(words + ["one"]))
      let text = message { _ = try PretrainedModel<Transformer>.load(folder: folder + "/more") }
      #expect(
        text.hasSuffix(
          "its tokenizer has 41 tokens and its checkpoint 40 rows; they are not of one model"))
    }
  }

  @Test func foldersWithoutCheckpoint() throws {
    try withTemporaryFolder { folder in
      let text = message { _ = try Transformer.load(folder: folder) }
      #expect(text.contains("holds no checkpoint: neither model.safetensors nor pytorch_model.bin"))
    }
  }

  /// A BERT written as Google's and read again is the same, and its variables are those that TensorFlow wrote.
  @Test func googleFoldersAreWritten() throws {
    let model = try Transformer.load(folder: FamilyTests.folder("google"))
    try withTemporaryFolder { folder in
      try model.writeGoogle(into: folder)
      let again = try Transformer.load(folder: folder)
      let tokens = randomTokens([2, 5]) * 0 + 3
      #expect(again(tokens).hiddenStates.equals(model(tokens).hiddenStates))
      #expect(again.configuration.numHeads == model.configuration.numHeads)
      let original = try TensorFlowCheckpoint(
        path: FamilyTests.folder("google") + "/bert_model.ckpt.index")
      let written = try TensorFlowCheckpoint(path: folder + "/bert_model.ckpt.index")
      for entry in written.entries {
        let other = try #require(original[entry.name])
        #expect(other.shape == entry.shape)
        #expect(try original.bytes(of: other).elementsEqual(written.bytes(of: entry)))
      }
      #expect(written.entries.count > 30)
    }
    let albert = try Transformer.load(folder: FamilyTests.folder("albert"))
    try withTemporaryFolder { folder in
      #expect(message { try albert.writeGoogle(into: folder) }.contains("of bert"))
    }
  }
}

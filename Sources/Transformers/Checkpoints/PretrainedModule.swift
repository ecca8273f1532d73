import Formats
import Foundation
import Layers
import Messages
import Tokenizers
import Torch

/// A model whose weights can be read from a checkpoint: `Transformer` or `EncoderDecoder`.
public protocol PretrainedModule: Configured where Configuration == TransformerConfiguration {}

extension Transformer: PretrainedModule {}
extension EncoderDecoder: PretrainedModule {}

extension PretrainedModule {
  /// Reads a model from a folder of Hugging Face's (`config.json`; safetensors or PyTorch's own file, whole or
  /// in parts) or of Google's (`bert_config.json`, `….ckpt.index`).
  ///
  /// Strict: throws `CheckpointError` with all missing, unused and unfitting tensors at once, `FileError` for
  /// files that are missing or damaged.
  public static func load(
    folder: String, options: CheckpointOptions = CheckpointOptions(),
    generator: RandomGenerator? = nil
  ) throws -> Self {
    let source = try CheckpointSource(folder)
    return try load(source, TransformerConfiguration(folder: folder), options, generator)
  }

  /// Reads a model of a known configuration from a checkpoint's file or folder.
  public static func load(
    checkpoint path: String, configuration: TransformerConfiguration,
    options: CheckpointOptions = CheckpointOptions(), generator: RandomGenerator? = nil
  ) throws -> Self {
    try load(CheckpointSource(path), configuration, options, generator)
  }

  private static func load(
    _ source: CheckpointSource, _ given: TransformerConfiguration, _ options: CheckpointOptions,
    _ generator: RandomGenerator?
  ) throws -> Self {
    var configuration = given
    var rules = configuration.family.rules
    if source.isGoogle, let google = rules.googleRules { rules = google() }
    let isPair = rules.hasEncoderAndDecoder
    guard isPair == (Self.self == EncoderDecoder.self) else {
      throw InputError(
        "\(source.path) is of family \(configuration.family.rawValue); load it as "
          + (isPair ? "EncoderDecoder" : "Transformer"))
    }
    var checkpoint = FamilyCheckpoint(source, rules)
    checkpoint.drop(options.mayIgnore)
    // Versions 1.0 and 1.1 of T5 differ in this and say the same.
    try checkpoint.dropCopies(mayUntie: isPair || !configuration.tiesEmbeddings)
    configuration.tiesEmbeddings = !checkpoint.names.contains(rules.languageTable)
    configuration.heads = options.heads ?? checkpoint.heads(configuration)
    if let vocabulary = options.vocabulary { configuration.vocabularySize = vocabulary.rows.count }
    options.configure(&configuration)

    // Weights that will be read need no random numbers first.
    let startsAnew =
      !options.newHeads.isEmpty || configuration.conditionSize != nil || options.resizesTables
    let model = TransformerConfiguration.$drawsWeights.withValue(startsAnew) {
      Self(configuration, generator: generator)
    }
    model.move(dtype: options.dtype)
    var map = rules.weightMap(configuration)
    let newParts = options.newHeads.parts
    map.mayMiss = { name in
      name.contains(".condition") || newParts.contains { name.hasPrefix($0) }
    }
    if !configuration.sharesLayers {
      // Several layers may start from one tensor; only a map that converts may read it twice.
      map.convert = { _, tensor in tensor }
    }
    let parameters = model.allNames()
    let needed = Dictionary(
      parameters.map { (map.fileName($0.name), $0) }, uniquingKeysWith: { first, _ in first })
    checkpoint.dropHeads(except: Set(needed.keys))

    var tensors: [String: Tensor] = [:]
    for name in checkpoint.names {
      var tensor = try checkpoint.tensor(name)
      if let vocabulary = options.vocabulary, rules.vocabularyTables.contains(name) {
        tensor = try vocabulary.rows(of: tensor, name: checkpoint.fileName(name), source.path)
      }
      if options.resizesTables, let (own, parameter) = needed[name], isTable(own) {
        tensor = parameter.value.detach().withFirstRows(of: tensor)
      }
      tensors[name] = tensor
    }
    try model.load(tensors, source: source.path, map: map, convertingTypes: true)
    return model.evaluate()
  }

  private static func isTable(_ name: String) -> Bool {
    [
      "embeddings.tokens.weight", "embeddings.segments.weight", "embeddings.positions.weight",
      "tokens.weight", "languageHead.bias", "languageHead.decoder",
    ].contains(name)
  }

  /// Writes a folder that `load(folder:)` and `transformers` read: `config.json`, `model.safetensors` and, if
  /// given, `vocab.txt`. It appears whole or not at all. Throws `FileError`, also if `folder` exists.
  public func save(folder: String, vocabulary: Vocabulary? = nil) throws {
    try Folder.createAtomically(folder) { folder in
      try write(into: folder)
      try vocabulary?.write(to: "\(folder)/vocab.txt")
    }
  }

  /// Writes `model.safetensors` and then `config.json` into a folder that is there.
  public func write(into folder: String, with head: SavedHead = SavedHead()) throws {
    let rules = configuration.family.rules
    let dtype = namedParameters().first?.parameter.dtype ?? .float32
    var members = configuration.json.members ?? []
    if let architecture = head.architecture {
      members = members.map {
        $0.key == "architectures" ? JSONMember($0.key, [.string(architecture)]) : $0
      }
    }
    members.append(JSONMember("torch_dtype", .string("\(dtype)")))
    members += head.configuration
    let tensors = try fileTensors(rules.weightMap(configuration)).map { name, tensor in
      SafetensorsTensor(
        name: name, rules.isTransposed(name) ? tensor.transposed().contiguous() : tensor)
    }
    try SafetensorsWriter.write(
      tensors + head.tensors.map { SafetensorsTensor(name: $0.name, $0.tensor) },
      metadata: ["format": "pt"], to: "\(folder)/model.safetensors")
    try AtomicFile.write(
      JSONValue.object(members).text(pretty: true) + "\n", to: "\(folder)/config.json")
  }
}

extension Transformer {
  /// Writes a folder of Google's: `bert_config.json`, `bert_model.ckpt.index` and its data, in float32.
  ///
  /// Throws `InputError` for families whose checkpoints of Google's are packed otherwise than BERT's, `FileError` if
  /// the folder cannot be written.
  public func writeGoogle(into folder: String) throws {
    let rules = configuration.family.rules
    let variables = try fileTensors(rules.weightMap(configuration)).map { name, tensor in
      guard configuration.family == .bert, let variable = rules.googleVariable(name) else {
        throw InputError(
          "Google's checkpoints can be written of bert; this is a \(configuration.family.rawValue) with "
            + "'\(name)'")
      }
      let stored = (variable.isTransposed ? tensor.transposed() : tensor).to(.float32)
      return TensorFlowCheckpointWriter.Variable(
        name: variable.name, elementType: .float32, shape: stored.shape
      ) { stored.contiguous().withBytes { Array($0) } }
    }
    try TensorFlowCheckpointWriter.write(variables, to: "\(folder)/bert_model.ckpt.index")
    let kept: Set = [
      "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
      "intermediate_size", "hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob",
      "max_position_embeddings", "type_vocab_size", "initializer_range",
    ]
    let members = (configuration.json.members ?? []).filter { kept.contains($0.key) }
    try AtomicFile.write(
      JSONValue.object(members).text(pretty: true) + "\n", to: "\(folder)/bert_config.json")
  }
}

/// The head of a task, as it is kept beside the weights of a model. Names begin with `classifier`, `qa_outputs`,
/// `crf` or `pointer`: those a model without the head passes over.
public struct SavedHead {
  public var tensors: [(name: String, tensor: Tensor)] = []
  /// The class that `transformers` makes of the folder; the model's own by default.
  public var architecture: String?
  /// What `config.json` says besides.
  public var configuration: [JSONMember] = []

  public init() {}
}

extension FamilyCheckpoint {
  /// The heads whose weights it holds; a language head without weights of its own where the family has one.
  func heads(_ configuration: TransformerConfiguration) -> TransformerHeads {
    let map = rules.weightMap(configuration)
    var heads = configuration.heads
    for (head, part) in TransformerHeads.named
    where names.contains(
      map.fileName(
        part == "pooler" || part == "nextSentence" ? part + ".weight" : part + ".dense.weight"))
    {
      heads.formUnion(head)
    }
    return heads
  }
}

extension TransformerHeads {
  /// Each head and the part of a model that computes it.
  static var named: [(head: TransformerHeads, part: String)] {
    [
      (.pooler, "pooler"), (.nextSentence, "nextSentence"), (.languageModel, "languageHead"),
      (.discriminator, "discriminator"),
    ]
  }

  fileprivate var parts: [String] {
    TransformerHeads.named.filter { contains($0.head) }.map { $0.part + "." }
  }
}

extension TransformerConfiguration {
  /// Whether new weights are random; otherwise they are zero until they are read.
  @TaskLocal static var drawsWeights = true

  var initializer: Initializer {
    TransformerConfiguration.drawsWeights
      ? .truncatedNormal(standardDeviation: initializerRange) : .zeros
  }
}

extension VocabularyEdit {
  /// The rows of a table of the old vocabulary that make up the new one's.
  func rows(of table: Tensor, name: String, _ path: String) throws -> Tensor {
    let ids = rows.flatMap(\.ids)
    guard let last = ids.max(), last < table.size(0) else {
      throw InputError(
        "\(path): '\(name)' has \(table.size(0)) rows; the vocabulary names row \(ids.max() ?? 0)")
    }
    if let keptIds { return table.gatherRows(Tensor(keptIds)) }
    let targets = rows.enumerated().flatMap { index, row in row.ids.map { _ in index } }
    let weights = Tensor(rows.flatMap(\.weights), dtype: table.dtype)
      .reshaped([-1] + [Int](repeating: 1, count: table.rank - 1))
    return Tensor.zeros([rows.count] + table.shape.dropFirst(), dtype: table.dtype)
      .indexAdd(Tensor(targets), table.gatherRows(Tensor(ids)) * weights)
  }
}

extension Tensor {
  /// This table with as many first rows as there are taken from `other`.
  fileprivate func withFirstRows(of other: Tensor) -> Tensor {
    guard rank > 0, rank == other.rank, size(0) != other.size(0) else { return other }
    let count = Swift.min(size(0), other.size(0))
    guard count < size(0) else { return other.narrowed(0, start: 0, length: count) }
    return Tensor.concatenate([
      other.narrowed(0, start: 0, length: count).to(dtype),
      narrowed(0, start: count, length: size(0) - count),
    ])
  }
}

import Formats
import Foundation
import Layers
import Messages
import Tokenizers
import Torch
import Transformers

/// A folder with a fine-tuned model: one of Hugging Face's, and `fine-tuning.json` with what its task needs.
public struct FineTunedFolder: Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  var settingsPath: String { path + "/fine-tuning.json" }

  /// Whether training has ended: the settings come last.
  public var isFinished: Bool { FileManager.default.fileExists(atPath: settingsPath) }

  /// Throws `InputError` if the folder is none of a fine-tuned model.
  public func settings() throws -> FineTunedSettings {
    guard isFinished else {
      let isUnfinished = FileManager.default.fileExists(atPath: path + "/training/config.json")
      throw InputError(
        isUnfinished
          ? "\(path) is an unfinished run, which can be resumed"
          : "\(path) has no fine-tuning.json: a folder that 'danlu bert fine-tune' made was expected"
      )
    }
    let file = try MappedFile(path: settingsPath)
    do {
      return try JSONValue(parsing: file.bytes).decoded(as: FineTunedSettings.self)
    } catch {
      throw FileError(
        path: settingsPath, reason: "does not describe a task that this version knows")
    }
  }

  /// The model, in inference mode, and its tokenizer.
  public func load() throws -> (model: FineTunedModel, tokenizer: any Tokenizer) {
    let settings = try settings()
    var options = CheckpointOptions()
    options.heads = FineTunedModel.heads(settings.task)
    let loaded = try PretrainedModel<Transformer>.load(folder: path, options: options)
    guard let tokenizer = loaded.tokenizer else {
      throw FileError(path: path, reason: "has no tokenizer")
    }
    let model = FineTunedModel(loaded.model, settings)
    let file = try SafetensorsFile(path: path + "/model.safetensors")
    let names = Set(file.entries.map(\.name))
    for (own, prefix, head) in model.heads {
      var tensors: [String: Tensor] = [:]
      for (name, _) in head.namedParameters() {
        let fileName = Self.fileName(name, own: own, prefix: prefix)
        if names.contains(fileName) { tensors[name] = try file.tensor(fileName) }
      }
      try head.load(tensors, source: file.path, convertingTypes: true)
    }
    model.evaluate()
    return (model, tokenizer)
  }

  /// Writes the model, the tokenizer's files, and last the settings.
  func write(_ model: FineTunedModel, tokenizerFiles: String) throws {
    try TokenizerFile.copy(from: tokenizerFiles, to: path)
    var head = SavedHead()
    head.tensors = model.heads.flatMap { own, prefix, module in
      module.namedParameters().map {
        (Self.fileName($0.name, own: own, prefix: prefix), $0.parameter.value.detach())
      }
    }
    head.architecture = Self.architecture(model)
    head.configuration = Self.labels(model.settings)
    try model.body.write(into: path, with: head)
    try AtomicFile.write(
      JSONValue(encoding: model.settings).text(pretty: true) + "\n", to: settingsPath)
  }

  private static func fileName(_ name: String, own: String, prefix: String) -> String {
    own.isEmpty || !name.hasPrefix(own) ? prefix + name : prefix + name.dropFirst(own.count)
  }

  /// The class that `transformers` makes of the folder: with its head where that is the one it has, too.
  private static func architecture(_ model: FineTunedModel) -> String? {
    let configuration = model.body.configuration
    guard case .string(let own)? = configuration.json["architectures"]?.arrayValue?.first,
      own.hasSuffix("Model")
    else { return nil }
    let stem = own.dropLast("Model".count)
    let family = configuration.family
    switch model.settings.task {
    case .classify, .pair:
      // The others have another layer before their classes.
      return family == .bert || family == .albert ? stem + "ForSequenceClassification" : nil
    case .tag: return stem + "ForTokenClassification"
    case .extract: return stem + "ForQuestionAnswering"
    case .pointer, .generate: return nil
    }
  }

  private static func labels(_ settings: FineTunedSettings) -> [JSONMember] {
    let names = settings.task == .tag ? TokenTags.names(settings.labels) : settings.labels
    guard !names.isEmpty, settings.task != .pointer else { return [] }
    var members = [
      JSONMember(
        "id2label",
        .object(names.enumerated().map { JSONMember(String($0.offset), .string($0.element)) })),
      JSONMember(
        "label2id",
        .object(names.enumerated().map { JSONMember($0.element, .integer($0.offset)) })),
    ]
    if settings.task.hasClasses {
      members.append(JSONMember("problem_type", "single_label_classification"))
    }
    return members
  }
}

extension FineTunedModel {
  /// The task's own parts: what is left out of their parameters' names in files, what is put before, the module.
  fileprivate var heads: [(own: String, prefix: String, module: Module)] {
    var heads: [(own: String, prefix: String, module: Module)] = []
    if let classifier { heads.append(("dense.", "classifier.", classifier)) }
    if let answerSpan { heads.append(("dense.", "qa_outputs.", answerSpan)) }
    if let field { heads.append(("", "crf.", field)) }
    if let pointer { heads.append(("", "pointer.", pointer)) }
    return heads
  }
}

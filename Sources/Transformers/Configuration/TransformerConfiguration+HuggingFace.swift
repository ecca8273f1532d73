import Formats
import Messages

extension TransformerConfiguration {
  /// Reads the `config.json` of a Hugging Face folder, or a `bert_config.json` of Google's.
  ///
  /// `model_type` names the family; a file without one is of BERT, or of ALBERT or NEZHA if it has keys of
  /// these alone. Throws `FileError` for an unknown family or function, naming what is known, and for numbers
  /// that do not fit each other.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    do {
      try self.init(json: JSONValue(parsing: file.bytes))
    } catch {
      throw FileError(path: path, reason: "is no configuration that can be read: \(error)")
    }
  }

  /// Reads the `config.json` of a folder, or the `bert_config.json` of one of Google's. Throws `FileError`.
  public init(folder: String) throws {
    let names = try Folder.names(in: folder)
    let other = names.first {
      $0.hasSuffix("config.json") && !$0.hasPrefix("tokenizer") && !$0.hasPrefix("generation")
    }
    guard let name = names.contains("config.json") ? "config.json" : other else {
      throw FileError(path: folder, reason: "holds no config.json or bert_config.json")
    }
    try self.init(path: "\(folder)/\(name)")
  }

  /// Reads the content of a `config.json`. Throws `InputError`.
  public init(json: JSONValue) throws {
    guard json.members != nil else { throw InputError("it is no JSON object") }
    self.init(try TransformerConfiguration.family(of: json))
    for key in family.rules.keys + ConfigurationKey.extensions {
      let value = json[key.name]
      if value != nil || key.isReadWhenAbsent { try key.read(value ?? .null, &self) }
    }
    try check()
  }

  private static func family(of json: JSONValue) throws -> TransformerFamily {
    if let name = json["model_type"]?.stringValue {
      // Files of RoFormer-v2 call themselves RoFormers without biases.
      if name == "roformer", json["use_bias"]?.boolValue == false { return .roformerV2 }
      guard let family = TransformerFamily(rawValue: name) else {
        let known = TransformerFamily.allCases.map(\.rawValue).joined(separator: ", ")
        throw InputError("its \"model_type\" is \"\(name)\"; known are \(known)")
      }
      return family
    }
    if json["use_relative_position"]?.boolValue == true { return .nezha }
    if json["num_hidden_groups"] != nil { return .albert }
    guard json["hidden_size"] != nil else {
      throw InputError("it has neither \"model_type\" nor \"hidden_size\"")
    }
    return .bert
  }

  private func check() throws {
    func expect(_ condition: Bool, _ problem: String) throws {
      if !condition { throw InputError(problem) }
    }
    try expect(
      vocabularySize > 0 && hiddenSize > 0 && numLayers > 0 && numHeads > 0 && intermediateSize > 0
        && tokenSize > 0 && maxPositions > 0,
      "its sizes must be at least 1")
    try expect(
      headSize != nil || hiddenSize % numHeads == 0,
      "its size \(hiddenSize) is not a multiple of its \(numHeads) heads")
    try expect(
      positions != .rotary || keySizePerHead % 2 == 0,
      "its heads have the odd length \(keySizePerHead), which cannot be turned in pairs")
    if case .buckets(let count, let limit) = positions {
      try expect(
        count >= 4 && count % 4 == 0 && limit > count / 2,
        "its \(count) classes of distance up to \(limit) cannot be told apart")
    }
    try expect(
      dropoutRate <= 1 && attentionDropoutRate <= 1, "its rates of dropout must be within 0...1")
  }

  /// What `config.json` is to hold, so that `transformers` makes the same model; settings that no family of its
  /// has are left out.
  public var json: JSONValue {
    let rules = family.rules
    var members: [JSONMember] = [
      JSONMember("architectures", [.string(rules.architecture(self))]),
      JSONMember("model_type", .string(family.rawValue)),
    ]
    let names = Set(rules.keys.map(\.name))
    for key in rules.keys + ConfigurationKey.extensions.filter({ !names.contains($0.name) }) {
      if let value = key.write(self) { members.append(JSONMember(key.name, value)) }
    }
    if rules.hasEncoderAndDecoder {
      members += [
        JSONMember("is_encoder_decoder", true), JSONMember("decoder_start_token_id", 0),
      ]
    }
    return .object(members)
  }
}

import Formats
import Foundation
import Messages

/// Reads a `tokenizer.json`, the one file of Hugging Face's fast tokenizers.
///
/// WordPiece with BERT's normalizer, byte-level pairs, and unigram pieces with SentencePiece's normalizer are
/// read; any other part is refused by its name, since a text cut almost as it should be is cut wrongly.
public enum TokenizerFile {
  public static func read(_ path: String) throws -> any Tokenizer {
    let file = try MappedFile(path: path)
    do {
      return try Document(JSONValue(parsing: file.bytes)).tokenizer()
    } catch {
      throw FileError(path: path, reason: "is no tokenizer that can be read: \(error)")
    }
  }

  /// Reads a tokenizer from the bytes of a file. Throws `InputError`, or what JSON's parser throws.
  public static func parse(_ bytes: UnsafeRawBufferPointer) throws -> any Tokenizer {
    try Document(JSONValue(parsing: bytes)).tokenizer()
  }

  private struct Document {
    let root: JSONValue
    let model: JSONValue
    let added: [(id: Int, token: String)]

    init(_ root: JSONValue) throws {
      guard let model = root["model"], model.members != nil else {
        throw InputError("it has no object \"model\"")
      }
      self.root = root
      self.model = model
      added = try (root["added_tokens"]?.arrayValue ?? []).map { entry in
        guard let id = entry["id"]?.integerValue, let token = entry["content"]?.stringValue else {
          throw InputError("one of its added tokens has no \"id\" or no \"content\"")
        }
        return (id, token)
      }
    }

    func tokenizer() throws -> any Tokenizer {
      let tokenizer = try read()
      let count = tokenizer.vocabulary.count
      for case .special(let id, _) in tokenizer.template.single + tokenizer.template.pair
      where !(0..<count).contains(id) {
        throw InputError("its template has the special token \(id); there are \(count) tokens")
      }
      return tokenizer
    }

    private func read() throws -> any Tokenizer {
      switch model["type"]?.stringValue {
      case "WordPiece": return try wordPiece()
      case "BPE": return try byteLevel()
      case "Unigram": return try unigram()
      case let other:
        throw InputError(
          "its model is of type \(other ?? "none"); WordPiece, BPE and Unigram can be read")
      }
    }

    // MARK: Models

    private func wordPiece() throws -> WordPieceTokenizer {
      let normalizer = try part("normalizer", among: ["BertNormalizer"])
      _ = try part("pre_tokenizer", among: ["BertPreTokenizer"])
      guard normalizer["clean_text"]?.boolValue != false,
        normalizer["handle_chinese_chars"]?.boolValue != false,
        model["continuing_subword_prefix"]?.stringValue ?? "##" == "##"
      else {
        throw InputError(
          "it does not clean text, not separate ideographs, or marks pieces otherwise than by ##")
      }
      var rules = BERTTextRules.huggingFace(
        lowercases: normalizer["lowercase"]?.boolValue ?? true,
        stripsAccents: normalizer["strip_accents"]?.boolValue)
      rules.longestWord = model["max_input_chars_per_word"]?.integerValue ?? 100
      let vocabulary = Vocabulary(try withAdded(vocabularyTokens()))
      var special = WordPieceTokenizer.SpecialTokens()
      special.unknown = model["unk_token"]?.stringValue ?? special.unknown
      if case .string(let name)? = root["post_processor"]?["cls"]?.arrayValue?.first {
        special.start = name
      }
      if case .string(let name)? = root["post_processor"]?["sep"]?.arrayValue?.first {
        special.separator = name
      }
      return try WordPieceTokenizer(
        vocabulary: vocabulary, rules: rules, special: special, keptWords: added.map(\.token),
        template: template(vocabulary))
    }

    private func byteLevel() throws -> ByteLevelTokenizer {
      if let normalizer = root["normalizer"], normalizer != .null {
        throw InputError("it has a normalizer of type \(name(normalizer)); byte pairs have none")
      }
      let cutting = try part("pre_tokenizer", among: ["ByteLevel"])
      guard cutting["use_regex"]?.boolValue != false else {
        throw InputError("its text is not cut by GPT-2's pattern (use_regex is false)")
      }
      for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
        if let value = model[key]?.stringValue, !value.isEmpty {
          throw InputError("its \(key) is \"\(value)\"; byte pairs have none")
        }
      }
      let merges = try (model["merges"]?.arrayValue ?? []).map { merge in
        let parts =
          merge.stringValue?.split(separator: " ", omittingEmptySubsequences: false).map(
            String.init)
          ?? merge.arrayValue?.compactMap(\.stringValue) ?? []
        guard parts.count == 2 else { throw InputError("one of its merges is no pair of tokens") }
        return (parts[0], parts[1])
      }
      let tokens = try withAdded(vocabularyTokens())
      let processor = root["post_processor"]
      return try ByteLevelTokenizer(
        tokens: tokens, merges: merges, added: added.map(\.token),
        addsPrefixSpace: cutting["add_prefix_space"]?.boolValue ?? true,
        trimsOffsets: processor?["trim_offsets"]?.boolValue ?? false,
        template: template(Vocabulary(tokens)) ?? .bare)
    }

    private func unigram() throws -> SentencePieceTokenizer {
      var sentencePiece = SentencePieceModel()
      let unknown = model["unk_id"]?.integerValue
      let special = Set(added.map(\.token))
      for (id, entry) in (model["vocab"]?.arrayValue ?? []).enumerated() {
        guard let pair = entry.arrayValue, pair.count == 2, let text = pair[0].stringValue,
          let score = pair[1].doubleValue, score.isFinite
        else { throw InputError("entry \(id) of its vocabulary is no pair of a piece and a score") }
        sentencePiece.pieces.append(
          SentencePieceModel.Piece(
            text, score: Float(score),
            kind: id == unknown ? .unknown : special.contains(text) ? .control : .normal))
      }
      sentencePiece.fallsBackToBytes = model["byte_fallback"]?.boolValue ?? false
      for step in steps(root["normalizer"]) {
        switch name(step) {
        case "Precompiled":
          let text = step["precompiled_charsmap"]?.stringValue ?? ""
          guard let table = Data(base64Encoded: text) else {
            throw InputError("its precompiled map of characters is not base64")
          }
          sentencePiece.normalization.replacements = Array(table)
        case "Replace" where step["pattern"]?["Regex"]?.stringValue == " {2,}": continue
        // ALBERT's: done by the folding.
        case "Replace" where ["``", "''"].contains(step["pattern"]?["String"]?.stringValue ?? ""):
          continue
        case "NFKD", "StripAccents", "Lowercase": continue
        case let other: throw InputError("its normalizer has a step \(other), which is not known")
        }
      }
      let names = steps(root["normalizer"]).map(name)
      let folding =
        names.contains("Lowercase") || names.contains("NFKD")
        ? TextFolding(
          lowercases: names.contains("Lowercase"), keepsAccents: !names.contains("StripAccents"))
        : nil
      var cutsWords = false
      for step in steps(root["pre_tokenizer"]) {
        switch name(step) {
        case "WhitespaceSplit": cutsWords = true
        case "Metaspace" where step["replacement"]?.stringValue ?? "▁" == "▁":
          let isOff =
            step["add_prefix_space"]?.boolValue == false
            || step["prepend_scheme"]?.stringValue == "never"
          sentencePiece.normalization.addsPrefix = !isOff
        case let other: throw InputError("its text is cut by \(other), which is not known")
        }
      }
      var tokenizer = try SentencePieceTokenizer(
        sentencePiece, added: added.sorted { $0.id < $1.id }.map(\.token), cutsWords: cutsWords,
        folding: folding, template: .bare)
      if let template = try template(tokenizer.vocabulary) { tokenizer.template = template }
      return tokenizer
    }

    // MARK: Parts

    private func name(_ part: JSONValue) -> String { part["type"]?.stringValue ?? "none" }

    private func part(_ key: String, among types: [String]) throws -> JSONValue {
      let part = root[key] ?? .null
      guard types.contains(name(part)) else {
        throw InputError("its \(key) is \(name(part)); with this model \(types[0]) can be read")
      }
      return part
    }

    /// The steps of a sequence; a single step is one; `null` is none.
    private func steps(_ part: JSONValue?) -> [JSONValue] {
      guard let part, part != .null else { return [] }
      guard name(part) == "Sequence" else { return [part] }
      let members = part["normalizers"] ?? part["pretokenizers"] ?? part["processors"]
      return (members?.arrayValue ?? []).flatMap(steps)
    }

    private func vocabularyTokens() throws -> [String] {
      try ByteLevelTokenizer.tokens(model["vocab"] ?? .null)
    }

    /// The tokens with those behind them that only `added_tokens` names.
    private func withAdded(_ tokens: [String]) throws -> [String] {
      var tokens = tokens
      for (id, token) in added.sorted(by: { $0.id < $1.id }) where id >= tokens.count {
        guard id == tokens.count else {
          throw InputError(
            "its added token \"\(token)\" is \(id), and there is no token \(tokens.count)")
        }
        tokens.append(token)
      }
      return tokens
    }

    /// What the post-processor says about special tokens; `nil` if it says nothing.
    private func template(_ vocabulary: Vocabulary) throws -> EncodingTemplate? {
      for step in steps(root["post_processor"]) {
        switch name(step) {
        case "BertProcessing", "RobertaProcessing":
          guard let start = step["cls"]?.arrayValue?.last?.integerValue,
            let separator = step["sep"]?.arrayValue?.last?.integerValue
          else { throw InputError("its post-processor names no \"cls\" and \"sep\"") }
          return name(step) == "BertProcessing"
            ? .bert(start: start, separator: separator)
            : .roberta(start: start, separator: separator)
        case "TemplateProcessing":
          return EncodingTemplate(
            single: try parts(step["single"], step), pair: try parts(step["pair"], step))
        case "ByteLevel": continue
        case let other: throw InputError("its post-processor is \(other), which is not known")
        }
      }
      return nil
    }

    private func parts(_ list: JSONValue?, _ step: JSONValue) throws -> [EncodingTemplate.Part] {
      try (list?.arrayValue ?? []).flatMap { entry throws -> [EncodingTemplate.Part] in
        if let sequence = entry["Sequence"] {
          let segment = sequence["type_id"]?.integerValue ?? 0
          return [
            sequence["id"]?.stringValue == "B"
              ? .second(segment: segment) : .first(segment: segment)
          ]
        }
        guard let special = entry["SpecialToken"], let name = special["id"]?.stringValue,
          let ids = step["special_tokens"]?[name]?["ids"]?.arrayValue?.compactMap(\.integerValue)
        else { throw InputError("its template has a part that is no text and no special token") }
        return ids.map { .special(id: $0, segment: special["type_id"]?.integerValue ?? 0) }
      }
    }
  }
}

extension TokenizerFile {
  /// The tokenizer of a Hugging Face folder. Throws `FileError` if it has none.
  public static func read(folder: String) throws -> any Tokenizer {
    guard let tokenizer = try find(in: folder) else {
      throw FileError(
        path: folder,
        reason: "has no vocab.txt, no vocab.json with merges.txt, no SentencePiece model and no "
          + "tokenizer.json")
    }
    return tokenizer
  }

  /// The tokenizer of a folder by the files it holds: `tokenizer.json`; where there is none, or one with parts that
  /// are not known, `vocab.txt`, `vocab.json` with `merges.txt`, or a SentencePiece model. `nil` if it has none.
  ///
  /// `tokenizer_config.json` says whether a `vocab.txt` lower-cases; it does if nothing is said.
  public static func find(in folder: String) throws -> (any Tokenizer)? {
    func path(_ name: String) -> String? {
      let path = folder + "/" + name
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }
    var failure: (any Error)?
    if let file = path("tokenizer.json") {
      do { return try read(file) } catch { failure = error }
    }
    let settings = try path("tokenizer_config.json").map { path in
      let file = try MappedFile(path: path)
      do { return try JSONValue(parsing: file.bytes) } catch {
        throw FileError(path: path, reason: "is no JSON: \(error)")
      }
    }
    if let vocabulary = path("vocab.txt") {
      let rules = BERTTextRules.huggingFace(
        lowercases: settings?["do_lower_case"]?.boolValue ?? true,
        stripsAccents: settings?["strip_accents"]?.boolValue)
      return try WordPieceTokenizer(vocabulary: Vocabulary(contentsOf: vocabulary), rules: rules)
    }
    if let vocabulary = path("vocab.json"), let merges = path("merges.txt") {
      var tokenizer = try ByteLevelTokenizer(
        vocabulary: vocabulary, merges: merges, added: ["<|endoftext|>", "<s>", "</s>", "<mask>"],
        addsPrefixSpace: settings?["add_prefix_space"]?.boolValue ?? false)
      // RoBERTa's files look like GPT-2's, and have the tokens that stand around its texts.
      if let start = tokenizer.vocabulary.id("<s>"), let end = tokenizer.vocabulary.id("</s>") {
        tokenizer.template = .roberta(start: start, separator: end)
      }
      return tokenizer
    }
    for name in ["spiece.model", "spm.model", "sentencepiece.bpe.model", "tokenizer.model"] {
      if let model = path(name) {
        // T5 numbers its sentinels backwards.
        let count = settings?["extra_ids"]?.integerValue ?? 0
        let family = try path("config.json").flatMap(modelType)
        let isALBERT =
          family == "albert"
          || settings?["tokenizer_class"]?.stringValue?.hasPrefix("Albert") == true
        return try SentencePieceTokenizer(
          SentencePieceModel(contentsOf: model),
          added: (0..<max(0, min(count, 1000))).reversed().map { "<extra_id_\($0)>" },
          folding: isALBERT
            ? TextFolding(
              lowercases: settings?["do_lower_case"]?.boolValue ?? true,
              keepsAccents: settings?["keep_accents"]?.boolValue ?? false) : nil)
      }
    }
    if let failure { throw failure }
    return nil
  }

  /// What a `config.json` calls its model, if it says so.
  private static func modelType(_ path: String) throws -> String? {
    let file = try MappedFile(path: path)
    return (try? JSONValue(parsing: file.bytes))?["model_type"]?.stringValue
  }

  /// Writes `vocab.txt` and `tokenizer_config.json` into a folder, which is made if it is not there, as Hugging Face's
  /// BERT tokenizers have them. Throws `FileError`.
  ///
  /// - Parameter maxLength: The longest row that the model reads, in tokens.
  public static func write(
    _ tokenizer: WordPieceTokenizer, maxLength: Int, to folder: String
  ) throws {
    try Folder.create(folder)
    try tokenizer.vocabulary.write(to: folder + "/vocab.txt")
    let settings: JSONValue = [
      "tokenizer_class": "BertTokenizer",
      "do_lower_case": .bool(tokenizer.rules.lowercases), "model_max_length": .integer(maxLength),
    ]
    try AtomicFile.write(
      settings.text(pretty: true) + "\n", to: folder + "/tokenizer_config.json")
  }

  /// Copies the files of a folder that tell of its tokenizer. Throws `FileError`.
  public static func copy(from folder: String, to other: String) throws {
    let names = [
      "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
      "added_tokens.json", "vocab.json", "merges.txt", "spiece.model", "spm.model",
      "sentencepiece.bpe.model", "tokenizer.model",
    ]
    for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      // As it is: `ByteSource` would unpack what looks packed.
      let file = try MappedFile(path: "\(folder)/\(name)")
      try AtomicFile.write(Array(file.bytes), to: "\(other)/\(name)")
    }
  }
}

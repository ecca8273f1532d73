import Layers

/// The families of models, by their names in `config.json`.
public enum TransformerFamily: String, Codable, Sendable, CaseIterable {
  case bert
  case roberta
  case albert
  case nezha
  case roformer
  case roformerV2 = "roformer_v2"
  case electra
  case gpt = "openai-gpt"
  case gpt2
  case gpt2ML = "gpt2_ml"
  case t5
  case mt5
  case gauAlpha = "gau_alpha"

  /// Whether it reads with one stack and writes with another: `EncoderDecoder` in place of `Transformer`.
  public var hasEncoderAndDecoder: Bool { rules.hasEncoderAndDecoder }

  /// What the family's file says of it.
  var rules: FamilyRules {
    switch self {
    case .bert: .bert
    case .roberta: .roberta
    case .albert: .albert
    case .nezha: .nezha
    case .roformer: .roformer
    case .roformerV2: .roformerV2
    case .electra: .electra
    case .gpt: .gpt
    case .gpt2: .gpt2
    case .gpt2ML: .gpt2ML
    case .t5: .t5
    case .mt5: .mt5
    case .gauAlpha: .gauAlpha
    }
  }
}

/// How one family differs from the others: its settings, the keys of its `config.json`, the names of its
/// weights in files. Each family has a file of its own.
struct FamilyRules {
  enum LanguageHeadKind {
    /// x ← N(act(W x + b')) before the table, and a bias after it: BERT.
    case transformed
    /// The table alone: GPT.
    case plain
  }

  /// Sets what differs from BERT.
  var defaults: (inout TransformerConfiguration) -> Void = { _ in }
  var languageHead = LanguageHeadKind.transformed
  var hasEncoderAndDecoder = false

  /// The keys of `config.json` and what they set.
  var keys = ConfigurationKey.bert
  /// The class that `transformers` makes of a folder.
  var architecture: (TransformerConfiguration) -> String

  /// What Hugging Face puts before the names of all weights but the heads'; files of the body alone lack it.
  var prefix: String
  /// Parts of own names and of Hugging Face's.
  var names: (TransformerConfiguration) -> [(own: String, file: String)]
  /// The first parts of the names of heads' weights, which have no prefix.
  var headNames = ["cls"]
  /// The same of heads that a task put on a model: what `transformers` calls classes and answers, and Danlu's own.
  static let taskHeads = ["classifier", "qa_outputs", "crf", "pointer"]
  /// What a file may hold twice, under another name.
  var copies: [(copy: String, original: String)] = []
  /// Tables of one row a token, by their names in the file.
  var vocabularyTables: [String]
  /// Tensors that are no weights.
  var isBuffer: (String) -> Bool = { $0.hasSuffix("embeddings.position_ids") }
  /// Which part of a packed tensor an own name is.
  var part: (String) -> WeightPart? = { _ in nil }
  /// Whether the file has a matrix as (in, out).
  var isTransposed: (String) -> Bool = { _ in false }
  /// Parts of names in Google's checkpoints and of Hugging Face's; the rest follows by rule.
  var googleNames: [(own: String, file: String)] = []
  /// The rules of Google's checkpoints, where they are packed otherwise.
  var googleRules: (() -> FamilyRules)?

  /// The names of weights in Hugging Face's files.
  func weightMap(_ configuration: TransformerConfiguration) -> WeightMap {
    WeightMap(replacing: names(configuration), part: part)
  }
}

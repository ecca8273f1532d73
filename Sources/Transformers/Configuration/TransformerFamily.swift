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

  /// What the family's file says of it.
  var rules: FamilyRules {
    switch self {
    case .bert: .bert
    default: .bert
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

  /// The class that `transformers` is to make of a folder.
  var architecture: String
  /// Sets what differs from BERT.
  var defaults: (inout TransformerConfiguration) -> Void = { _ in }
  var languageHead = LanguageHeadKind.transformed
  var hasEncoderAndDecoder = false
  /// The keys of `config.json` and what they set.
  var keys = ConfigurationKey.bert
  /// What Hugging Face puts before the names of all weights but the heads'; files of the body alone lack it.
  var prefix: String
  /// Parts of own names and of Hugging Face's.
  var names: [(own: String, file: String)]
}

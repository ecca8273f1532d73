/// RoFormer: BERT with rotary positions; Su et al. 2021. Its second version has neither biases nor gains, and
/// divides by the root of the mean square in place of layer normalization.
extension FamilyRules {
  static var roformer: FamilyRules {
    FamilyRules(
      defaults: {
        $0.vocabularySize = 50000
        $0.maxPositions = 1536
        $0.positions = .rotary
      },
      keys: ConfigurationKey.bert + [
        .optionalInteger("embedding_size", \.embeddingSize), .fixed("rotary_value", false),
      ],
      architecture: {
        $0.heads.contains(.languageModel) ? "RoFormerForMaskedLM" : "RoFormerModel"
      },
      prefix: "roformer.", names: { _ in bertNames("roformer") },
      copies: [
        ("cls.predictions.decoder.weight", "roformer.embeddings.word_embeddings.weight"),
        ("cls.predictions.decoder.bias", "cls.predictions.bias"),
      ],
      vocabularyTables: [
        "roformer.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight",
        "cls.predictions.bias",
      ],
      isBuffer: { $0.hasSuffix("embed_positions.weight") },
      googleNames: [
        ("bert", "roformer"),
        ("bert.encoder.embedding_hidden_mapping_in", "roformer.embeddings_project"),
      ])
  }

  static var roformerV2: FamilyRules {
    var rules = roformer
    rules.defaults = {
      $0.vocabularySize = 12000
      $0.positions = .rotary
      $0.hasBias = false
      $0.normalization = .plainRMS
      $0.activation = .relu
    }
    rules.keys = ConfigurationKey.bert + [.optionalInteger("embedding_size", \.embeddingSize)]
    rules.languageHead = .plain
    rules.architecture = { _ in "RoFormerV2Model" }
    rules.names = { _ in
      bertNames("roformer") + [("languageHead.mapping", "cls.predictions.mapping")]
    }
    return rules
  }
}

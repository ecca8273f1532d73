/// NEZHA: BERT whose positions are fixed vectors of the distance, added to keys and values; Wei et al. 2019.
extension FamilyRules {
  static var nezha: FamilyRules {
    FamilyRules(
      defaults: {
        $0.vocabularySize = 21128
        $0.positions = .relative(limit: 64)
      },
      keys: ConfigurationKey.bert + [
        .integer("max_relative_position", \.distanceLimit)
      ],
      architecture: { configuration in
        switch configuration.heads {
        case let heads where heads.contains([.languageModel, .nextSentence]): "NezhaForPreTraining"
        case let heads where heads.contains(.languageModel): "NezhaForMaskedLM"
        default: "NezhaModel"
        }
      },
      prefix: "nezha.", names: { _ in bertNames("nezha") },
      copies: [
        ("cls.predictions.decoder.weight", "nezha.embeddings.word_embeddings.weight"),
        ("cls.predictions.decoder.bias", "cls.predictions.bias"),
      ],
      vocabularyTables: [
        "nezha.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight",
        "cls.predictions.bias",
      ],
      isBuffer: {
        $0.hasSuffix("embeddings.position_ids") || $0.hasSuffix("positions_encoding")
      },
      googleNames: [("bert", "nezha")])
  }
}

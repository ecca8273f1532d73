/// ELECTRA: a BERT that tells replaced tokens, or the smaller one that replaces them; Clark et al. 2020.
extension FamilyRules {
  static var electra: FamilyRules {
    FamilyRules(
      keys: ConfigurationKey.bert + [.optionalInteger("embedding_size", \.embeddingSize)],
      architecture: { configuration in
        switch configuration.heads {
        case let heads where heads.contains(.discriminator): "ElectraForPreTraining"
        case let heads where heads.contains(.languageModel): "ElectraForMaskedLM"
        default: "ElectraModel"
        }
      },
      prefix: "electra.",
      names: { _ in
        bertNames("electra").filter { !$0.own.hasPrefix("languageHead") } + [
          ("discriminator.dense", "discriminator_predictions.dense"),
          ("discriminator.prediction", "discriminator_predictions.dense_prediction"),
          ("languageHead.dense", "generator_predictions.dense"),
          ("languageHead.norm", "generator_predictions.LayerNorm"),
          ("languageHead.decoder", "generator_lm_head.weight"),
          ("languageHead.bias", "generator_lm_head.bias"),
        ]
      },
      headNames: ["discriminator_predictions", "generator_predictions", "generator_lm_head"],
      copies: [("generator_lm_head.weight", "electra.embeddings.word_embeddings.weight")],
      vocabularyTables: [
        "electra.embeddings.word_embeddings.weight", "generator_lm_head.weight",
        "generator_lm_head.bias",
      ],
      googleNames: [
        ("discriminator_predictions.dense_1", "discriminator_predictions.dense_prediction"),
        ("generator_predictions.output_bias", "generator_lm_head.bias"),
      ])
  }
}

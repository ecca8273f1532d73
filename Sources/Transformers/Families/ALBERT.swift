/// ALBERT: short embeddings mapped to D, and one block for all layers, or one for each that starts from it;
/// Lan et al. 2019.
extension FamilyRules {
  static var albert: FamilyRules {
    FamilyRules(
      defaults: {
        $0.vocabularySize = 30000
        $0.embeddingSize = 128
        $0.sharesLayers = true
        $0.activation = .geluTanh
        $0.dropoutRate = 0
        $0.attentionDropoutRate = 0
      },
      keys: ConfigurationKey.bert + [
        .optionalInteger("embedding_size", \.embeddingSize), .fixed("num_hidden_groups", 1),
        .fixed("inner_group_num", 1),
      ],
      architecture: { configuration in
        switch configuration.heads {
        case let heads where heads.contains([.languageModel, .nextSentence]): "AlbertForPreTraining"
        case let heads where heads.contains(.languageModel): "AlbertForMaskedLM"
        default: "AlbertModel"
        }
      },
      prefix: "albert.",
      names: { configuration in
        let block = "albert.encoder.albert_layer_groups.0.albert_layers.0"
        return [
          ("embeddings.tokens", "albert.embeddings.word_embeddings"),
          ("embeddings.segments", "albert.embeddings.token_type_embeddings"),
          ("embeddings.positions", "albert.embeddings.position_embeddings"),
          ("embeddings.norm", "albert.embeddings.LayerNorm"),
          ("embeddings.mapping", "albert.encoder.embedding_hidden_mapping_in"),
        ] + (0..<configuration.numLayers).map { ("encoder.blocks.\($0)", block) } + [
          ("attention.output", "attention.dense"),
          ("attentionNorm", "attention.LayerNorm"),
          ("feedForward.inner", "ffn"),
          ("feedForward.output", "ffn_output"),
          ("outputNorm", "full_layer_layer_norm"),
          ("pooler", "albert.pooler"),
          ("nextSentence", "sop_classifier.classifier"),
          ("languageHead.dense", "predictions.dense"),
          ("languageHead.norm", "predictions.LayerNorm"),
          ("languageHead.decoder", "predictions.decoder.weight"),
          ("languageHead.bias", "predictions.bias"),
        ]
      },
      headNames: ["predictions", "sop_classifier"],
      copies: [
        ("predictions.decoder.weight", "albert.embeddings.word_embeddings.weight"),
        ("predictions.decoder.bias", "predictions.bias"),
      ],
      vocabularyTables: [
        "albert.embeddings.word_embeddings.weight", "predictions.decoder.weight",
        "predictions.bias",
      ],
      googleNames: [
        ("bert", "albert"),
        ("bert.pooler.dense", "albert.pooler"),
        (
          "bert.encoder.transformer.group_0.inner_group_0",
          "albert.encoder.albert_layer_groups.0.albert_layers.0"
        ),
        ("attention_1.self", "attention"),
        ("attention_1.output.dense", "attention.dense"),
        ("LayerNorm", "attention.LayerNorm"),
        ("LayerNorm_1", "full_layer_layer_norm"),
        ("ffn_1.intermediate.dense", "ffn"),
        ("ffn_1.intermediate.output.dense", "ffn_output"),
        ("bert.embeddings.LayerNorm", "albert.embeddings.LayerNorm"),
        ("cls.predictions.transform.dense", "predictions.dense"),
        ("cls.predictions.transform.LayerNorm", "predictions.LayerNorm"),
        ("cls.predictions", "predictions"),
        ("cls.seq_relationship", "sop_classifier.classifier"),
      ])
  }
}

/// BERT: tokens, segments and learnt positions, blocks that normalize after adding; Devlin et al. 2018. The
/// Chinese RoBERTa models of the wwm kind are BERTs, too.
extension FamilyRules {
  static var bert: FamilyRules {
    FamilyRules(
      architecture: { configuration in
        switch configuration.heads {
        case let heads where heads.contains([.languageModel, .nextSentence]): "BertForPreTraining"
        case let heads where heads.contains(.languageModel): "BertForMaskedLM"
        case let heads where heads.contains(.nextSentence): "BertForNextSentencePrediction"
        default: "BertModel"
        }
      },
      prefix: "bert.", names: { _ in bertNames("bert") },
      copies: [
        ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"),
        ("cls.predictions.decoder.bias", "cls.predictions.bias"),
      ],
      vocabularyTables: [
        "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight",
        "cls.predictions.bias",
      ])
  }

  /// The names of BERT's kin, whose body is called `body`.
  static func bertNames(_ body: String) -> [(own: String, file: String)] {
    [
      ("embeddings.tokens", "\(body).embeddings.word_embeddings"),
      ("embeddings.segments", "\(body).embeddings.token_type_embeddings"),
      ("embeddings.positions", "\(body).embeddings.position_embeddings"),
      ("embeddings.norm", "\(body).embeddings.LayerNorm"),
      ("embeddings.mapping", "\(body).embeddings_project"),
      ("encoder.blocks", "\(body).encoder.layer"),
      ("attention.query", "attention.self.query"),
      ("attention.key", "attention.self.key"),
      ("attention.value", "attention.self.value"),
      ("attention.output", "attention.output.dense"),
      ("attentionNorm", "attention.output.LayerNorm"),
      ("feedForward.inner", "intermediate.dense"),
      ("feedForward.output", "output.dense"),
      ("outputNorm", "output.LayerNorm"),
      ("pooler", "\(body).pooler.dense"),
      ("nextSentence", "cls.seq_relationship"),
      ("languageHead.dense", "cls.predictions.transform.dense"),
      ("languageHead.norm", "cls.predictions.transform.LayerNorm"),
      ("languageHead.decoder", "cls.predictions.decoder.weight"),
      ("languageHead.bias", "cls.predictions.bias"),
    ]
  }
}

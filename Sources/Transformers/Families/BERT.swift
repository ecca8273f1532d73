/// BERT: tokens, segments and learnt positions, blocks that normalize after adding; Devlin et al. 2018. The
/// Chinese RoBERTa models of the wwm kind are BERTs, too.
extension FamilyRules {
  static var bert: FamilyRules {
    FamilyRules(
      architecture: "BertForPreTraining", prefix: "bert.",
      names: [
        ("embeddings.tokens", "bert.embeddings.word_embeddings"),
        ("embeddings.segments", "bert.embeddings.token_type_embeddings"),
        ("embeddings.positions", "bert.embeddings.position_embeddings"),
        ("embeddings.norm", "bert.embeddings.LayerNorm"),
        ("encoder.blocks", "bert.encoder.layer"),
        ("attention.query", "attention.self.query"),
        ("attention.key", "attention.self.key"),
        ("attention.value", "attention.self.value"),
        ("attention.output", "attention.output.dense"),
        ("attentionNorm", "attention.output.LayerNorm"),
        ("feedForward.inner", "intermediate.dense"),
        ("feedForward.output", "output.dense"),
        ("outputNorm", "output.LayerNorm"),
        ("pooler", "bert.pooler.dense"),
        ("nextSentence", "cls.seq_relationship"),
        ("languageHead.dense", "cls.predictions.transform.dense"),
        ("languageHead.norm", "cls.predictions.transform.LayerNorm"),
        ("languageHead.decoder", "cls.predictions.decoder.weight"),
        ("languageHead.bias", "cls.predictions.bias"),
      ])
  }
}

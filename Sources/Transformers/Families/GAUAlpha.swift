/// GAU-α: gated attention units in place of attention and feed-forward part, the rest as RoFormer-v2.
extension FamilyRules {
  static var gauAlpha: FamilyRules {
    var rules = roformerV2
    rules.defaults = {
      roformerV2.defaults(&$0)
      $0.numLayers = 24
      $0.numHeads = 1
      $0.keySize = 128
      $0.intermediateSize = 1536
      $0.activation = .silu
      $0.block = .gatedAttention
    }
    rules.keys =
      ConfigurationKey.bert + [
        .optionalInteger("embedding_size", \.embeddingSize),
        .optionalInteger("attention_key_size", \.keySize),
      ]
    rules.architecture = { _ in "GAUAlphaModel" }
    rules.prefix = "bert."
    rules.names = { _ in
      bertNames("bert") + [
        ("unit.inner", "gau.i_dense"),
        ("unit.output", "gau.o_dense"),
        ("unit.queryScale", "gau.q_scaleoffset.weight"),
        ("unit.keyScale", "gau.k_scaleoffset.weight"),
        ("languageHead.mapping", "cls.predictions.mapping"),
      ]
    }
    rules.copies = bert.copies
    rules.vocabularyTables = bert.vocabularyTables
    rules.googleNames = []
    return rules
  }
}

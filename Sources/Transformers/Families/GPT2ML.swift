/// GPT2-ML, the multilingual one of 1.5 billion weights: positions as GPT-2's, embeddings normalized, and blocks
/// that normalize between attention and feed-forward part.
extension FamilyRules {
  static var gpt2ML: FamilyRules {
    FamilyRules(
      defaults: {
        $0.vocabularySize = 21130
        $0.hiddenSize = 1536
        $0.numLayers = 48
        $0.numHeads = 24
        $0.intermediateSize = 6144
        $0.maxPositions = 1024
        $0.segmentCount = 0
        $0.layerNormEpsilon = 1e-5
        $0.block = .innerNorm
        $0.attention = .causal
        $0.heads = [.languageModel]
      },
      languageHead: .plain,
      architecture: { _ in "GPT2MLModel" },
      prefix: "newslm.",
      names: { configuration in
        [
          ("embeddings.tokens.weight", "newslm.embeddings.word_embed"),
          ("embeddings.positions.weight", "newslm.embeddings.pos_embed"),
          ("embeddings.norm", "newslm.embeddings.LayerNorm_embed_norm"),
        ]
          + (0..<configuration.numLayers).map {
            ("encoder.blocks.\($0)", "newslm.layer" + ($0 < 10 ? "0" : "") + "\($0)")
          } + [
            ("attention.query", "query_layer"),
            ("attention.key", "key_layer"),
            ("attention.value", "value_layer"),
            ("attention.output", "context_projection_layer"),
            ("attentionNorm", "LayerNorm_mlp_ln0"),
            ("feedForward.inner", "intermediate"),
            ("feedForward.output", "output"),
            ("outputNorm", "LayerNorm_mlp_ln1"),
            ("languageHead.decoder", "lm_head.weight"),
          ]
      },
      headNames: ["lm_head"], vocabularyTables: ["newslm.embeddings.word_embed", "lm_head.weight"])
  }
}

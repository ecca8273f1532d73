import Layers

/// GPT: learnt positions, no normalization of embeddings, blocks of BERT's kind that see no future; Radford et
/// al. 2018. bert4keras' models of this kind (CDial-GPT, NEZHA-GEN) have segments, too.
extension FamilyRules {
  static var gpt: FamilyRules {
    var rules = FamilyRules(
      defaults: {
        $0.vocabularySize = 40478
        $0.segmentCount = 0
        $0.sharesSegmentEmbeddings = true
        $0.paddingId = nil
        $0.normalizesEmbeddings = false
        $0.layerNormEpsilon = 1e-5
        $0.activation = .geluTanh
        $0.attention = .causal
        $0.heads = [.languageModel]
      },
      languageHead: .plain,
      keys: generative + [
        // This family's files say gelu and mean its approximation.
        .activation("afn", spellings: ["gelu": .geluTanh])
      ],
      architecture: { _ in "OpenAIGPTLMHeadModel" },
      prefix: "transformer.",
      names: { _ in
        [
          ("embeddings.tokens", "transformer.tokens_embed"),
          ("embeddings.segments", "transformer.segments_embed"),
          ("embeddings.positions", "transformer.positions_embed"),
        ] + generativeNames
      },
      headNames: ["lm_head"],
      copies: [("lm_head.weight", "transformer.tokens_embed.weight")],
      vocabularyTables: ["transformer.tokens_embed.weight", "lm_head.weight"],
      isBuffer: isGenerativeBuffer, part: generativePart, isTransposed: isGenerativeMatrix)
    let google = rules.asGoogle(bertNames("gpt"))
    rules.googleRules = { google }
    return rules
  }

  /// These rules for the checkpoints that bert4keras converted, whose names are BERT's with `gpt` and
  /// `transformer` in them.
  func asGoogle(_ names: [(own: String, file: String)]) -> FamilyRules {
    var rules = self
    rules.prefix = "gpt."
    rules.names = { _ in
      names.filter { $0.own != "encoder.blocks" } + [("encoder.blocks", "gpt.transformer.layer")]
    }
    rules.copies = []
    rules.vocabularyTables = ["gpt.embeddings.word_embeddings.weight"]
    rules.part = { _ in nil }
    rules.isTransposed = { _ in false }
    return rules
  }

  /// The keys of GPT and GPT-2.
  static var generative: [ConfigurationKey] {
    [
      .integer("vocab_size", \.vocabularySize), .integer("n_embd", \.hiddenSize),
      .integer("n_layer", \.numLayers), .integer("n_head", \.numHeads),
      .integer("n_positions", \.maxPositions),
      ConfigurationKey(
        name: "n_inner",
        read: { value, configuration in
          configuration.intermediateSize =
            value == .null
            ? 4 * configuration.hiddenSize : try ConfigurationKey.count("n_inner", value)
        },
        write: { .integer($0.intermediateSize) }, isReadWhenAbsent: true),
      .real("resid_pdrop", \.dropoutRate), .real("attn_pdrop", \.attentionDropoutRate),
      .real("layer_norm_epsilon", \.layerNormEpsilon),
      .real("initializer_range", \.initializerRange),
      .optionalInteger("pad_token_id", \.paddingId),
      .flag("tie_word_embeddings", \.tiesEmbeddings),
    ]
  }

  /// The names that GPT and GPT-2 share.
  static var generativeNames: [(own: String, file: String)] {
    [
      ("encoder.blocks", "transformer.h"),
      ("attention.query", "attn.c_attn"),
      ("attention.key", "attn.c_attn"),
      ("attention.value", "attn.c_attn"),
      ("attention.output", "attn.c_proj"),
      ("attentionNorm", "ln_1"),
      ("feedForward.inner", "mlp.c_fc"),
      ("feedForward.output", "mlp.c_proj"),
      ("outputNorm", "ln_2"),
      ("languageHead.decoder", "lm_head.weight"),
    ]
  }

  /// Queries, keys and values are one matrix.
  static func generativePart(_ name: String) -> WeightPart? {
    let parts = name.split(separator: ".")
    guard parts.count > 2, parts[parts.count - 3] == "attention",
      let index = ["query", "key", "value"].firstIndex(of: parts[parts.count - 2])
    else { return nil }
    return WeightPart(index, of: 3)
  }

  static func isGenerativeMatrix(_ fileName: String) -> Bool {
    ["c_attn.weight", "c_proj.weight", "c_fc.weight"].contains { fileName.hasSuffix($0) }
  }

  static func isGenerativeBuffer(_ fileName: String) -> Bool {
    fileName.hasSuffix(".attn.bias") || fileName.hasSuffix(".attn.masked_bias")
      || fileName.hasSuffix("position_ids")
  }
}

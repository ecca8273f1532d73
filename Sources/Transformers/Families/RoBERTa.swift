/// RoBERTa of fairseq: BERT whose positions begin at 2 in their table and pass padding by; Liu et al. 2019.
extension FamilyRules {
  static var roberta: FamilyRules {
    FamilyRules(
      defaults: {
        $0.vocabularySize = 50265
        $0.maxPositions = 514
        $0.segmentCount = 1
        $0.paddingId = 1
        $0.positions = .absolute(offset: 2)
        $0.layerNormEpsilon = 1e-5
      },
      architecture: { $0.heads.contains(.languageModel) ? "RobertaForMaskedLM" : "RobertaModel" },
      prefix: "roberta.",
      names: { _ in
        bertNames("roberta").filter { !$0.own.hasPrefix("languageHead") } + [
          ("languageHead.dense", "lm_head.dense"),
          ("languageHead.norm", "lm_head.layer_norm"),
          ("languageHead.decoder", "lm_head.decoder.weight"),
          ("languageHead.bias", "lm_head.bias"),
        ]
      },
      headNames: ["lm_head"],
      copies: [
        ("lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight"),
        ("lm_head.decoder.bias", "lm_head.bias"),
      ],
      vocabularyTables: [
        "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight", "lm_head.bias",
      ])
  }
}

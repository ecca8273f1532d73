/// GPT-2: learnt positions, blocks that normalize first, a normalized output; Radford et al. 2019. CPM is one.
extension FamilyRules {
  static var gpt2: FamilyRules {
    var rules = gpt
    rules.defaults = {
      gpt.defaults(&$0)
      $0.vocabularySize = 50257
      $0.maxPositions = 1024
      $0.block = .preNorm
      $0.normalizesOutput = true
    }
    rules.keys =
      generative + [
        .activation("activation_function"), .fixed("scale_attn_by_inverse_layer_idx", false),
        .fixed("scale_attn_weights", true),
      ]
    rules.architecture = { _ in "GPT2LMHeadModel" }
    rules.names = { _ in
      [
        ("embeddings.tokens", "transformer.wte"),
        ("embeddings.segments", "transformer.wse"),
        ("embeddings.positions", "transformer.wpe"),
        ("encoder.norm", "transformer.ln_f"),
      ] + generativeNames
    }
    rules.copies = [("lm_head.weight", "transformer.wte.weight")]
    rules.vocabularyTables = ["transformer.wte.weight", "lm_head.weight"]
    let google = rules.asGoogle(
      bertNames("gpt").map {
        ($0.own, $0.file.replacing("output.LayerNorm", with: "input.LayerNorm"))
      } + [("encoder.norm", "gpt.output.LayerNorm")])
    rules.googleRules = { google }
    return rules
  }
}

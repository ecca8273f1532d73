/// T5: an encoder and a decoder that know distances by learnt numbers, scores that nothing divides, no biases;
/// Raffel et al. 2019. Version 1.1 and mT5 have gated feed-forward parts and a language head of their own.
extension FamilyRules {
  static var t5: FamilyRules {
    FamilyRules(
      defaults: {
        $0.vocabularySize = 32128
        $0.segmentCount = 0
        $0.positions = .buckets(count: 32, limit: 128)
        $0.block = .preNorm
        $0.normalization = .rms
        $0.normalizesEmbeddings = false
        $0.normalizesOutput = true
        $0.layerNormEpsilon = 1e-6
        $0.hasBias = false
        $0.activation = .relu
        $0.scalesScores = false
        $0.headSize = 64
        $0.heads = [.languageModel]
        $0.scalesOutput = true
        $0.initializerRange = 0.05
      },
      languageHead: .plain, hasEncoderAndDecoder: true,
      keys: [
        .integer("vocab_size", \.vocabularySize), .integer("d_model", \.hiddenSize),
        .optionalInteger("d_kv", \.headSize), .integer("d_ff", \.intermediateSize),
        .integer("num_layers", \.numLayers),
        .optionalInteger("num_decoder_layers", \.numDecoderLayers),
        .integer("num_heads", \.numHeads),
        .integer("relative_attention_num_buckets", \.distanceCount),
        .integer("relative_attention_max_distance", \.distanceLimit),
        .real("dropout_rate", \.dropoutRate), .real("layer_norm_epsilon", \.layerNormEpsilon),
        feedForward, .optionalInteger("pad_token_id", \.paddingId),
        .flag("tie_word_embeddings", \.tiesEmbeddings),
        ConfigurationKey(
          name: "scale_decoder_outputs",
          // Only T5's tied head is scaled, unless the file says otherwise.
          read: { $1.scalesOutput = $0.boolValue ?? ($1.family == .t5 && $1.tiesEmbeddings) },
          write: { .bool($0.scalesOutput) }, isReadWhenAbsent: true),
      ],
      architecture: { _ in "T5ForConditionalGeneration" },
      prefix: "",
      names: { configuration in
        func names(_ stack: String, _ layers: Int) -> [(own: String, file: String)] {
          let feed = stack == "encoder" ? 1 : 2
          return (0..<layers).flatMap { index -> [(own: String, file: String)] in
            let (own, file) = ("\(stack).blocks.\(index)", "\(stack).block.\(index).layer")
            return [
              ("\(own).attention.query", "\(file).0.SelfAttention.q"),
              ("\(own).attention.key", "\(file).0.SelfAttention.k"),
              ("\(own).attention.value", "\(file).0.SelfAttention.v"),
              ("\(own).attention.output", "\(file).0.SelfAttention.o"),
              ("\(own).attentionNorm", "\(file).0.layer_norm"),
              ("\(own).crossAttention.query", "\(file).1.EncDecAttention.q"),
              ("\(own).crossAttention.key", "\(file).1.EncDecAttention.k"),
              ("\(own).crossAttention.value", "\(file).1.EncDecAttention.v"),
              ("\(own).crossAttention.output", "\(file).1.EncDecAttention.o"),
              ("\(own).crossNorm", "\(file).1.layer_norm"),
              (
                "\(own).feedForward.inner",
                "\(file).\(feed).DenseReluDense.wi" + (configuration.isGated ? "_0" : "")
              ),
              ("\(own).feedForward.gate", "\(file).\(feed).DenseReluDense.wi_1"),
              ("\(own).feedForward.output", "\(file).\(feed).DenseReluDense.wo"),
              ("\(own).outputNorm", "\(file).\(feed).layer_norm"),
            ]
          } + [
            (
              "\(stack).distanceBias",
              "\(stack).block.0.layer.0.SelfAttention.relative_attention_bias"
            ), ("\(stack).norm", "\(stack).final_layer_norm"),
          ]
        }
        return [("tokens", "shared"), ("languageHead.decoder", "lm_head.weight")]
          + names("encoder", configuration.numLayers)
          + names("decoder", configuration.numDecoderLayers ?? configuration.numLayers)
      },
      headNames: ["lm_head"],
      copies: [
        ("encoder.embed_tokens.weight", "shared.weight"),
        ("decoder.embed_tokens.weight", "shared.weight"), ("lm_head.weight", "shared.weight"),
      ],
      vocabularyTables: ["shared.weight", "lm_head.weight"],
      // Early files have numbers of distances for the encoder's output, which nothing reads.
      isBuffer: { $0.contains("EncDecAttention.relative_attention_bias") },
      googleNames: [
        ("shared.embedding", "shared.weight"),
        ("decoder.logits.kernel", "lm_head.kernel"),
        ("rms_norm", "layer_norm"),
        ("encoder.rms_norm", "encoder.final_layer_norm"),
        ("decoder.rms_norm", "decoder.final_layer_norm"),
      ])
  }

  static var mt5: FamilyRules {
    var rules = t5
    rules.defaults = {
      t5.defaults(&$0)
      $0.vocabularySize = 250112
      $0.isGated = true
      $0.activation = .geluTanh
      $0.tiesEmbeddings = false
      $0.scalesOutput = false
    }
    rules.architecture = { _ in "MT5ForConditionalGeneration" }
    return rules
  }

  /// `relu`, or `gated-gelu`, which means the approximation by tanh.
  private static var feedForward: ConfigurationKey {
    ConfigurationKey(
      name: "feed_forward_proj",
      read: { value, configuration in
        let name = value.stringValue ?? value.text()
        configuration.isGated = name.hasPrefix("gated-")
        let activation = configuration.isGated ? String(name.dropFirst("gated-".count)) : name
        configuration.activation = try TransformerActivation(
          named: .string(activation), key: "feed_forward_proj",
          configuration.isGated ? ["gelu": .geluTanh] : [:])
      },
      write: {
        let name =
          $0.isGated && $0.activation == .geluTanh ? "gelu" : $0.activation.rawValue
        return .string($0.isGated ? "gated-\(name)" : name)
      })
  }
}

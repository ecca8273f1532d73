import Formats
import Messages

/// A key of `config.json` and the setting it holds, for reading and writing.
struct ConfigurationKey {
  let name: String
  let read: (JSONValue, inout TransformerConfiguration) throws -> Void
  /// `nil` leaves the key out.
  let write: (TransformerConfiguration) -> JSONValue?
  /// Whether a file without the key is read as if it held null: its default depends on other keys.
  var isReadWhenAbsent = false

  static func integer(
    _ name: String, _ path: WritableKeyPath<TransformerConfiguration, Int>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, read: { $1[keyPath: path] = try count(name, $0) },
      write: { .integer($0[keyPath: path]) })
  }

  static func optionalInteger(
    _ name: String, _ path: WritableKeyPath<TransformerConfiguration, Int?>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, read: { $1[keyPath: path] = $0 == .null ? nil : try count(name, $0) },
      write: { $0[keyPath: path].map { .integer($0) } })
  }

  static func real(
    _ name: String, _ path: WritableKeyPath<TransformerConfiguration, Double>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name,
      read: {
        guard let value = $0.doubleValue, value.isFinite, value >= 0 else {
          throw InputError("\"\(name)\" expects a number from 0, received \($0.text())")
        }
        $1[keyPath: path] = value
      }, write: { .number($0[keyPath: path]) })
  }

  static func flag(
    _ name: String, _ path: WritableKeyPath<TransformerConfiguration, Bool>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name,
      read: {
        guard let value = $0.boolValue else {
          throw InputError("\"\(name)\" expects true or false, received \($0.text())")
        }
        $1[keyPath: path] = value
      }, write: { .bool($0[keyPath: path]) })
  }

  /// - Parameter spellings: What the family calls functions otherwise than the rest.
  static func activation(
    _ name: String,
    _ path: WritableKeyPath<TransformerConfiguration, TransformerActivation> = \.activation,
    spellings: [String: TransformerActivation] = [:]
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name,
      read: { $1[keyPath: path] = try TransformerActivation(named: $0, key: name, spellings) },
      write: { configuration in
        let own = spellings.filter { $0.value == configuration[keyPath: path] }.keys.min()
        return .string(own ?? configuration[keyPath: path].rawValue)
      })
  }

  /// A key that must have one value, since nothing else is built.
  static func fixed(_ name: String, _ value: JSONValue, allows others: [JSONValue] = [.null])
    -> ConfigurationKey
  {
    ConfigurationKey(
      name: name,
      read: { found, _ in
        guard found == value || others.contains(found) else {
          throw InputError("\"\(name)\" is \(found.text()); only \(value.text()) is known")
        }
      }, write: { _ in value })
  }

  static func count(_ name: String, _ value: JSONValue) throws -> Int {
    guard let count = value.integerValue, count >= 0, count < 1 << 31 else {
      throw InputError("\"\(name)\" expects a count, received \(value.text())")
    }
    return count
  }
}

extension ConfigurationKey {
  /// BERT's, which most families share.
  static var bert: [ConfigurationKey] {
    [
      integer("vocab_size", \.vocabularySize), integer("hidden_size", \.hiddenSize),
      integer("num_hidden_layers", \.numLayers), integer("num_attention_heads", \.numHeads),
      integer("intermediate_size", \.intermediateSize), activation("hidden_act"),
      real("hidden_dropout_prob", \.dropoutRate),
      real("attention_probs_dropout_prob", \.attentionDropoutRate),
      integer("max_position_embeddings", \.maxPositions),
      integer("type_vocab_size", \.segmentCount), real("initializer_range", \.initializerRange),
      real("layer_norm_eps", \.layerNormEpsilon), optionalInteger("pad_token_id", \.paddingId),
      flag("tie_word_embeddings", \.tiesEmbeddings),
    ]
  }

  /// Settings that Hugging Face has no keys for, most by the names of bert4keras' options; written where they
  /// differ from the family's own.
  static var extensions: [ConfigurationKey] {
    [
      optionalInteger("attention_head_size", \.headSize),
      optionalInteger("attention_key_size", \.keySize),
      optionalInteger("layer_norm_cond_size", \.conditionSize),
      optionalInteger("layer_norm_cond_hidden_size", \.conditionHiddenSize),
      activation("layer_norm_cond_hidden_act", \.conditionActivation),
      activation("pooler_act", \.poolerActivation),
      flag("residual_attention_scores", \.residualAttentionScores),
      flag("shared_layers", \.sharesLayers),
      ConfigurationKey(
        name: "hierarchical_position",
        read: {
          guard let value = $0.doubleValue, value > 0, value < 1 else {
            throw InputError(
              "\"hierarchical_position\" expects a number between 0 and 1, received \($0.text())")
          }
          $1.hierarchicalPosition = value
        }, write: { $0.hierarchicalPosition.map { .number($0) } }),
      ConfigurationKey(
        name: "attention_normalization",
        read: {
          guard let kind = $0.stringValue.flatMap(AttentionNormalization.init) else {
            throw InputError(
              "\"attention_normalization\" expects softmax, squared_relu or softmax_plus, received "
                + $0.text())
          }
          $1.attentionNormalization = kind
        }, write: { .string($0.attentionNormalization.rawValue) }),
      ConfigurationKey(
        name: "attention",
        read: {
          guard let kind = $0.stringValue.flatMap(AttentionKind.init) else {
            throw InputError(
              "\"attention\" expects bidirectional, causal or prefix, received \($0.text())")
          }
          $1.attention = kind
        }, write: { .string($0.attention.rawValue) }),
    ].map { key in
      ConfigurationKey(
        name: key.name, read: key.read,
        write: {
          let value = key.write($0)
          return value == key.write(TransformerConfiguration($0.family)) ? nil : value
        })
    }
  }
}

extension TransformerActivation {
  init(named value: JSONValue, key: String, _ spellings: [String: TransformerActivation]) throws {
    let others = [
      "swish": TransformerActivation.silu, "gelu_pytorch_tanh": .geluTanh, "gelu_fast": .geluTanh,
      "gelu_python": .gelu, "identity": .linear,
    ]
    guard let name = value.stringValue,
      let found = spellings[name] ?? TransformerActivation(rawValue: name) ?? others[name]
    else {
      let known = Set(TransformerActivation.allCases.map(\.rawValue)).union(others.keys).sorted()
      throw InputError(
        "\"\(key)\" is \(value.text()); known are \(known.joined(separator: ", "))")
    }
    self = found
  }
}

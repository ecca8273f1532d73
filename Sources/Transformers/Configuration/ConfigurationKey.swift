import Formats
import Messages

/// A key of `config.json` and the setting it holds, for reading and writing.
struct ConfigurationKey {
  let name: String
  let read: (JSONValue, inout TransformerConfiguration) throws -> Void
  /// `nil` leaves the key out.
  let write: (TransformerConfiguration) -> JSONValue?

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
    _ name: String, spellings: [String: TransformerActivation] = [:]
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name,
      read: { $1.activation = try TransformerActivation(named: $0, key: name, spellings) },
      write: { configuration in
        let own = spellings.filter { $0.value == configuration.activation }.keys.min()
        return .string(own ?? configuration.activation.rawValue)
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

  private static func count(_ name: String, _ value: JSONValue) throws -> Int {
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

  /// Settings that no library but this one has.
  static var extensions: [ConfigurationKey] {
    [
      optionalInteger("attention_head_size", \.headSize),
      optionalInteger("attention_key_size", \.keySize),
    ]
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

import Layers

/// All that makes one transformer unlike another: sizes, and which of a few kinds each part is of.
///
/// `init(_:)` gives a family's own settings at its base size; everything may then be changed. It is read from
/// and written as a `config.json` of Hugging Face, see `init(folder:)`.
public struct TransformerConfiguration: Codable, Sendable, Equatable {
  public var family: TransformerFamily
  /// V.
  public var vocabularySize = 30522
  /// D.
  public var hiddenSize = 768
  public var numLayers = 12
  /// Layers of the decoder, where there is one besides the encoder; `numLayers` by default.
  public var numDecoderLayers: Int?
  /// H.
  public var numHeads = 12
  /// The length of a head's values; D / H by default.
  public var headSize: Int?
  /// The length of a head's queries and keys; `headSize` by default.
  public var keySize: Int?
  public var intermediateSize = 3072
  /// Rows of the table of positions, with the `offset` ones that come before position 0.
  public var maxPositions = 512
  /// How many segments there are; 0 for none.
  public var segmentCount = 2
  /// The length of embeddings that are mapped to D; D by default, and then nothing is mapped.
  public var embeddingSize: Int?
  /// The token of padding: positions that hold it are not attended to. `nil`: none is known.
  public var paddingId: Int? = 0

  public var positions = PositionKind.absolute(offset: 0)
  public var block = BlockKind.postNorm
  public var normalization = NormalizationKind.layerNorm
  /// Whether embeddings are normalized.
  public var normalizesEmbeddings = true
  /// Whether the last block's output is normalized.
  public var normalizesOutput = false
  /// ε, inside the root.
  public var layerNormEpsilon = 1e-12
  /// Whether linear maps have biases.
  public var hasBias = true
  public var activation = TransformerActivation.gelu
  /// Whether the feed-forward part is act(W₁x) ⊙ W₁'x in place of act(W₁x).
  public var isGated = false
  /// Whether scores are divided by √(length of keys).
  public var scalesScores = true
  /// How scores become weights.
  public var attentionNormalization = AttentionNormalization.softmax
  /// Which positions see which unless a call says otherwise.
  public var attention = AttentionKind.bidirectional

  public var dropoutRate = 0.1
  public var attentionDropoutRate = 0.1
  /// The standard deviation of the first weights.
  public var initializerRange = 0.02

  /// Whether all layers are one.
  public var sharesLayers = false
  /// Whether the language head multiplies by the token embeddings.
  public var tiesEmbeddings = true
  /// Whether the decoder's output is divided by √D before the language head.
  public var scalesOutput = false
  /// Whether segments are embedded by the table of tokens.
  public var sharesSegmentEmbeddings = false
  /// RealFormer: each layer adds the scores of the one before to its own (He et al. 2020).
  public var residualAttentionScores = false
  /// α of positions beyond the table: (i·N + j) ↦ αuᵢ + (1 − α)uⱼ; `nil`: the table's end is the end.
  public var hierarchicalPosition: Double?
  /// m, the length of the vector that conditions every layer normalization; `nil` for none.
  public var conditionSize: Int?
  /// The length that the condition is projected to before it scales and shifts; `nil` for no projection.
  public var conditionHiddenSize: Int?
  public var conditionActivation = TransformerActivation.linear

  /// What is computed from the last layer.
  public var heads: TransformerHeads = []
  /// The activation of the pooler.
  public var poolerActivation = TransformerActivation.tanh

  /// The family's own settings at its base size.
  public init(_ family: TransformerFamily) {
    self.family = family
    family.rules.defaults(&self)
  }

  /// The farthest distance that relative positions tell from others; 0 for other positions.
  var distanceLimit: Int {
    get {
      switch positions {
      case .relative(let limit), .buckets(_, let limit): limit
      default: 0
      }
    }
    set {
      if case .buckets(let count, _) = positions {
        positions = .buckets(count: count, limit: newValue)
      } else {
        positions = .relative(limit: newValue)
      }
    }
  }

  /// The number of T5's classes of distance; 0 for other positions.
  var distanceCount: Int {
    get { if case .buckets(let count, _) = positions { count } else { 0 } }
    set { positions = .buckets(count: newValue, limit: distanceLimit) }
  }

  /// The length of a head's values.
  public var valueSizePerHead: Int { headSize ?? hiddenSize / numHeads }
  /// The length of a head's queries and keys.
  public var keySizePerHead: Int { keySize ?? valueSizePerHead }
  /// The length of token embeddings.
  public var tokenSize: Int { embeddingSize ?? hiddenSize }
}

/// How a model knows where tokens are.
public enum PositionKind: Codable, Sendable, Equatable {
  case none
  /// A learnt vector for each position, added to the token's; the table's first `offset` rows come before
  /// position 0, as in RoBERTa's 2.
  case absolute(offset: Int)
  /// NEZHA: fixed vectors for the distance, clipped at ± `limit`, added to keys and values.
  case relative(limit: Int)
  /// RoPE: queries and keys turned by their position (Su et al. 2021), pairs (0, 1), (2, 3), ….
  case rotary
  /// T5: a learnt number for each head and each of `count` classes of distance up to `limit`.
  case buckets(count: Int, limit: Int)
}

/// How a block adds what its parts give.
public enum BlockKind: String, Codable, Sendable {
  /// x ← N(x + A(x)); x ← N(x + F(x)): BERT.
  case postNorm
  /// x ← x + A(N(x)); x ← x + F(N(x)): GPT-2, T5.
  case preNorm
  /// a = x + A(x); x ← N(a + F(N(a))): GPT2-ML.
  case innerNorm
  /// x ← N(x + G(x)) with a gated attention unit G: GAU-α.
  case gatedAttention
}

public enum NormalizationKind: String, Codable, Sendable {
  case layerNorm
  /// x / √(mean x² + ε) · weight.
  case rms
  /// x / √(mean x² + ε).
  case plainRMS
}

/// How scores a become weights, over l keys that are seen; the last two do not depend on l as softmax does
/// (https://kexue.fm/archives/9019, https://kexue.fm/archives/8823).
public enum AttentionNormalization: String, Codable, Sendable, CaseIterable {
  /// softmax(a).
  case softmax
  /// relu(a)² / l.
  case squaredReLU = "squared_relu"
  /// softmax(a · ln max(l, 16) / ln 512).
  case softmaxPlus = "softmax_plus"
}

/// Which positions see which.
public enum AttentionKind: String, Codable, Sendable {
  case bidirectional
  case causal
  case prefix
}

/// What is computed from the last layer.
public struct TransformerHeads: OptionSet, Codable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// act(W x₀ + b).
  public static let pooler = TransformerHeads(rawValue: 1)
  /// Two logits from the pooler's output, which it needs: next sentence, or order of sentences.
  public static let nextSentence = TransformerHeads(rawValue: 3)
  /// Logits over the vocabulary.
  public static let languageModel = TransformerHeads(rawValue: 4)
  /// One logit for each position, whether its token was replaced.
  public static let discriminator = TransformerHeads(rawValue: 8)
}

/// The functions between linear maps, by their names in `config.json`.
public enum TransformerActivation: String, Codable, Sendable, CaseIterable {
  /// x Φ(x).
  case gelu
  /// Its approximation by tanh.
  case geluTanh = "gelu_new"
  case relu
  /// x σ(x), also called swish.
  case silu
  case tanh
  case linear

  var function: ActivationFunction {
    switch self {
    case .gelu: .gelu
    case .geluTanh: .gelu(approximate: true)
    case .relu: .relu
    case .silu: .silu
    case .tanh: .tanh
    case .linear: .linear
    }
  }
}

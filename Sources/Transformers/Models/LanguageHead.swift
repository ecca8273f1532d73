import Layers
import Torch

/// Logits over the vocabulary, `(…, D)` to `(…, V)`: x Eᵀ + b with the token embeddings E or a matrix of its
/// own, where BERT and its kin first take x ← N(act(W x + b')).
public final class LanguageHead: Module {
  public let dense: Dense?
  public let norm: TransformerNorm?
  /// To D in place of E, for embeddings of another length.
  public let mapping: Dense?
  /// In place of E, `(V, D)`.
  public let decoder: Parameter?
  public let bias: Parameter?

  private let configuration: TransformerConfiguration

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    let (size, tokenSize) = (configuration.hiddenSize, configuration.tokenSize)
    let kind = configuration.family.rules.languageHead
    func map(bias: Bool) -> Dense {
      Dense(
        size, tokenSize, bias: bias, weightInitializer: configuration.initializer,
        generator: generator)
    }
    dense = kind == .transformed ? map(bias: true) : nil
    norm =
      kind == .transformed ? TransformerNorm(tokenSize, configuration, generator: generator) : nil
    mapping = kind == .plain && tokenSize != size ? map(bias: false) : nil
    decoder =
      configuration.tiesEmbeddings
      ? nil
      : Parameter(
        configuration.initializer([configuration.vocabularySize, tokenSize], generator: generator))
    bias = kind == .transformed ? Parameter(.zeros([configuration.vocabularySize])) : nil
    self.configuration = configuration
    super.init()
  }

  func callAsFunction(_ hidden: Tensor, embeddings: Embedding, condition: Tensor?) -> Tensor {
    var x = hidden
    if let dense, let norm {
      x = norm(configuration.activation.function(dense(x)), condition: condition)
    }
    if let mapping { x = mapping(x) }
    return x.linear(decoder?.value ?? embeddings.weight.value, bias: bias?.value)
  }
}

/// Whether each token was replaced: W' act(W x + b) + b', `(B, L, D)` to `(B, L)`; Clark et al. 2020.
public final class DiscriminatorHead: Module {
  public let dense: Dense
  public let prediction: Dense

  private let activation: TransformerActivation

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    let size = configuration.hiddenSize
    dense = Dense(
      size, size, weightInitializer: configuration.initializer, generator: generator)
    prediction = Dense(
      size, 1, weightInitializer: configuration.initializer, generator: generator)
    activation = configuration.activation
    super.init()
  }

  public func callAsFunction(_ hidden: Tensor) -> Tensor {
    prediction(activation.function(dense(hidden))).squeezed(-1)
  }
}

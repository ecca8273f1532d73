import Datasets
import Layers
import Messages
import Tokenizers
import Torch
import Transformers

/// What a text is written about: one of a list of labels, or a picture.
enum WriterCondition: Codable, Sendable, Equatable {
  case labels([String])
  /// The length of a square picture's side, in pixels.
  case picture(side: Int)
}

/// A language model whose normalizations are scaled and shifted by a condition c: a label's vector, or what a
/// convolutional network sees in a picture.
///
/// Texts are `[CLS]` text `[SEP]`; each token is guessed from those before it and c.
final class ConditionedWriter: Module {
  let body: Transformer
  /// `(K, m)`.
  let classes: Embedding?
  /// `(B, 3, S, S)` to `(B, m)`.
  let eye: Sequential?

  let condition: WriterCondition

  /// m.
  static let conditionSize = 64

  init(
    _ configuration: TransformerConfiguration, _ condition: WriterCondition,
    generator: RandomGenerator? = nil
  ) {
    var configuration = configuration
    configuration.conditionSize = Self.conditionSize
    self.condition = condition
    switch condition {
    case .labels(let labels):
      classes = Embedding(
        labels.count, Self.conditionSize,
        weightInitializer: .truncatedNormal(standardDeviation: 1), generator: generator)
      eye = nil
    case .picture:
      // Where the condition comes from a network, it is mapped once more before it scales and shifts.
      configuration.conditionHiddenSize = Self.conditionSize
      configuration.conditionActivation = .silu
      classes = nil
      func see(_ inputs: Int, _ outputs: Int) -> Conv2d {
        Conv2d(inputs, outputs, kernelSize: 3, stride: 2, padding: 1, generator: generator)
      }
      eye = Sequential(
        see(3, 16), Activation(.relu), see(16, 32), Activation(.relu), see(32, 64),
        Activation(.relu), see(64, Self.conditionSize), GlobalAveragePool())
    }
    body = Transformer(configuration, generator: generator)
    super.init()
  }

  /// The settings of a small language model without a condition.
  static func configuration(
    _ sizes: NewTransformer, vocabularySize: Int, maxLength: Int
  ) -> TransformerConfiguration {
    var configuration = sizes.configuration(
      vocabularySize: vocabularySize, maxPositions: maxLength)
    configuration.segmentCount = 0
    configuration.heads = [.languageModel]
    configuration.attention = .causal
    return configuration
  }

  /// Takes over the weights of a model without a condition: what it says is unchanged until training goes on.
  func begin(from model: Transformer) {
    let given = Dictionary(
      uniqueKeysWithValues: model.namedParameters().map { ($0.name, $0.parameter) })
    for (name, parameter) in body.namedParameters() {
      guard let source = given[name] else { continue }
      parameter.assign(source.value.detach().clone())
    }
  }

  /// c `(B, m)` of a batch with `label` or `picture`.
  func conditions(_ batch: Batch) -> Tensor {
    if let classes { return classes(batch.inputs["label"]) }
    guard let eye else { fatalError("a writer without a condition") }
    return eye(batch.inputs["picture"])
  }

  /// c `(1, m)` of a label's number.
  func condition(label: Int) -> Tensor {
    guard let classes else { fatalError("this writer is conditioned by pictures") }
    return classes(Tensor([label]))
  }

  /// c `(1, m)` of a picture `(1, 3, S, S)` from −1 to 1.
  func condition(picture: Tensor) -> Tensor {
    guard let eye else { fatalError("this writer is conditioned by labels") }
    return eye(picture)
  }

  /// The mean loss of the tokens of a batch.
  func loss(_ batch: Batch) -> Tensor {
    Self.loss(body, batch, condition: conditions(batch))
  }

  static func loss(_ body: Transformer, _ batch: Batch, condition: Tensor? = nil) -> Tensor {
    let tokens = batch.inputs["tokens"]
    let visible = batch.attentionMasks["tokens"]
    let targets = SequenceTargets.next(tokens: tokens, isPredicted: visible)
    return targets.loss(
      body.logits(at: targets, tokens, visible: visible, condition: condition))
  }
}

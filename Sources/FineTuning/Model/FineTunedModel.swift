import Datasets
import Layers
import Messages
import Torch
import Transformers

/// A transformer with the head of a task: from a batch to scores, from scores to a loss.
public final class FineTunedModel: Module {
  public let body: Transformer
  /// Classes of a text (`classify`, `pair`) or of each token (`tag`).
  public let classifier: ClassificationHead?
  /// Transitions between the classes of tokens, unless each is for itself.
  public let field: ConditionalRandomField?
  public let pointer: EfficientGlobalPointer?
  public let answerSpan: SpanExtraction?

  public let settings: FineTunedSettings

  /// - Parameter body: With a pooler for `classify` and `pair`, with a language head for `generate`.
  public init(
    _ body: Transformer, _ settings: FineTunedSettings, generator: RandomGenerator? = nil
  ) {
    self.body = body
    self.settings = settings
    let size = body.configuration.hiddenSize
    let classCount: Int? =
      switch settings.task {
      case .classify, .pair: settings.labels.count
      case .tag: TokenTags.count(labels: settings.labels.count)
      default: nil
      }
    classifier = classCount.map {
      var configuration = ClassificationHead.Configuration(inputSize: size, classCount: $0)
      configuration.dropoutRate = body.configuration.dropoutRate
      // As the body's own maps, which `transformers` does, too.
      configuration.weightInitializer = .truncatedNormal(
        standardDeviation: body.configuration.initializerRange)
      return ClassificationHead(configuration, generator: generator)
    }
    field =
      settings.task == .tag && settings.usesField
      ? ConditionalRandomField(
        labelCount: TokenTags.count(labels: settings.labels.count),
        learningRateMultiplier: settings.fieldMultiplier) : nil
    if settings.task == .pointer {
      let configuration = GlobalPointer.Configuration(
        inputSize: size, kindCount: settings.labels.count)
      pointer = EfficientGlobalPointer(configuration, generator: generator)
    } else {
      pointer = nil
    }
    answerSpan = settings.task == .extract ? SpanExtraction(size, generator: generator) : nil
    super.init()
  }

  /// The heads that a body must have for a task.
  static func heads(_ task: FineTuningTask) -> TransformerHeads {
    switch task {
    case .classify, .pair: [.pooler]
    case .generate: [.languageModel]
    default: []
    }
  }

  /// Scores of a batch with `tokens` and `segments`: `(B, K)` of a text's classes, `(B, L, K)` of tokens' classes,
  /// `(B, K, L, L)` of spans, `(B, L, 2)` of an answer's ends; of `generate` the loss itself.
  func scores(_ batch: Batch) -> Tensor {
    let tokens = batch.inputs["tokens"]
    let visible = batch.attentionMasks["tokens"]
    let segments = body.configuration.segmentCount > 0 ? batch.inputs["segments"] : nil
    if settings.task == .generate {
      // Padding is 0 here, whatever the model's is.
      let targets = SequenceTargets.sequenceToSequence(
        tokens: tokens, segments: batch.inputs["segments"])
      return targets.loss(
        body.logits(at: targets, tokens, segments: batch.inputs["segments"], visible: visible))
    }
    let output = body(tokens, segments: segments, visible: visible)
    if let pointer { return pointer(output.hiddenStates, mask: visible) }
    if let answerSpan { return answerSpan(output.hiddenStates) }
    guard let classifier else { fatalError("a task without a head") }
    return classifier(
      settings.task == .tag ? output.hiddenStates : output.pooled ?? output.hiddenStates[.all, 0])
  }

  /// The mean loss of a batch of training examples.
  ///
  /// - Parameter classWeights: `(K)`, what an example of each class counts.
  func loss(_ scores: Tensor, _ batch: Batch, classWeights: Tensor?) -> Tensor {
    switch settings.task {
    case .classify, .pair:
      return scores.crossEntropy(target(batch), weight: classWeights)
    case .tag:
      let classes = target(batch)
      guard let field else {
        return scores.flattened(from: 0, to: 1).crossEntropy(classes.flattened())
      }
      let mask = classes .>= 0
      let known = classes.clamp(minimum: 0).to(.int64)
      let lengths = mask.to(scores.dtype).sum(axis: 1)
      return (field.negativeLogLikelihood(scores, known, mask: mask) / lengths).mean()
    case .pointer: return SpanScores.loss(scores, spans: batch.inputs["spans"])
    case .extract:
      return SpanExtraction.loss(
        scores, places: target(batch), allowed: batch.inputs["allowed"] .!= 0)
    case .generate: return scores
    }
  }

  /// What the loss of a batch is a mean over: its examples, their weights, or tokens.
  func denominator(_ batch: Batch, classWeights: Tensor?) -> Double {
    switch settings.task {
    case .classify, .pair:
      guard let classWeights else { return Double(batch.count) }
      return classWeights.gatherRows(target(batch).to(classWeights.device)).sum().item()
    case .tag: return field == nil ? (target(batch) .>= 0).sum().item() : Double(batch.count)
    case .pointer, .extract: return Double(batch.count)
    case .generate:
      return Double(
        SequenceTargets.sequenceToSequence(
          tokens: batch.inputs["tokens"], segments: batch.inputs["segments"]
        ).count)
    }
  }

  private func target(_ batch: Batch) -> Tensor {
    guard let labels = batch.labels else { fatalError("\(settings.task.rawValue) needs labels") }
    return labels
  }
}

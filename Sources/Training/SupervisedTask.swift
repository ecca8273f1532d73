import Datasets
import Layers
import Optimizers
import Torch

/// A model with one input, one loss and one optimizer: classification, regression.
public final class SupervisedTask: TrainingTask {
  public let model: Layer
  public let optimizer: Optimizer
  public let loader: BatchLoader
  /// What is validated on; `nil`: nothing.
  public let validation: Dataset?
  private let loss: (_ output: Tensor, _ batch: Batch) -> Tensor
  private let metrics: [any Metric]
  private let figures: (() throws -> [String: Double])?
  private let validatesAverages: Bool

  /// - Parameters:
  ///   - loss: From the model's output and the batch to one number.
  ///   - metrics: What validation reports beside `validation/loss`.
  ///   - figures: What else validation reports, by any code.
  ///   - validatesAverages: Validate with the optimizer's moving averages in the model.
  public init(
    _ model: Layer, optimizer: Optimizer, loader: BatchLoader, validation: Dataset? = nil,
    metrics: [any Metric] = [], figures: (() throws -> [String: Double])? = nil,
    validatesAverages: Bool = false,
    loss: @escaping (_ output: Tensor, _ batch: Batch) -> Tensor
  ) {
    self.figures = figures
    self.validatesAverages = validatesAverages
    self.model = model
    self.optimizer = optimizer
    self.loader = loader
    self.validation = validation
    self.metrics = metrics
    self.loss = loss
  }

  /// A classifier: cross-entropy of logits `(B, C)` against labels `(B)`, accuracy in validation.
  public static func classifier(
    _ model: Layer, optimizer: Optimizer, loader: BatchLoader, validation: Dataset? = nil,
    labelSmoothing: Double = 0
  ) -> SupervisedTask {
    SupervisedTask(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: [Accuracy()]
    ) { logits, batch in
      guard let labels = batch.labels else { fatalError("a classifier needs labels") }
      return logits.crossEntropy(labels, labelSmoothing: labelSmoothing)
    }
  }

  public func nextBatch() -> Batch { loader.next() }

  public func update(_ batch: Batch, step: Int, _ scope: StepScope) -> [String: Tensor] {
    model.train()
    let batch = batch.moved(to: scope.device)
    var figures: [String: Tensor] = [:]
    // Rules such as Heun's take more than one gradient of a batch; the first describes the model.
    for evaluation in 0..<optimizer.evaluationsPerStep {
      let output = scope.forward { model(batch.inputs) }
      let value = loss(output.to(.float32), batch)
      let gradients = optimizer.gradients(of: value)
      if evaluation == 0 {
        figures["loss"] = value.detach()
        figures["gradientNorm"] = Optimizer.norm(of: gradients)
      }
      optimizer.step(gradients: gradients)
    }
    return figures
  }

  public func validate(_ scope: StepScope) throws -> [String: Double] {
    guard validatesAverages else { return try validationFigures(scope) }
    return try optimizer.withAverages { try validationFigures(scope) }
  }

  private func validationFigures(_ scope: StepScope) throws -> [String: Double] {
    let standard = try validation.map { try evaluate(on: $0, scope) } ?? [:]
    return try standard.merging(figures?() ?? [:]) { _, own in own }
  }

  public var stepsPerEpoch: Int? { loader.batchesPerEpoch }

  /// The loss and the metrics on a whole dataset, in inference mode.
  public func evaluate(on dataset: Dataset, _ scope: StepScope = StepScope()) throws
    -> [String: Double]
  {
    let configuration = BatchLoader.Configuration(
      batchSize: max(loader.configuration.batchSize, 256),
      pixelScale: loader.configuration.pixelScale, prefetch: 2)
    let batches = try BatchLoader(dataset, configuration)
    model.evaluate()
    defer { model.train() }
    var lossSum = 0.0
    var count = 0
    var sums = [Double](repeating: 0, count: metrics.count)
    withoutGradients {
      for batch in batches.remainingOfEpoch() {
        let batch = batch.moved(to: scope.device)
        let output = scope.forward { model(batch.inputs) }.to(.float32)
        let size = batch.inputs.size(0)
        lossSum += loss(output, batch).item() * Double(size)
        for (index, metric) in metrics.enumerated() { sums[index] += metric.sum(output, batch) }
        count += size
      }
    }
    var figures = ["validation/loss": lossSum / Double(count)]
    for (metric, sum) in zip(metrics, sums) {
      figures["validation/\(metric.name)"] = sum / Double(count)
    }
    return figures
  }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [("model", model), ("optimizer", optimizer), ("loader", loader)]
  }
}

/// A figure that is a mean over examples.
public protocol Metric {
  var name: String { get }
  /// The sum over the examples of a batch.
  func sum(_ output: Tensor, _ batch: Batch) -> Double
}

/// The share of examples whose largest logit is that of their class.
public struct Accuracy: Metric {
  public let name = "accuracy"
  public init() {}

  public func sum(_ output: Tensor, _ batch: Batch) -> Double {
    guard let labels = batch.labels else { fatalError("accuracy needs labels") }
    return (output.argmax(-1) .== labels).sum().item()
  }
}

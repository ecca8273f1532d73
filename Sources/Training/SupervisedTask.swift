import Datasets
import Distributed
import Layers
import Messages
import Optimizers
import Torch

/// A model with one output, one loss and one optimizer: classification, regression, tagging.
///
/// A `Layer` gets the batch's only input; any other model, with any inputs, comes with a `forward`:
///
///     SupervisedTask(model, optimizer: optimizer, loader: loader) { batch in
///       model(batch.inputs["tokens"], mask: batch.attentionMask)
///     } loss: { output, batch in … }
public final class SupervisedTask: TrainingTask {
  public typealias Loss = (_ output: Tensor, _ batch: Batch) -> Tensor
  public typealias Forward = (_ batch: Batch) -> Tensor

  public let model: Module
  public let optimizer: Optimizer
  public let loader: BatchLoader
  /// What is validated on; `nil`: nothing.
  public let validation: (any ExampleSource)?
  private let forward: Forward
  private let loss: Loss
  private let metrics: [any Metric]
  private let regularizations: [any Regularization]
  private let figures: (() throws -> [String: Double])?
  private let validatesAverages: Bool
  private let denominator: ((_ batch: Batch) -> Double)?
  private let means: Means?
  public private(set) var isWindowOpen = false

  /// What the several means of a loss are over, in a batch and, where ranks have parts of it, in the whole.
  private final class Means {
    let denominators: (_ batch: Batch) -> [Double]
    /// Of the whole batch under way.
    var whole: [Double]?

    init(_ denominators: @escaping (_ batch: Batch) -> [Double]) {
      self.denominators = denominators
    }

    func callAsFunction(_ batch: Batch) -> [Double] {
      if batch.share != nil, let whole { return whole }
      return denominators(batch)
    }
  }

  /// A model whose loss is a sum of several means, each over something else.
  ///
  /// - Parameters:
  ///   - denominators: What the means are over, counted in a batch.
  ///   - loss: From the batch and the denominators to one number; where ranks have parts of a batch, the denominators are
  ///     those of the whole, so that the ranks' numbers add up to its loss.
  public convenience init(
    _ model: Module, optimizer: Optimizer, loader: BatchLoader,
    denominators: @escaping (_ batch: Batch) -> [Double],
    loss: @escaping (_ batch: Batch, _ denominators: [Double]) -> Tensor
  ) {
    let means = Means(denominators)
    self.init(
      model, optimizer: optimizer, loader: loader, means: means,
      forward: { loss($0, means($0)) }, loss: { loss, _ in loss })
  }

  /// - Parameters:
  ///   - metrics: What validation reports beside `validation/loss`.
  ///   - figures: What else validation reports, by any code.
  ///   - validatesAverages: Validate with the optimizer's moving averages in the model.
  ///   - regularizations: What changes the loss in training, the first the innermost.
  ///   - forward: From a batch to the model's output.
  ///   - denominator: What the loss is a mean over, counted in a batch, where that is not examples: tokens, say. Ranks that
  ///     train together weigh their parts by it.
  ///   - loss: From the model's output (as float32, or float64) and the batch to one number, a mean over examples.
  public convenience init(
    _ model: Module, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil, metrics: [any Metric] = [],
    figures: (() throws -> [String: Double])? = nil, validatesAverages: Bool = false,
    regularizations: [any Regularization] = [], denominator: ((_ batch: Batch) -> Double)? = nil,
    forward: @escaping Forward, loss: @escaping Loss
  ) {
    self.init(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: metrics,
      figures: figures, validatesAverages: validatesAverages, regularizations: regularizations,
      denominator: denominator, means: nil, forward: forward, loss: loss)
  }

  private init(
    _ model: Module, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil, metrics: [any Metric] = [],
    figures: (() throws -> [String: Double])? = nil, validatesAverages: Bool = false,
    regularizations: [any Regularization] = [], denominator: ((_ batch: Batch) -> Double)? = nil,
    means: Means?, forward: @escaping Forward, loss: @escaping Loss
  ) {
    require(
      Set(metrics.map(\.name)).count == metrics.count,
      "SupervisedTask expected metrics of different names, received "
        + metrics.map(\.name).joined(separator: ", "))
    self.figures = figures
    self.regularizations = regularizations
    self.validatesAverages = validatesAverages
    self.denominator = denominator
    self.means = means
    self.model = model
    self.optimizer = optimizer
    self.loader = loader
    self.validation = validation
    self.metrics = metrics
    self.forward = forward
    self.loss = loss
  }

  /// A model of one input.
  public convenience init(
    _ model: Layer, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil, metrics: [any Metric] = [],
    figures: (() throws -> [String: Double])? = nil, validatesAverages: Bool = false,
    loss: @escaping Loss
  ) {
    self.init(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: metrics,
      figures: figures, validatesAverages: validatesAverages, forward: { model($0.input) },
      loss: loss)
  }

  // MARK: - Training

  public func nextBatch() throws -> Batch { try loader.next() }

  public func share(of batch: Batch) throws -> Double? {
    guard let share = batch.share else { return nil }
    if let means {
      let own = means.denominators(batch)
      means.whole = try Communicator.world.sum(share > 0 ? own : own.map { _ in 0 })
      return share > 0 ? 1 : 0
    }
    guard let denominator else { return nil }
    let own = share > 0 ? denominator(batch) : 0
    let whole = try Communicator.world.sum([own])[0]
    return whole > 0 ? own / whole : 0
  }

  public func update(_ batch: Batch, step: Int, _ scope: StepScope) -> [String: Tensor] {
    let batch = batch.moved(to: scope.device)
    var values: [String: Tensor] = [:]
    // Rules such as Heun's take more than one gradient of a batch; the first describes the model.
    let accumulates = batchesPerUpdate > 1
    for evaluation in 0..<optimizer.evaluationsPerStep {
      let value = regularizations.evaluate {
        let output = scope.forward { forward(batch) }.forLosses
        return Evaluation(output: output, loss: loss(output, batch))
      }.loss
      let gradients = optimizer.gradients(of: value, forStep: true)
      if evaluation == 0 {
        values["loss"] = value.detach()
        // It reads all gradients once more. Of a window only this rank's part is known here.
        if scope.wantsAllFigures, accumulates, optimizer.reduction == nil {
          values["gradientNorm"] = Optimizer.norm(of: gradients)
        }
      }
      isWindowOpen = !optimizer.step(gradients: gradients) { whole in
        guard scope.wantsAllFigures, evaluation == 0, !accumulates else { return }
        values["gradientNorm"] = Optimizer.norm(of: whole)
      }
    }
    return values
  }

  public func closeWindow() {
    optimizer.finishAccumulation()
    isWindowOpen = false
  }

  public var batchesPerUpdate: Int { optimizer.callsPerUpdate }
  public var batchesPerEpoch: Int? { loader.batchesPerEpoch }
  public var averagedFigures: Set<String> { ["loss"] }
  public var settings: [String: Double] { ["learningRate": optimizer.scheduledLearningRate] }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [("model", model), ("optimizer", optimizer), ("loader", loader)]
  }

  // MARK: - Evaluation

  public var validationFigures: [String]? {
    guard figures == nil else { return nil }
    return validation == nil
      ? [] : (["loss"] + metrics.map(\.name)).map { "validation/\($0)" }.sorted()
  }

  public func validate(_ scope: StepScope) throws -> [String: Double] {
    try withJudgedWeights {
      let standard = try validation.map { try figures(on: $0, scope) } ?? [:]
      return try standard.merging(figures?() ?? [:]) { _, own in own }
    }
  }

  /// The loss and the metrics on other examples, in inference mode, with the same weights that
  /// validation looks at; the modes of the model's modules stay as they are.
  public func evaluate(on source: any ExampleSource, _ scope: StepScope = StepScope()) throws
    -> [String: Double]
  {
    try withJudgedWeights { try figures(on: source, scope) }
  }

  /// The model's outputs for other examples, `(N, …)` on the CPU, in inference mode, without gradients,
  /// with the loader's pixel scale, padding and transforms as they are for evaluation.
  ///
  /// Outputs of sequences must not depend on the longest of a batch. Throws what the source throws.
  public func predict(_ source: any ExampleSource, _ scope: StepScope = StepScope()) throws
    -> Tensor
  {
    try withJudgedWeights {
      var outputs: [Tensor] = []
      try eachOutput(source, scope) { output, _ in outputs.append(output.to(Device.cpu)) }
      return .concatenate(outputs)
    }
  }

  private func withJudgedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard validatesAverages, !optimizer.holdsAverages else { return try body() }
    return try optimizer.withAverages(body)
  }

  private func eachOutput(
    _ source: any ExampleSource, _ scope: StepScope, _ body: (Tensor, Batch) -> Void
  ) throws {
    let batches = try loader.forEvaluation(of: source)
    try model.evaluating {
      try withoutGradients {
        while let batch = try batches.nextOfEpoch() {
          let batch = batch.moved(to: scope.device)
          body(scope.forward { forward(batch) }.forLosses, batch)
        }
      }
    }
  }

  private func figures(on source: any ExampleSource, _ scope: StepScope) throws -> [String: Double]
  {
    var lossSum = 0.0
    var count = 0
    var metrics = metrics
    try eachOutput(source, scope) { output, batch in
      lossSum += loss(output, batch).item() * Double(batch.count)
      for index in metrics.indices { metrics[index].update(output, batch) }
      count += batch.count
    }
    var figures = ["validation/loss": lossSum / Double(count)]
    for metric in metrics { figures["validation/\(metric.name)"] = metric.value }
    return figures
  }
}

extension TrainingTask where Self == SupervisedTask {
  /// A classifier: cross-entropy of logits `(B, C)` against labels `(B)`, accuracy in validation.
  public static func classifier(
    _ model: Layer, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil, metrics: [any Metric] = [Accuracy()],
    labelSmoothing: Double = 0
  ) -> SupervisedTask {
    .classifier(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: metrics,
      labelSmoothing: labelSmoothing
    ) { model($0.input) }
  }

  /// A classifier of any inputs.
  public static func classifier(
    _ model: Module, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil, metrics: [any Metric] = [Accuracy()],
    labelSmoothing: Double = 0, forward: @escaping SupervisedTask.Forward
  ) -> SupervisedTask {
    SupervisedTask(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: metrics,
      forward: forward
    ) { logits, batch in
      logits.crossEntropy(batch.targets("a classifier"), labelSmoothing: labelSmoothing)
    }
  }

  /// Regression: the mean squared error of outputs against labels of the same shape, or of outputs
  /// `(B, 1)` against labels `(B)`; the root of it and the mean absolute error in validation.
  public static func regressor(
    _ model: Layer, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil,
    metrics: [any Metric] = [RootMeanSquaredError(), MeanAbsoluteError()]
  ) -> SupervisedTask {
    .regressor(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: metrics
    ) { model($0.input) }
  }

  /// Regression from any inputs.
  public static func regressor(
    _ model: Module, optimizer: Optimizer, loader: BatchLoader,
    validation: (any ExampleSource)? = nil,
    metrics: [any Metric] = [RootMeanSquaredError(), MeanAbsoluteError()],
    forward: @escaping SupervisedTask.Forward
  ) -> SupervisedTask {
    SupervisedTask(
      model, optimizer: optimizer, loader: loader, validation: validation, metrics: metrics,
      forward: forward
    ) { output, batch in
      let labels = batch.targets("a regressor").to(.float32)
      return output.fitted(to: labels).squaredError(labels)
    }
  }
}

extension Tensor {
  /// In the precision that losses are computed in: not below float32.
  var forLosses: Tensor { dtype == .float64 ? self : to(.float32) }
}

extension Batch {
  /// The labels. Traps, naming who asks, where there are none.
  func targets(_ asker: String) -> Tensor {
    guard let labels else { fatalError("\(asker) needs labels; the data set has none") }
    return labels
  }
}

extension Tensor {
  /// Without a last axis of one number that `labels` lack; traps if the shapes are not the same then.
  func fitted(to labels: Tensor) -> Tensor {
    let output =
      shape == labels.shape + [1] ? reshaped(labels.shape) : self
    require(
      output.shape == labels.shape,
      "regression expected outputs of the labels' shape \(labels.shape), received \(shape)")
    return output
  }
}

import Datasets
import Distributed
import Layers
import Messages
import Optimizers
import Torch
import Training
import Transformers

/// Pre-training of one transformer: an update takes the batches of a whole window, whose losses and predicted places
/// are summed apart, so that it has the gradient of one large batch however the places are spread over the window.
///
/// Σ CE / Σ m over all batches, not the mean of each batch's own: with losses 1, 2, 3 in one and 10 in another the
/// first gives 4, the second 6.
public final class PretrainingTask: TrainingTask {
  public typealias Window = [Datasets.Batch]

  public let model: Transformer
  public let objective: PretrainingObjective
  public let optimizer: Optimizer
  public let loader: BatchLoader
  /// Batches of a window.
  public let accumulation: Int
  /// What is validated on.
  public let heldOut: [Datasets.Batch]
  private var meter = TokenMeter()

  /// - Parameters:
  ///   - loader: Of rows with `PretrainingInputs` for the same objective.
  ///   - optimizer: One that updates with each gradient: windows are the task's own.
  public init(
    _ model: Transformer, _ objective: PretrainingObjective, optimizer: Optimizer,
    loader: BatchLoader, accumulation: Int = 1, heldOut: [Datasets.Batch] = []
  ) {
    require(
      accumulation >= 1 && optimizer.callsPerUpdate == 1 && optimizer.evaluationsPerStep == 1,
      "PretrainingTask expected accumulation of at least 1 and an optimizer that updates with each gradient, "
        + "received \(accumulation) and \(optimizer)")
    self.model = model
    self.objective = objective
    self.optimizer = optimizer
    self.loader = loader
    self.accumulation = accumulation
    self.heldOut = heldOut
  }

  public func nextBatch() throws -> Window {
    meter.begin()
    return try (0..<accumulation).map { _ in try loader.next() }
  }

  /// Losses and places are summed apart, over all ranks: each rank's part counts as it is.
  public func share(of window: Window) -> Double? { window[0].share.map { _ in 1 } }

  /// The gradients of a window by the optimizer's parameters, its loss, and the share of places guessed right; of a
  /// rank's parts, this rank's summands of them.
  ///
  /// - Parameter forStep: As in `Optimizer.gradients`.
  public func gradients(
    of window: Window, _ scope: StepScope = StepScope(), forStep: Bool = false
  ) throws -> (gradients: [Tensor?], loss: Tensor, accuracy: Tensor) {
    let batches = window.map { $0.moved(to: scope.device) }
    let targets = batches.map(objective.targets)
    // What a rank computes of a batch that has no row for it counts nothing.
    let areCounted = window.map { $0.share != 0 }
    // Known before anything is computed; of a window in which nothing is guessed the loss is 0.
    let own = zip(targets, areCounted).reduce(0) { $0 + ($1.1 ? $1.0.count : 0) }
    let total = Double(
      max(1, window[0].share == nil ? own : try Communicator.world.sum([own])[0]))
    var sums: [Tensor?] = optimizer.parameters.map { _ in nil }
    var loss = Tensor(0.0, device: scope.device)
    var correct = Tensor(0.0, device: scope.device)
    for ((batch, targets), isCounted) in zip(zip(batches, targets), areCounted) {
      let logits = scope.forward { objective.logits(model, batch, at: targets) }.to(.float32)
      var part = targets.lossSum(logits) / total
      if !isCounted { part = part * 0 }
      let gradients = optimizer.gradients(of: part, forStep: forStep && window.count == 1)
      withoutGradients {
        loss = loss + part.detach()
        if isCounted { correct = correct + targets.correctCount(logits) / total }
        for (index, gradient) in gradients.enumerated() {
          guard let gradient else { continue }
          if let sum = sums[index] {
            sum.addInPlace(gradient)
          } else {
            // A gradient may be a view of another: what is added to must be its own.
            sums[index] = window.count > 1 ? gradient.detach().clone() : gradient
          }
        }
      }
    }
    return (sums, loss, correct)
  }

  public func update(_ window: Window, step: Int, _ scope: StepScope) throws -> [String: Tensor] {
    let (gradients, loss, accuracy) = try gradients(of: window, scope, forStep: true)
    optimizer.step(gradients: gradients)
    meter.add(window)
    return ["loss": loss, "accuracy": accuracy]
  }

  public var averagedFigures: Set<String> { ["loss", "accuracy"] }

  public var settings: [String: Double] {
    ["learningRate": optimizer.scheduledLearningRate, "tokensPerSecond": tokensPerSecond]
  }

  /// Of text without padding, since the last validation.
  public var tokensPerSecond: Double { meter.rate }

  public var checkpointed: [(name: String, part: any Checkpointable)] {
    [("model", model), ("optimizer", optimizer), ("loader", loader)]
  }

  public var validationFigures: [String]? {
    heldOut.isEmpty ? [] : ["heldOut/accuracy", "heldOut/loss"]
  }

  public func validate(_ scope: StepScope) -> [String: Double] {
    guard !heldOut.isEmpty else { return [:] }
    defer { meter.restart() }
    return model.evaluating {
      withoutGradients {
        var (loss, correct, count) = (0.0, 0.0, 0)
        for batch in heldOut {
          let batch = batch.moved(to: scope.device)
          let targets = objective.targets(batch)
          let logits = scope.forward { objective.logits(model, batch, at: targets) }.to(.float32)
          loss += targets.lossSum(logits).item()
          correct += targets.correctCount(logits).item()
          count += targets.count
        }
        let total = Double(max(1, count))
        return ["heldOut/loss": loss / total, "heldOut/accuracy": correct / total]
      }
    }
  }
}

/// Counts the tokens that updates took, and the time from the first wait for a batch on.
private struct TokenMeter {
  private var tokens = 0
  private var started: ContinuousClock.Instant?
  private var last = ContinuousClock.now

  mutating func begin() {
    if started == nil { started = .now }
  }

  mutating func add(_ window: [Batch]) {
    for batch in window {
      // Other ranks' parts are about as long as this one's.
      let share = batch.share ?? 1
      guard share > 0 else { continue }
      tokens += Int(Double(batch.sequenceLengths["tokens"].sum().integerItem()) / share)
    }
    last = .now
  }

  mutating func restart() {
    tokens = 0
    started = nil
  }

  var rate: Double {
    guard let started, last > started else { return 0 }
    return Double(tokens) / ((last - started) / .seconds(1))
  }
}

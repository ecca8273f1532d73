import Foundation
import Layers
import Messages
import Optimizers
import Torch

/// Finds a learning rate by trying: one short run whose rate grows exponentially from step to step.
///
/// The suggestion is the rate at which the smoothed loss falls fastest per decade of rate, before it
/// rises above four times its minimum (after Smith, 2017, arXiv 1506.01186).
public struct LearningRateFinder: Sendable {
  public var lowest: Double
  public var highest: Double
  public var steps: Int

  public init(lowest: Double = 1e-7, highest: Double = 1, steps: Int = 100) {
    require(
      lowest > 0 && highest > lowest && steps >= 8,
      "LearningRateFinder expected 0 < lowest < highest and at least 8 steps")
    self.lowest = lowest
    self.highest = highest
    self.steps = steps
  }

  /// What was tried, and what to use.
  public struct Curve: Sendable {
    public let rates: [Double]
    /// Exponential averages of the loss, bias-corrected.
    public let losses: [Double]
    public let suggestion: Double
  }

  /// Runs the sweep on `task` and puts everything back as it was, also when it throws.
  ///
  /// Rates are the optimizer's, before its schedules: a warm-up around the rule would be tried along.
  ///
  /// - Parameter figure: The figure of `update` that is the loss.
  public func sweep(
    _ task: some TrainingTask, _ optimizer: Optimizer, figure: String = "loss",
    scope: StepScope = StepScope()
  ) throws -> Curve {
    let parts = task.checkpointed.map(\.part) + randomGenerators(for: scope.device).map(\.part)
    let before = (parts + [optimizer]).map { ($0, $0.checkpoint().copied()) }
    let models = parts.compactMap { $0 as? Module }
    let modes = ModuleModes(models)
    defer { modes.restore() }
    for model in models where !model.isTraining { model.train() }
    let result = Result { try curve(task, optimizer, figure, scope) }
    for (part, state) in before { try part.restore(state) }
    return try result.get()
  }

  private func curve(
    _ task: some TrainingTask, _ optimizer: Optimizer, _ figure: String, _ scope: StepScope
  ) throws -> Curve {
    var rates: [Double] = []
    var losses: [Double] = []
    var average = 0.0
    var batches = 0
    for step in 0..<steps {
      let rate = lowest * pow(highest / lowest, Double(step) / Double(steps - 1))
      optimizer.learningRate = rate
      guard
        let loss = try task.wholeUpdate(
          step: step, scope, batches: &batches, next: task.nextBatch)[figure]?.item()
      else {
        throw InputError("the task reports no figure '\(figure)'")
      }
      guard loss.isFinite else { break }
      average = 0.9 * average + 0.1 * loss
      rates.append(rate)
      losses.append(average / (1 - pow(0.9, Double(step + 1))))
      if let least = losses.min(), let last = losses.last, last > 4 * max(least, 1e-12) { break }
    }
    return Curve(
      rates: rates, losses: losses,
      suggestion: Self.steepest(rates: rates, losses: losses) ?? lowest)
  }

  /// The rate with the steepest fall of the loss against the logarithm of the rate.
  static func steepest(rates: [Double], losses: [Double]) -> Double? {
    guard let minimum = losses.indices.min(by: { losses[$0] < losses[$1] }), minimum >= 2 else {
      return rates.first
    }
    func slope(_ index: Int) -> Double {
      let fall = losses[index + 1] - losses[index - 1]
      return fall / log(rates[index + 1] / rates[index - 1])
    }
    return (1..<minimum).min { slope($0) < slope($1) }.map { rates[$0] }
  }
}

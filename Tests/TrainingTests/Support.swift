import Datasets
import Foundation
import Layers
import Optimizers
import Synchronization
import TestSupport
import Testing
import Torch
import Tracking

@testable import Training

/// All tests of the target, one after the other: they share the process-wide random generator.
@Suite(.serialized, .enabled(if: hasTorch, torchReason)) struct SerialTests {}

func newRun(_ path: String) throws -> Run {
  try Run.create(RunConfiguration(recipe: "test", seed: 0), at: path)
}

/// A classifier of two moons with everything that makes exact resumption hard: batch statistics,
/// dropout, accumulated gradients, a schedule, clipping, moving averages, shuffled batches made ahead.
func moons(
  seed: UInt64 = 1, width: Int = 16, learningRate: Double = 0.01, batchSize: Int = 16
) throws -> SupervisedTask {
  RandomGenerator.seedAll(seed)
  let model = Sequential(
    Dense(2, width), BatchNorm(width), Activation(.relu), Dropout(0.25), Dense(width, 2))
  let specification = Adam(learningRate: learningRate).withClipping(norm: 1)
    .withSchedule(.piecewiseLinear([4: 1, 40: 0.1])).withGradientAccumulation(2)
    .withMovingAverage(0.9)
  let loader = try BatchLoader(
    ToySets.twoMoons(count: 70, seed: 3), .init(batchSize: batchSize, seed: seed))
  return SupervisedTask(
    model, optimizer: Optimizer(specification, for: model), loader: loader,
    validation: ToySets.twoMoons(count: 50, seed: 4), metrics: [Accuracy()],
    validatesAverages: true
  ) { $0.crossEntropy($1.labels ?? Tensor([0])) }
}

/// A task whose figures are written down beforehand; its weight is the number of updates.
final class ScriptedTask: TrainingTask {
  final class Counter: Module { let weight = Parameter(Tensor.zeros([1])) }

  let model = Counter()
  var batches = 0
  var batchesPerEpoch: Int?
  var averagedFigures: Set<String> = []
  var loss: (Int) -> Double = { 1 / Double($0) }
  var validation: (Int) -> [String: Double] = { _ in [:] }

  var updates: Int { Int(model.weight.value.doubles()[0]) }

  func nextBatch() -> Int {
    batches += 1
    return batches
  }

  func update(_ batch: Int, step: Int, _ scope: StepScope) -> [String: Tensor] {
    model.weight.assign(Tensor([Float(updates + 1)]))
    return ["loss": Tensor(loss(step + 1))]
  }

  func validate(_ scope: StepScope) -> [String: Double] { validation(updates) }

  var checkpointed: [(name: String, part: any Checkpointable)] { [("model", model)] }
}

/// Writes down every call.
final class Recorder: Callback {
  var calls: [String] = []
  func trainingWillBegin(_ state: TrainingState) { calls.append("begin \(state.step)") }
  func updateWillBegin(_ state: TrainingState) { calls.append("before \(state.step)") }
  func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) {
    calls.append("after \(state.step)\(metrics.isEmpty ? "" : " logged")")
  }
  func validationDidEnd(_ state: TrainingState, metrics: [String: Double]) {
    calls.append("validated \(state.step)")
  }
  func trainingDidEnd(_ state: TrainingState) { calls.append("end \(state.step)") }
}

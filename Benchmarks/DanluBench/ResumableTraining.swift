import Datasets
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Torch
import Tracking
import Training

/// A training that can be killed at any moment: Benchmarks/training/resume.py does so.
///
/// Small, and with everything that makes exact resumption hard: batch statistics, dropout, shuffled
/// batches made ahead, accumulated gradients, a schedule, moving averages, early-stopping counters.
enum ResumableTraining {
  /// `FOLDER STEPS`: begins the run in the folder, or continues it.
  static func run(_ arguments: [String]) throws {
    guard arguments.count == 2, let steps = Int(arguments[1]) else {
      throw InputError("resumable expected FOLDER STEPS")
    }
    let path = arguments[0]
    let configuration = RunConfiguration(recipe: "resumable", seed: 1)
    let run =
      RunFolder(path: path).isRun
      ? try Run.resume(at: path) : try Run.create(configuration, at: path)
    for problem in run.problems { FileHandle.standardError.write(Data((problem + "\n").utf8)) }

    let model = Sequential(
      Conv2d(1, 16, kernelSize: 3, stride: 2, padding: 1, bias: false), BatchNorm(16),
      Activation(.relu), Conv2d(16, 32, kernelSize: 3, stride: 2, padding: 1), BatchNorm(32),
      Activation(.relu), Flatten(), Dropout(0.3), Dense(32 * 16, 4))
    let specification = Adam(learningRate: 2e-3).withWeightDecay(0.01).withClipping(norm: 1)
      .withSchedule(.piecewiseLinear([50: 1, steps: 0.05])).withGradientAccumulation(2)
      .withMovingAverage(0.99)
    let task = SupervisedTask(
      model, optimizer: Optimizer(specification, for: model),
      loader: try BatchLoader(ToySets.shapes(count: 2000, seed: 1), .init(batchSize: 32, seed: 5)),
      validation: ToySets.shapes(count: 200, seed: 2), metrics: [Accuracy()],
      validatesAverages: true
    ) { output, batch in
      guard let labels = batch.labels else { fatalError("the shapes are labeled") }
      return output.crossEntropy(labels)
    }
    let options = TrainingOptions(
      steps: steps, precision: .fp32, logInterval: 5, validationInterval: 50,
      checkpointInterval: 20,
      monitor: Monitor("validation/loss", better: .lower, patience: 1000))
    let outcome = try Trainer(options, run: run).fit(task)
    try run.finish(steps: outcome.steps, metrics: outcome.validation, claims: [])
    print(
      "{\"name\": \"resumable\", \"from\": \(outcome.firstStep), \"steps\": \(outcome.steps), "
        + "\"accuracy\": \(outcome.validation["validation/accuracy"] ?? .nan), "
        + "\"threads\": \(threadCount), \"torch\": \"\(LibTorch.version)\"}")
  }
}

import Datasets
import Foundation
import Layers
import Optimizers
import Torch
import Tracking
import Training

/// What the Trainer adds to the bare loop, in processor time per step: the same updates with figures, callbacks,
/// records, and a run folder.
enum TrainerOverhead {
  static func run() throws {
    try measure("perceptron 784-256-10, batch 64", steps: 300) { perceptron(256) }
    try measure("perceptron 784-640-10, batch 64", steps: 300) { perceptron(640) }
    try measure("the Fashion-MNIST network, batch 64", steps: 12, FashionMNIST.network)
    try measureLogging()
  }

  /// The time from the first update to the last, without the checkpoint at the end.
  private final class Stopwatch: Callback {
    private var started = 0.0
    private(set) var seconds = 0.0

    func trainingWillBegin(_ state: TrainingState) { started = processorSeconds() }

    func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) {
      if state.step == state.steps { seconds = processorSeconds() - started }
    }
  }

  private static func perceptron(_ size: Int) -> Sequential {
    Sequential(Flatten(), Dense(784, size), Activation(.relu), Dense(size, 10))
  }

  private static let rounds = 15

  private static func measure(_ name: String, steps: Int, _ make: () -> Sequential) throws {
    let images = Tensor.normal([640, 1, 28, 28])
    let data = Dataset(inputs: images, labels: Tensor.randomIntegers(0, 10, shape: [640]))
    func loader() throws -> BatchLoader {
      try BatchLoader(data, .init(batchSize: 64, seed: 1, prefetch: 0))
    }
    let bareModel = make()
    let bareOptimizer = Optimizer(Adam(learningRate: 1e-4), for: bareModel)
    let bareLoader = try loader()
    let trainedModel = make()
    let task = SupervisedTask.classifier(
      trainedModel, optimizer: Optimizer(Adam(learningRate: 1e-4), for: trainedModel),
      loader: try loader())
    let folder = NSTemporaryDirectory() + "danlu-bench-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }

    var bare: [Double] = []
    var trained: [Double] = []
    var loss = 0.0
    // Alternately, so that both sides see the same machine.
    for round in 0..<rounds {
      let started = processorSeconds()
      for _ in 0..<steps {
        let batch = try bareLoader.next()
        guard let labels = batch.labels else { continue }
        loss += bareOptimizer.step { bareModel(batch.input).crossEntropy(labels) }.item()
      }
      bare.append((processorSeconds() - started) / Double(steps))
      let run = try Run.create(
        RunConfiguration(recipe: "overhead", seed: 0), at: "\(folder)/\(round)")
      let stopwatch = Stopwatch()
      let trainer = Trainer(
        TrainingOptions(steps: steps, precision: .fp32), run: run,
        callbacks: [BeforeUpdate { _ in }, Every(100) { _ in }, stopwatch])
      _ = try trainer.fit(task)
      trained.append(stopwatch.seconds / Double(steps))
    }
    let (first, second) = (bare.dropFirst().sorted(), trained.dropFirst().sorted())
    let norm = gradientNorm(trainedModel)
    let difference = zip(bare, trained).dropFirst().map { $1 - $0 }.sorted()
    print(
      "{\"name\": \"\(name)\", \"bare\": \(first[0]), \"trainer\": \(second[0]), \"bareMedian\": "
        + "\(first[first.count / 2]), \"norm\": \(norm), \"trainerMedian\": \(second[second.count / 2]), \"medianDifference\": \(difference[difference.count / 2]), "
        + "\"steps\": \(steps), \"loss\": \(loss.isFinite), \"threads\": \(threadCount), "
        + "\"torch\": \"\(LibTorch.version)\"}")
  }

  /// The shortest processor time of the norm of a model's gradients, which the task reports.
  private static func gradientNorm(_ model: Module) -> Double {
    let gradients = model.parameters.map { Tensor?.some(Tensor.normal($0.shape)) }
    return (0..<20).map { _ in
      let started = processorSeconds()
      for _ in 0..<50 { _ = Optimizer.norm(of: gradients).item() }
      return (processorSeconds() - started) / 50
    }.min() ?? 0
  }

  private static func measureLogging() throws {
    let folder = NSTemporaryDirectory() + "danlu-bench-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let run = try Run.create(RunConfiguration(recipe: "overhead", seed: 0), at: folder)
    var rounds: [Double] = []
    for round in 0..<20 {
      let started = ContinuousClock.now
      for step in 0..<500 {
        try run.log(
          ["loss": 0.5, "gradientNorm": 1.25, "accuracy": 0.75], step: round * 500 + step)
      }
      rounds.append((ContinuousClock.now - started) / .seconds(1) / 500)
    }
    rounds.sort()
    print(
      "{\"name\": \"logging three figures\", \"minimum\": \(rounds[0]), \"median\": \(rounds[10])}")
  }
}

/// The processor time of this process, which other programs disturb less than the clock on the wall.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

import Datasets
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import Torch
import Tracking
import Training

/// A small convolutional classifier of Fashion-MNIST by the Trainer: accuracy and seconds.
///
/// Benchmarks/training/fashion_mnist.py trains the same in PyTorch: the same split (its file is an
/// argument), initial distributions, batches of 64 in orders of its own, optimizer and schedule.
enum FashionMNIST {
  static let batchSize = 64
  static let peakRate = 0.003

  /// `DATA TEST-POSITIONS.npy SEED EPOCHS`.
  static func run(_ arguments: [String]) throws {
    guard arguments.count == 4, let seed = UInt64(arguments[2]), let epochs = Int(arguments[3])
    else { throw InputError("fashion-mnist expected DATA TEST.npy SEED EPOCHS") }
    let whole = try ImageFolder.read(path: arguments[0])
    guard let held = try NPY.read(path: arguments[1]).values(as: Int64.self)?.map(Int.init) else {
      throw InputError("\(arguments[1]) holds no 64-bit integers")
    }
    let isHeld = Set(held)
    let training = whole.subset((0..<whole.count).filter { !isHeld.contains($0) })
    let test = whole.subset(held)

    RandomGenerator.seedAll(seed)
    let model = network()
    let loader = try BatchLoader(training, .init(batchSize: batchSize, seed: seed, dropsLast: true))
    let steps = epochs * (loader.batchesPerEpoch ?? 0)
    let schedule = Schedule("one cycle") { step in
      min(
        Double(step + 1) / (0.2 * Double(steps)),
        max(0, Double(steps - step) / (0.8 * Double(steps))))
    }
    let optimizer = Optimizer(
      Adam(learningRate: peakRate, epsilon: 1e-8).withSchedule(schedule), for: model)
    let task = SupervisedTask.classifier(model, optimizer: optimizer, loader: loader)
    let started = clock()
    let outcome = try Trainer(TrainingOptions(steps: steps, precision: .fp32)).fit(task)
    let processor = Double(clock() - started) / Double(CLOCKS_PER_SEC)
    let figures = try task.evaluate(on: test)
    let accuracy = figures["validation/accuracy"] ?? .nan
    print(
      "{\"name\": \"seed \(seed)\", \"minimum\": \(outcome.seconds), \"processor\": \(processor), "
        + "\"accuracy\": \(accuracy), \"loss\": \(outcome.metrics["loss"] ?? .nan), "
        + "\"steps\": \(outcome.steps), \"examples\": \(training.count), \"test\": \(test.count), "
        + "\"parameters\": \(model.parameters.map(\.count).reduce(0, +)), "
        + "\"threads\": \(threadCount), \"torch\": \"\(LibTorch.version)\"}")
  }

  static func network() -> Sequential {
    func block(_ inputs: Int, _ outputs: Int) -> [Layer] {
      [
        Conv2d(inputs, outputs, kernelSize: 3, padding: 1, bias: false), BatchNorm(outputs),
        Activation(.relu),
      ]
    }
    return Sequential(
      block(1, 32) + [MaxPool2d(2)] + block(32, 64) + [MaxPool2d(2)] + block(64, 96)
        + [Flatten(), Dropout(0.3), Dense(96 * 49, 10)])
  }
}

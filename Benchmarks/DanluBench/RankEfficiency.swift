import Datasets
import Distributed
import Foundation
import Generative
import Layers
import Optimizers
import Pretraining
import Torch
import Training
import Transformers

/// Updates a second of a training whose batch grows with the number of ranks: `mpirun -n N DanluBench ranks MODEL STEPS`.
///
/// Models: cnn (28 × 28, batches of 64 a rank), dcgan (the same images, 64), bert (BERT-small, 512 × 4, vocabulary of
/// 21,128, 8 × 128 a rank). Data are drawn once, so no loader is measured. `bf16` and `overlap` are
/// the options of those names.
enum RankEfficiency {
  static func run(_ arguments: [String]) throws {
    guard arguments.count >= 2, let steps = Int(arguments[1]) else {
      throw TorchError("ranks expected cnn|dcgan|bert|reduce STEPS [bf16] [overlap]")
    }
    var training = RankedTrainingOptions()
    training.wire = arguments.contains("bf16") ? .brainFloat : .exact
    training.overlaps = arguments.contains("overlap")
    let ranks = try Communicator.start(training: training)
    let clock = StepClock()
    var options = TrainingOptions(steps: steps, precision: .fp32, logInterval: steps)
    options.device = .cpu
    switch arguments[0] {
    case "cnn": _ = try Trainer(options, callbacks: [clock]).fit(cnn(64 * ranks.size))
    case "dcgan": _ = try Trainer(options, callbacks: [clock]).fit(dcgan(64 * ranks.size))
    case "bert": _ = try Trainer(options, callbacks: [clock]).fit(bert(8 * ranks.size))
    case "reduce":
      try reduce(ranks, rounds: steps)
      return ranks.finish()
    default: throw TorchError("ranks expected cnn, dcgan, bert or reduce")
    }
    if ranks.isRoot {
      let aside = ranks.secondsAside
      print(
        "{\"name\": \"\(arguments[0])\", \"ranks\": \(ranks.size), \"threads\": \(threadCount), "
          + "\"seconds\": \(clock.median), \"minimum\": \(clock.minimum), "
          + "\"communication\": \(aside.total / Double(steps)), "
          + "\"exposed\": \(aside.exposed / Double(steps))}")
    }
    ranks.finish()
  }

  /// 400 MB of float32 in pieces.
  private static func reduce(_ ranks: Communicator, rounds: Int) throws {
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100_000_000)
    defer { values.deallocate() }
    values.initialize(repeating: 1)
    var best = Double.infinity
    for _ in 0..<rounds {
      try ranks.barrier()
      let began = ContinuousClock.now
      try ranks.sumGradients(values)
      best = min(best, (ContinuousClock.now - began) / .seconds(1))
    }
    if ranks.isRoot {
      print(
        "{\"name\": \"all-reduce of 400 MB\", \"ranks\": \(ranks.size), \"seconds\": \(best), "
          + "\"gigabytesPerSecond\": \(0.4 / best)}")
    }
  }

  /// Times of updates, the first three left out.
  private final class StepClock: Callback {
    private var last: ContinuousClock.Instant?
    private var seconds: [Double] = []

    func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) {
      let now = ContinuousClock.now
      if let last, state.step > 3 { seconds.append((now - last) / .seconds(1)) }
      last = now
    }

    var median: Double { seconds.isEmpty ? .nan : seconds.sorted()[seconds.count / 2] }
    var minimum: Double { seconds.min() ?? .nan }
  }

  private static func cnn(_ batch: Int) throws -> SupervisedTask {
    let generator = RandomGenerator(seed: 1)
    func block(_ inputs: Int, _ outputs: Int) -> [Layer] {
      [
        Conv2d(inputs, outputs, kernelSize: 3, padding: 1, generator: generator), Activation(.relu),
        Conv2d(outputs, outputs, kernelSize: 3, padding: 1, generator: generator),
        Activation(.relu), MaxPool2d(2),
      ]
    }
    let model = Sequential(
      block(1, 32) + block(32, 64) + [Flatten(), Dense(64 * 49, 10, generator: generator)])
    let images = Tensor.uniform([batch * 4, 1, 28, 28], generator: generator) * 2 - 1
    let data = Dataset(inputs: images, labels: .range(batch * 4).remainder(10))
    return .classifier(
      model, optimizer: Optimizer(Adam(learningRate: 1e-3), for: model),
      loader: try BatchLoader(data, .init(batchSize: batch)))
  }

  private static func dcgan(_ batch: Int) throws -> AdversarialTask {
    let configuration = DCGAN.Configuration.small(normalizesDiscriminator: false)
    let rule = Adam(learningRate: 2e-4, beta1: 0.5, epsilon: 1e-8)
    let players = AdversarialPlayers(
      generator: DCGAN.generator(configuration), discriminator: DCGAN.discriminator(configuration),
      loss: .standard, generatorOptimizer: rule, discriminatorOptimizer: rule)
    let images = Tensor.uniform([batch * 4, 1, 28, 28]) * 2 - 1
    return AdversarialTask(
      players, step: AlternatingStep(), noiseSize: 100,
      loader: try BatchLoader(Dataset(inputs: images), .init(batchSize: batch)))
  }

  private static func bert(_ batch: Int) throws -> PretrainingTask {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = 21128
    configuration.heads = [.languageModel]
    configuration.hiddenSize = 512
    configuration.numLayers = 4
    configuration.numHeads = 8
    configuration.intermediateSize = 2048
    let model = Transformer(configuration, generator: RandomGenerator(seed: 1))
    let rows = (0..<batch * 2).map { row in (0..<128).map { 1 + (row * 131 + $0 * 7919) % 21000 } }
    let targets = rows.map { $0.map { $0 % 7 == 0 ? $0 + 1 : 0 } }
    let data = Dataset(
      ["tokens": .sequences(Sequences(rows)), "targets": .sequences(Sequences(targets))])
    return PretrainingTask(
      model, .mlm,
      optimizer: Optimizer(
        Adam(learningRate: 1e-4, epsilon: 1e-8)
          .withWeightDecay(0.01, excluding: ["bias", "[nN]orm"]), for: model),
      loader: try BatchLoader(data, .init(batchSize: batch)))
  }
}

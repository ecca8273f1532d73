import Datasets
import Distributed
import Foundation
import Generative
import Layers
import Messages
import Optimizers
import Parallel
import Pretraining
import Torch
import Tracking
import Training
import Transformers

/// Data and noise come as float32.
private final class Widening: Layer {
  override func forward(_ input: Tensor) -> Tensor { input.to(.float64) }
}

/// Small trainings in float64 whose weights do not depend on the number of ranks.
enum Trainings {
  /// The weights after some updates, as one line.
  static func summary(_ kind: String, _ options: [String]) throws -> String {
    RandomGenerator.seedAll(3)
    let steps = value("steps", options).flatMap { Int($0) } ?? 7
    let training = TrainingOptions(.steps(steps), logInterval: 3)
    let (weights, losses): ([Tensor], [Double])
    switch kind {
    case "supervised": (weights, losses) = try supervised(training, options)
    case "tokens": (weights, losses) = try tokens(training, options)
    case "images": (weights, losses) = try images(training)
    case "pretraining": (weights, losses) = try pretraining(training, options)
    case "adversarial": (weights, losses) = try adversarial(training)
    default: throw InputError("unknown training \(kind)")
    }
    let numbers = weights.flatMap { $0.doubles() } + losses
    // Every rank has the same bits.
    let bytes = numbers.withUnsafeBytes { Array($0) }
    let all = try Communicator.world.gather(bytes)
    guard all.allSatisfy({ $0 == all[0] }) else { throw InputError("the ranks' weights differ") }
    return numbers.map { "\($0)" }.joined(separator: " ")
  }

  private static func network(_ sizes: [Int], _ dtype: DType = .float64) -> Sequential {
    let generator = RandomGenerator(seed: 11)
    var layers: [Layer] = dtype == .float64 ? [Widening()] : []
    for (index, (input, output)) in zip(sizes, sizes.dropFirst()).enumerated() {
      if index > 0 { layers.append(Activation(.tanh)) }
      layers.append(Dense(input, output, generator: generator))
    }
    let model = Sequential(layers)
    model.move(dtype: dtype)
    return model
  }

  /// 13 examples in batches of 5: the last one has 3, fewer than there may be ranks.
  private static func supervised(
    _ training: TrainingOptions, _ options: [String]
  ) throws -> ([Tensor], [Double]) {
    let dtype = options.contains("float32") ? DType.float32 : .float64
    let model = network([4, 6, 3], dtype)
    let generator = RandomGenerator(seed: 5)
    let x = Tensor.normal([13, 4], dtype: .float64, generator: generator)
    let y = Tensor.normal([13, 3], dtype: .float64, generator: generator)
    let data = Dataset(inputs: x, labels: y)
    var rule = Adam(learningRate: 0.05).withClipping(norm: 0.5)
    let accumulates = options.contains("accumulation")
    if accumulates { rule = rule.withGradientAccumulation(2) }
    let optimizer = Optimizer(rule, for: model)
    let loader = try BatchLoader(data, .init(batchSize: 5, seed: 2))
    let task = SupervisedTask(model, optimizer: optimizer, loader: loader, validation: data) {
      model($0.input)
    } loss: { output, batch in
      guard let labels = batch.labels else { fatalError("the data have labels") }
      return (output - labels.to(dtype)).square().mean()
    }
    var training = training
    training.validationInterval = .steps(3)
    let outcome = try trainer(training, options).fit(task)
    return (
      model.namedParameters().map(\.parameter.value),
      // Of accumulated gradients ranks know no norm of the last batch.
      [outcome.metrics["loss"] ?? 0, accumulates ? 0 : outcome.metrics["gradientNorm"] ?? 0]
    )
  }

  /// With `folder=PATH` one that goes on where the run there has ended.
  private static func trainer(_ training: TrainingOptions, _ options: [String]) throws -> Trainer {
    guard let path = value("folder", options) else { return Trainer(training) }
    let run: Run
    if Communicator.world.isRoot, RunFolder(path: path).isRun {
      run = try Run.resume(at: path)
    } else {
      // What other ranks write is nobody's.
      let own =
        Communicator.world.isRoot
        ? path : NSTemporaryDirectory() + "danlu-probe-" + UUID().uuidString
      run = try Run.create(RunConfiguration(recipe: "probe", seed: 1), at: own)
    }
    return Trainer(training, run: run)
  }

  /// What stands behind `name=`.
  private static func value(_ name: String, _ options: [String]) -> String? {
    options.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
  }

  /// Convolutions with batch normalization, whose weights lie in another order in storage than row-major.
  private static func images(_ training: TrainingOptions) throws -> ([Tensor], [Double]) {
    let generator = RandomGenerator(seed: 11)
    let model = Sequential(
      Widening(), ChannelsLast(),
      Conv2d(2, 4, kernelSize: 3, stride: 2, padding: 1, bias: false, generator: generator),
      BatchNorm(4),
      Activation(.tanh), Conv2d(4, 3, kernelSize: 3, bias: false, generator: generator),
      BatchNorm(3),
      Flatten(), Dense(3, 2, generator: generator))
    model.move(dtype: .float64)
    for (_, parameter) in model.namedParameters() where parameter.shape.count == 4 {
      parameter.replace(with: parameter.value.channelsLast())
    }
    let draws = RandomGenerator(seed: 5)
    let data = Dataset(
      inputs: Tensor.normal([13, 2, 6, 6], generator: draws),
      labels: Tensor.normal([13, 2], generator: draws))
    let task = SupervisedTask(
      model, optimizer: Optimizer(Adam(learningRate: 0.05), for: model),
      loader: try BatchLoader(data, .init(batchSize: 5, seed: 2)), validation: data
    ) { output, batch in
      guard let labels = batch.labels else { fatalError("the data have labels") }
      return (output - labels.to(.float64)).square().mean()
    }
    var training = training
    training.validationInterval = .steps(3)
    let outcome = try Trainer(training).fit(task)
    return (
      model.namedParameters().map(\.parameter.value),
      [outcome.metrics["loss"] ?? 0, outcome.validation["validation/loss"] ?? 0]
    )
  }

  /// Sums of losses over places of which batches have different numbers, and rows none.
  private static func pretraining(
    _ training: TrainingOptions, _ options: [String]
  ) throws -> ([Tensor], [Double]) {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = 20
    configuration.heads = [.languageModel]
    configuration.hiddenSize = 8
    configuration.numLayers = 1
    configuration.numHeads = 2
    configuration.intermediateSize = 16
    configuration.dropoutRate = 0
    configuration.attentionDropoutRate = 0
    let model = Transformer(configuration, generator: RandomGenerator(seed: 1))
    let rows = (0..<11).map { row in (0..<9).map { 1 + (row * 7 + $0 * 5) % 18 } }
    let targets = rows.enumerated().map { number, row in
      row.map { number % 3 == 0 ? 0 : $0 % 4 == 0 ? $0 + 1 : 0 }
    }
    let data = Dataset(
      ["tokens": .sequences(Sequences(rows)), "targets": .sequences(Sequences(targets))])
    let task = PretrainingTask(
      model, .mlm, optimizer: Optimizer(SGD(learningRate: 0.5), for: model),
      loader: try BatchLoader(data, .init(batchSize: 4, seed: 2)),
      accumulation: options.contains("accumulation") ? 2 : 1)
    let outcome = try Trainer(training).fit(task)
    return (
      model.namedParameters().map(\.parameter.value),
      [outcome.metrics["loss"] ?? 0, outcome.metrics["accuracy"] ?? 0]
    )
  }

  /// A loss that is a mean over tokens, of which examples have different numbers, some none that counts.
  ///
  /// With `means` a second one is over the first tokens alone.
  private static func tokens(
    _ training: TrainingOptions, _ options: [String]
  ) throws -> ([Tensor], [Double]) {
    let model = network([4, 5, 3])
    var random = RandomStream(seed: 6, stream: 0)
    let rows = (0..<11).map { _ in (0..<1 + random.below(7)).map { _ in random.below(4) } }
    let data = Dataset(
      ["tokens": .sequences(Sequences(rows))],
      labels: .sequences(
        Sequences(
          rows.enumerated().map { number, row in row.map { number % 4 == 0 ? -100 : $0 % 3 } })))
    let optimizer = Optimizer(Adam(learningRate: 0.05), for: model)
    let loader = try BatchLoader(data, .init(batchSize: 4, seed: 2))
    func labels(_ batch: Batch) -> Tensor {
      guard let labels = batch.labels else { fatalError("the data have labels") }
      return labels
    }
    func count(_ labels: Tensor) -> Double { (labels .>= 0).sum().item() }
    let task =
      options.contains("means")
      ? SupervisedTask(
        model, optimizer: optimizer, loader: loader,
        denominators: { [count(labels($0)), count(labels($0)[.all, 0])] },
        loss: { batch, counts in
          let labels = labels(batch)
          let scores = model(batch.input.oneHot(4))
          let all = scores.flattened(from: 0, to: 1).crossEntropy(
            labels.flattened(), reduction: .sum)
          let first = scores[.all, 0].crossEntropy(labels[.all, 0], reduction: .sum)
          return all / max(1, counts[0]) + first / max(1, counts[1])
        })
      : SupervisedTask(
        model, optimizer: optimizer, loader: loader, denominator: { count(labels($0)) },
        forward: { model($0.input.oneHot(4)) },
        loss: { output, batch in
          output.flattened(from: 0, to: 1).crossEntropy(labels(batch).flattened())
        })
    let outcome = try Trainer(training).fit(task)
    return (model.namedParameters().map(\.parameter.value), [outcome.metrics["loss"] ?? 0])
  }

  /// A game on points: noise is drawn for whole batches.
  private static func adversarial(_ training: TrainingOptions) throws -> ([Tensor], [Double]) {
    let (generator, discriminator) = (network([3, 8, 2]), network([2, 8, 1]))
    let points = Tensor.normal([22, 2], dtype: .float64, generator: RandomGenerator(seed: 5))
    let players = AdversarialPlayers(
      generator: generator, discriminator: discriminator,
      game: AdversarialGame(.standard), generatorOptimizer: Adam(learningRate: 0.01),
      discriminatorOptimizer: Adam(learningRate: 0.01))
    let task = AdversarialTask(
      players, step: AlternatingStep(discriminatorSteps: 2), noiseSize: 3,
      loader: try BatchLoader(
        Dataset(inputs: points), .init(batchSize: 7, seed: 2, dropsLast: true)))
    let outcome = try Trainer(training).fit(task)
    return (
      (generator.namedParameters() + discriminator.namedParameters()).map(\.parameter.value),
      outcome.metrics.sorted { $0.key < $1.key }.map(\.value)
    )
  }
}

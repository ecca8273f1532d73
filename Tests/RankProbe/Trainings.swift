import Datasets
import Distributed
import Generative
import Layers
import Messages
import Optimizers
import Parallel
import Torch
import Training

/// Data and noise come as float32.
private final class Widening: Layer {
  override func forward(_ input: Tensor) -> Tensor { input.to(.float64) }
}

/// Small trainings in float64 whose weights do not depend on the number of ranks.
enum Trainings {
  /// The weights after some updates, as one line.
  static func summary(_ kind: String, _ options: [String]) throws -> String {
    RandomGenerator.seedAll(3)
    let training = TrainingOptions(.steps(7), logInterval: 3)
    let (weights, losses): ([Tensor], [Double])
    switch kind {
    case "supervised": (weights, losses) = try supervised(training, options)
    case "tokens": (weights, losses) = try tokens(training)
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
    let outcome = try Trainer(training).fit(task)
    return (
      model.namedParameters().map(\.parameter.value),
      // Of accumulated gradients ranks know no norm of the last batch.
      [outcome.metrics["loss"] ?? 0, accumulates ? 0 : outcome.metrics["gradientNorm"] ?? 0]
    )
  }

  /// A loss that is a mean over tokens, of which examples have different numbers.
  private static func tokens(_ training: TrainingOptions) throws -> ([Tensor], [Double]) {
    let model = network([4, 5, 3])
    var random = RandomStream(seed: 6, stream: 0)
    let rows = (0..<11).map { _ in (0..<1 + random.below(7)).map { _ in random.below(4) } }
    let data = Dataset(
      ["tokens": .sequences(Sequences(rows))],
      labels: .sequences(Sequences(rows.map { $0.map { $0 % 3 } })))
    let optimizer = Optimizer(Adam(learningRate: 0.05), for: model)
    let loader = try BatchLoader(data, .init(batchSize: 4, seed: 2))
    let task = SupervisedTask(
      model, optimizer: optimizer, loader: loader,
      denominator: { ($0.labels.map { ($0 .>= 0).sum().item() }) ?? 0 },
      forward: { model($0.input.oneHot(4)) },
      loss: { output, batch in
        guard let labels = batch.labels else { fatalError("the data have labels") }
        return output.flattened(from: 0, to: 1).crossEntropy(labels.flattened())
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

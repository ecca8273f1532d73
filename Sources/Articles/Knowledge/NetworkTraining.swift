import ClassicalML
import Datasets
import Layers
import Optimizers
import Parallel
import Torch
import Training

/// The small network of the classical chain, trained by the Trainer: one hidden layer of ReLU, AdamW.
public enum NetworkTraining {
  /// Whether libtorch can be opened.
  public static var isAvailable: Bool { (try? LibTorch.load()) != nil }

  /// For `ClassicalML.TrainingOptions.networkTrainer`. Loads libtorch when it is called.
  public static let trainer: NetworkTrainer = { rows, targets, settings, work in
    try LibTorch.load()
    let earlier = Torch.threadCount
    defer { Torch.threadCount = earlier }
    Torch.threadCount = settings.threads
    let count = rows.rowCount
    let labels: [ExampleValue]
    let outputSize: Int
    var scale = (mean: 0.0, deviation: 1.0)
    var classLabels: [Int]?
    switch targets {
    case .classes(let classes, let classCount):
      labels = classes.map { .integer(Int($0)) }
      outputSize = classCount
      classLabels = classes.map { Int($0) }
    case .numbers(let numbers):
      // The network learns numbers around 0; its last layer is scaled back.
      scale.mean = numbers.reduce(0, +) / Double(max(1, count))
      let variance = numbers.reduce(0) { $0 + ($1 - scale.mean) * ($1 - scale.mean) }
      scale.deviation = max(1e-12, (variance / Double(max(1, count))).squareRoot())
      labels = numbers.map { .float(Float(($0 - scale.mean) / scale.deviation)) }
      outputSize = 1
    }
    let examples = Datasets.Examples(count: count, classLabels: classLabels) { index, _ in
      var row = [Float](repeating: 0, count: rows.columnCount)
      for place in rows.range(index) { row[Int(rows.columns[place])] = rows.values[place] }
      return Example(.floats(row), label: labels[index])
    }
    let generator = RandomGenerator(seed: settings.seed)
    let hidden = Dense(
      rows.columnCount, settings.hiddenSize, weightInitializer: .heNormal, generator: generator)
    let output = Dense(settings.hiddenSize, outputSize, generator: generator)
    let model = Sequential(hidden, Activation(.relu), output)
    let batchSize = min(64, count)
    let loader = try BatchLoader(
      examples,
      .init(
        batchSize: batchSize, seed: settings.seed,
        order: settings.isBalanced ? .balanced : .shuffled))
    let optimizer = Optimizer(
      Adam(learningRate: settings.learningRate).withWeightDecay(settings.decay), for: model)
    let task =
      outputSize > 1
      ? SupervisedTask.classifier(model, optimizer: optimizer, loader: loader)
      : SupervisedTask.regressor(model, optimizer: optimizer, loader: loader) {
        model($0.input).squeezed(1)
      }
    let batches = (count + batchSize - 1) / batchSize
    let passes =
      settings.passes > 0 ? settings.passes : min(200, max(20, 2000 / max(1, batches)))
    _ = try Trainer(Training.TrainingOptions(steps: passes * batches), work: work).fit(task)
    let deviation = Float(scale.deviation)
    return SmallNetwork(
      hiddenWeights: hidden.weight.value.transposed(0, 1).contiguous().array(Float.self),
      hiddenBias: hidden.bias?.value.array(Float.self) ?? [],
      outputWeights: output.weight.value.array(Float.self).map { $0 * deviation },
      outputBias: (output.bias?.value.array(Float.self) ?? []).map {
        $0 * deviation + Float(scale.mean)
      })
  }
}

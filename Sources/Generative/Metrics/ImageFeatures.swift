import Datasets
import Layers
import Optimizers
import Parallel
import Torch
import Training

/// Where distances between images are measured: the last hidden layer of a classifier trained here, or
/// principal components where the images have no labels. No Inception network: distances are comparable
/// only between models that were measured with the same features.
public struct ImageFeatures {
  /// In a few words, for a claim.
  public let summary: String
  /// In a sentence, for a report.
  public let description: String
  /// The share of held-out images that the classifier names rightly.
  public let accuracy: Double?
  private let map: (Tensor) -> Tensor

  /// Features `(N, d)` of images `(N, C, H, W)` in [−1, 1].
  public func callAsFunction(_ images: Tensor) -> Tensor { withoutGradients { map(images) } }

  /// The features that suit the data: a classifier's where it has labels.
  public init(
    training: Dataset, heldOut: Dataset, device: Device = .cpu, _ work: Work = .silent
  ) throws {
    if let labels = training.labels {
      let classes = labels.max().integerItem() + 1
      try self.init(
        classifying: training, classes: classes, heldOut: heldOut, device: device, work)
    } else {
      self.init(principalComponents: 32, of: training.scaledInputs())
    }
  }

  /// The last hidden layer, 64 units, of a small convolutional network trained for 400 steps.
  private init(
    classifying training: Dataset, classes: Int, heldOut: Dataset, device: Device, _ work: Work
  ) throws {
    let network = try Self.classifier(training, classes: classes, device: device, work)
    let body = network.head(through: "feature")
    map = { images in .concatenate(images.to(device).split(500).map { body($0) }) }
    let answers = withoutGradients {
      Tensor.concatenate(
        heldOut.scaledInputs().to(device).split(500).map { network($0).argmax(axis: 1) })
    }
    let truth = heldOut.labels ?? answers
    accuracy = (answers.to(.cpu) .== truth).to(.float64).mean().item()
    summary = "64 features of a classifier trained on the same images"
    description =
      "the last hidden layer (64 ReLU units) of a small convolutional classifier trained on the "
      + "training images"
  }

  private init(principalComponents count: Int, of images: Tensor) {
    let flat = images.flattened(from: 1).to(.float64)
    let centered = flat - flat.mean(axis: 0)
    let (_, vectors) = (centered.transposed().matmul(centered) / Double(flat.size(0)))
      .symmetricEigen()
    let size = vectors.size(1)
    let basis = vectors[.all, max(0, size - count)..<size].to(.float32)
    map = { $0.to(.cpu).flattened(from: 1).matmul(basis) }
    accuracy = nil
    summary = "\(count) principal components of the training images"
    description = "\(count) principal components fitted on the training images"
  }

  private static func classifier(
    _ training: Dataset, classes: Int, device: Device, _ work: Work
  ) throws -> Sequential {
    let random = RandomGenerator(seed: 5)
    let shape = training.inputShape
    func reduced(_ side: Int) -> Int { (side + 1) / 2 }
    let area = reduced(reduced(shape[1])) * reduced(reduced(shape[2]))
    func convolution(_ inputs: Int, _ outputs: Int) -> Layer {
      Conv2d(
        inputs, outputs, kernelSize: 5, stride: 2, padding: .same, weightInitializer: .heUniform,
        generator: random)
    }
    let network = Sequential([
      "convolution0": convolution(shape[0], 16), "activation0": Activation(.relu),
      "convolution1": convolution(16, 32), "activation1": Activation(.relu),
      "flatten": Flatten(),
      "dense": Dense(32 * area, 64, weightInitializer: .heUniform, generator: random),
      "feature": Activation(.relu), "head": Dense(64, classes, generator: random),
    ]).move(to: device)
    let optimizer = Optimizer(Adam(learningRate: 2e-3), for: network)
    let loader = try BatchLoader(
      training, .init(batchSize: min(100, training.count), seed: 5, dropsLast: true))
    let steps = 400
    try work.phase("classifier for the distance", of: steps, unit: "steps") { phase in
      for step in 0..<steps {
        let batch = try loader.next()
        guard let labels = batch.labels else { return }
        optimizer.learningRate = 2e-3 * (1 - Double(step) / Double(steps))
        optimizer.step {
          network(batch.input.to(device)).crossEntropy(labels.to(device))
        }
        try phase.advance()
      }
    }
    return network.evaluate()
  }
}

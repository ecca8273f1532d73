import Datasets
import Generative
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// The density of small images by convolutional blocks, in bits a dimension.
struct FlowBits: Finding {
  private let flowBits: Double
  private let gaussianBits: Double
  private let inverseError: Double

  init(_ run: Running<IResNetSettings>) throws {
    let settings = run.settings
    let (training, heldOut) = (
      Self.bytes(count: 6000, seed: run.seed), Self.bytes(count: 500, seed: run.seed &+ 1)
    )
    // Each pixel by its own mean and spread over the training images; what is left is for the blocks.
    let dequantized = Self.dequantized(training, RandomGenerator(seed: run.seed &+ 2))
    let mean = dequantized.mean(axis: 0)
    let deviation = dequantized.standardDeviation(axis: 0)
    let scaleCost = deviation.log().sum().item()
    func standardized(_ bytes: Tensor, _ random: RandomGenerator?) -> Tensor {
      (Self.dequantized(bytes, random) - mean) / deviation
    }
    let shape = Array(training.shape.dropFirst())
    let flow = InvertibleResNet.convolutional(
      channels: shape[0], side: shape[1], generator: RandomGenerator(seed: run.seed))
    let task = SupervisedTask(
      flow, optimizer: Optimizer(Adam(learningRate: settings.rate), for: flow),
      loader: try BatchLoader(
        Dataset(inputs: training), .init(batchSize: 64, seed: run.seed, pixelScale: .none))
    ) { batch in
      flow.negativeLogLikelihood(standardized(batch.input, nil), terms: settings.terms)
    } loss: { cost, _ in
      cost.mean()
    }
    try run.train(task, named: "images", steps: settings.imageSteps) { $0.device = .cpu }
    for case let layer as LipschitzConv2d in flow.namedModules().map(\.module) {
      layer.advance(100)
    }
    flow.evaluate()
    let random = RandomGenerator(seed: run.seed &+ 3)
    let images = standardized(heldOut, random)
    let dimension = shape.reduce(1, *)
    func bits(_ network: InvertibleResNet) -> Double {
      let cost = network.negativeLogLikelihood(images, terms: 40, generator: random)
      return bitsPerDimension(
        negativeLogLikelihood: cost.detach().mean().item() + scaleCost, dimension: dimension)
    }
    flowBits = bits(flow)
    // No block at all leaves a Gaussian for each pixel.
    gaussianBits = bits(InvertibleResNet([]))
    let found = flow.inverse(withoutGradients { flow(images) }, iterations: 100, tolerance: 1e-6)
    inverseError = (found.input - images).abs().max().item()
  }

  /// Drawn shapes as bytes, 2 × 2 pixels as channels.
  private static func bytes(count: Int, seed: UInt64) -> Tensor {
    let images = ToySets.shapes(count: count, seed: seed).inputs
    return spaceToDepth(((images + 1) * 127.5).round().to(.uint8))
  }

  /// (u + U(0, 1)) / 256 of bytes u: a density of these bounds the bits that the bytes need.
  private static func dequantized(_ bytes: Tensor, _ random: RandomGenerator?) -> Tensor {
    (bytes.to(.float32) + Tensor.uniform(bytes.shape, generator: random)) / 256
  }

  var metrics: [String: Double] {
    [
      "images/bits per dimension": flowBits, "images/bits per dimension, Gaussian": gaussianBits,
      "images/inverse error": inverseError,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "bits",
        statement:
          "of images, too, it is a density: bits a dimension less those of a Gaussian for each "
          + "pixel", measured: flowBits - gaussianBits, atMost: -0.5),
      Claim(
        id: "inverse-images",
        statement:
          "convolutional blocks have their inverse: largest error over 500 images in units of a "
          + "pixel's spread", measured: inverseError, atMost: 1e-3),
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "The density of images",
      [
        .table(
          Report.Table(
            columns: ["drawn shapes, 16 × 16, held out", "bits a dimension"],
            rows: [
              ["four convolutional blocks, 40 terms", .number(flowBits)],
              ["a Gaussian for each pixel", .number(gaussianBits)],
            ],
            caption: "Bytes with uniform noise, so that the figures bound what a code would need."))
      ])
  }
}

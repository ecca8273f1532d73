import Datasets
import Generative
import Layers
import Messages
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// 变分自编码器 = 最小化先验分布 + 最大化互信息: features by mutual information, and the variational autoencoder beside.
public enum VAEInfoMaxArticle: ImageArticle {
  public static let card = RecipeCard(
    name: "vae-infomax", title: "变分自编码器 = 最小化先验分布 + 最大化互信息",
    summary:
      "Learns features by local and global mutual information, each alone and both, a variational "
      + "autoencoder beside them, and compares neighbors by feature.",
    date: "2018-10-10", archive: 6088,
    data: "discs, rings, squares and crosses drawn from the seed",
    ownData: "a folder of IDX, CIFAR or PNG files with classes", duration: "2 min")

  public struct Settings: RecipeSettings {
    @Knob("α, of the global term", in: 0...100) var global = 0.5
    @Knob("β, of the local term", in: 0...100) var local = 1.5
    @Knob("γ, of the prior's term", in: 0...100) var prior = 0.01
    @Knob(
      "channels of the encoder's last map", expects: "a positive multiple of 4",
      where: { $0 >= 4 && $0 % 4 == 0 }) var width = 32
    @Knob("size of the features", in: 2...) var features = 32
    @Knob("size of the autoencoder's code", in: 2...) var code = 8
    @Knob("Adam's learning rate", expects: "a positive number", where: { $0 > 0 }) var rate = 1e-3
    @Knob("how many images are drawn, without --data", in: 1000...) var images = 12_000
    @Knob("updates of each encoder", in: 1...) var steps = 2000
    @Knob("images of an update", in: 2...) var batch = 64

    public init() {}
  }

  public static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel {
    VariationalAutoencoder(shape: shape, code: settings.code, seed: 0).model
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, .shapes, batch: settings.batch)
    guard images.heldOut.labels != nil else {
      throw InputError(
        "neighbors are judged by the images' classes, but the images have none; a folder of PNG files "
          + "with a folder a class would work")
    }
    let autoencoder = VariationalAutoencoder(
      shape: images.training.inputShape, code: settings.code, seed: run.seed)
    autoencoder.network.move(to: run.device)
    let sheet = SampleSheet(run, noiseSize: settings.code) { autoencoder.model.images($0) }
    func loader(_ batch: Int) throws -> BatchLoader {
      try BatchLoader(
        images.training, .init(batchSize: batch, seed: run.seed, dropsLast: true))
    }
    let network = autoencoder.network
    let task = SupervisedTask(
      network, optimizer: Optimizer(Adam(learningRate: settings.rate), for: network),
      loader: try loader(100)
    ) { batch in
      network.loss(batch.input).loss
    } loss: { value, _ in
      value.mean()
    }
    try run.train(
      task, named: "autoencoder", steps: settings.steps,
      callbacks: [
        Every(max(1, settings.steps / 5)) { state in
          try sheet.log(run, step: state.step)
        }
      ])
    try autoencoder.model.keep(in: run, images)
    let rows: [(name: String, weights: InfoMax.Weights)] = [
      ("both", .init(global: settings.global, local: settings.local, prior: settings.prior)),
      ("local", .init(global: 0, local: settings.local, prior: settings.prior)),
      ("global", .init(global: settings.global, local: 0, prior: settings.prior)),
    ]
    var encoders: [(name: String, encode: (Tensor) -> Tensor)] = []
    for (name, weights) in rows {
      let model = encoder(settings, shape: images.training.inputShape, weights, seed: run.seed)
      model.move(to: run.device)
      let task = SupervisedTask(
        model, optimizer: Optimizer(Adam(learningRate: settings.rate), for: model),
        loader: try loader(settings.batch)
      ) { batch in
        model.loss(batch.input).total
      } loss: { value, _ in
        value.mean()
      }
      try run.train(task, named: "infomax-\(name)", steps: settings.steps)
      encoders.append((name, { images in model.evaluating { model(images) } }))
    }
    encoders.append(("autoencoder", { images in network.evaluating { network(images) } }))
    return [
      NeighborsByFeature(encoders, images, run), try autoencoder.aggregate(images, run), sheet,
    ]
  }

  /// Two halvings of 3 × 3 convolutions, a third convolution, and the largest value of each channel.
  private static func encoder(
    _ settings: Settings, shape: [Int], _ weights: InfoMax.Weights, seed: UInt64
  ) -> InfoMax {
    let random = RandomGenerator(seed: seed)
    // PyTorch's; with Glorot's larger weights the features tell classes apart no better than pixels.
    let small = Initializer.varianceScaling(1.0 / 3, distribution: .uniform)
    func block(_ inputs: Int, _ outputs: Int) -> [Layer] {
      [
        Conv2d(
          inputs, outputs, kernelSize: 3, padding: 1, weightInitializer: small, generator: random),
        BatchNorm(outputs),
        Activation(.leakyReLU(0.2)),
      ]
    }
    let width = settings.width
    return InfoMax(
      body: Sequential(
        block(shape[0], width / 2) + [MaxPool2d(2)] + block(width / 2, width) + [MaxPool2d(2)]),
      summary: Sequential(
        block(width, width) + [Lambda("global max pool") { $0.flattened(from: 2).max(axis: 2) }]),
      localSize: width, summarySize: width, codeSize: settings.features, width: width,
      weights: weights, weightInitializer: small, generator: random)
  }
}

/// Whether images that are near by feature are of one class.
private struct NeighborsByFeature: Finding {
  private let purities: [(name: String, purity: Double)]
  private let pictures: [Report.Figure]

  init(
    _ encoders: [(name: String, encode: (Tensor) -> Tensor)], _ images: ZooImages,
    _ run: Running<VAEInfoMaxArticle.Settings>
  ) {
    let held = images.heldOut.subset(0..<min(1500, images.heldOut.count))
    let real = held.scaledInputs().to(run.device)
    let pixels: (name: String, encode: (Tensor) -> Tensor) = ("pixels", { $0.flattened(from: 1) })
    let features = (encoders + [pixels]).map { name, encode in
      // By cosine: unit vectors' distances are in the same order.
      (
        name: name,
        values: withoutGradients { encode(real) }.to(.cpu).flattened(from: 1).normalized(axis: 1)
      )
    }
    purities = features.map { name, values in
      (name, held.labels.map { Neighbors.purity(values, labels: $0) } ?? .nan)
    }
    pictures = features.filter { ["both", "global", "pixels"].contains($0.name) }.map {
      name, values in
      let distances = values[..<8].pairwiseDistances(values)
      let order = distances.topK(8, axis: 1, largest: false).indices.reshaped(-1)
      let shown = real.to(.cpu).gatherRows(order)
      return Report.Figure(
        SampleSheet.contactSheet(shown, columns: 8),
        caption: "by \(name): an image at the left, then its seven nearest")
    }
  }

  private func purity(_ name: String) -> Double {
    purities.first { $0.name == name }?.purity ?? .nan
  }

  var metrics: [String: Double] {
    purities.reduce(into: [:]) { $0["purity/\($1.name)"] = $1.purity }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "purity",
        statement:
          "without a decoder the features tell classes apart: share of the 5 nearest with the "
          + "query's label", measured: purity("both"), atLeast: 0.78),
      Claim(
        id: "pixels", statement: "more than pixels do: difference",
        measured: purity("both") - purity("pixels"), atLeast: 0.04),
      Claim(
        id: "autoencoder", statement: "and more than a variational autoencoder's: difference",
        measured: purity("both") - purity("autoencoder"), atLeast: 0),
      Claim(
        id: "local", statement: "local information is what counts: local alone less global alone",
        measured: purity("local") - purity("global"), atLeast: 0.15),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["features", "share of the 5 nearest with the query's label"],
      rows: purities.map { [.text($0.name), .number($0.purity)] },
      caption: "1500 held-out images, by cosine, the query left out.")
    return Report.Section("Neighbors by feature", [.table(table), .images(pictures)])
  }
}

/// A perceptron that encodes and one that decodes: pixels → 256 → (μ, ln σ²), code → 256 → 256 → pixels.
private struct VariationalAutoencoder {
  final class Network: Layer {
    let body: Sequential
    let mean: Dense
    let logVariance: Dense
    let decoder: Sequential

    init(pixels: Int, code: Int, generator: RandomGenerator) {
      body = Sequential(
        Flatten(), Dense(pixels, 256, weightInitializer: .heUniform, generator: generator),
        Activation(.relu))
      mean = Dense(256, code, generator: generator)
      logVariance = Dense(256, code, generator: generator)
      decoder = ToyNetworks.perceptron([code, 256, 256, pixels], .relu, generator: generator)
      super.init()
    }

    /// The code's mean.
    override func forward(_ input: Tensor) -> Tensor { mean(body(input)) }

    /// The loss of images in [−1, 1], as `(1)`, and its KL.
    func loss(_ images: Tensor) -> (loss: Tensor, divergence: Tensor) {
      let features = body(images)
      let (mean, logVariance) = (mean(features), logVariance(features))
      let code = reparameterized(mean: mean, logVariance: logVariance)
      return variationalLoss(
        logits: decoder(code), target: (images.flattened(from: 1) + 1) / 2, mean: mean,
        logVariance: logVariance)
    }
  }

  let network: Network
  let model: ImageModel

  init(shape: [Int], code: Int, seed: UInt64) {
    let pixels = shape.reduce(1, *)
    let network = Network(pixels: pixels, code: code, generator: RandomGenerator(seed: seed))
    self.network = network
    model = ImageModel(
      shape: shape, noiseSize: code, parts: [("autoencoder", network)],
      sample: { network.decoder($0).sigmoid().reshaped([$0.size(0)] + shape) * 2 - 1 },
      encode: { network($0) })
  }

  func aggregate(
    _ images: ZooImages, _ run: Running<VAEInfoMaxArticle.Settings>
  ) throws -> AggregateCode {
    let held = images.heldOut.subset(0..<min(1500, images.heldOut.count)).scaledInputs()
      .to(run.device)
    let code = withoutGradients { () -> Tensor in
      let features = network.body(held)
      return reparameterized(
        mean: network.mean(features), logVariance: network.logVariance(features),
        generator: run.device == .cpu ? RandomGenerator(seed: run.seed) : nil)
    }
    return AggregateCode(
      costs: try run.logged("autoencoder/loss"), largestMean: code.mean(axis: 0).abs().max().item(),
      deviations: code.standardDeviation(axis: 0).to(.cpu).to(.float64).doubles(),
      pictures: Reconstructions(
        held[..<200], encode: { model.codes($0) ?? $0 }, decode: { model.images($0) }))
  }
}

/// Whether all codes together look like the prior: the loss is KL(p(z) ‖ q(z)) if the decoder is best.
private struct AggregateCode: Finding {
  /// The training loss, logged step by logged step.
  let costs: [Double]
  let largestMean: Double
  let deviations: [Double]
  let pictures: Reconstructions

  /// The mean loss of each fifth of training.
  private var fifths: [Double] {
    (0..<5).compactMap { fifth in
      let part = costs[costs.count * fifth / 5..<costs.count * (fifth + 1) / 5]
      return part.isEmpty ? nil : part.reduce(0, +) / Double(part.count)
    }
  }

  var metrics: [String: Double] {
    ["autoencoder/loss": fifths.last ?? .nan, "autoencoder/reconstruction": pictures.error]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "aggregate-mean",
        statement: "the codes of all images together have the prior's mean: largest deviation",
        measured: largestMean, atMost: 0.35),
      Claim(
        id: "aggregate-spread",
        statement: "and its spread: largest distance of a standard deviation from 1",
        measured: deviations.map { abs($0 - 1) }.max() ?? .nan, atMost: 0.3),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["fifth of training", "loss in nats an image"],
      rows: fifths.enumerated().map { [.number(Double($0 + 1)), .number($1)] })
    return Report.Section("The variational autoencoder", [.table(table)] + pictures.blocks)
  }
}

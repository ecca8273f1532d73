import Datasets
import Foundation
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
    ZooAutoencoder(shape: shape, code: settings.code, seed: 0).model
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let images = try ZooImages(run, drawn: settings.images, .shapes, batch: settings.batch)
    guard images.heldOut.labels != nil else {
      throw InputError(
        "neighbors are judged by the images' classes, but the images have none; a folder of PNG files "
          + "with a folder a class would work")
    }
    let autoencoder = ZooAutoencoder(
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

import Datasets
import Generative
import Optimizers
import Recipes
import Torch
import Training

/// An encoder of the discriminator's shape that learns z from G(z), the generator standing still.
struct EncoderTrainedApart {
  let encode: (Tensor) -> Tensor

  init(
    _ model: ImageModel, _ settings: OGANArticle.Settings, _ run: Running<OGANArticle.Settings>
  ) throws {
    let network = OGANArticle.players(
      settings, shape: model.shape, correlation: 0, seed: run.seed &+ 1
    ).discriminator
    network.move(to: run.device)
    let noise = Tensor.normal(
      [4000, settings.noise], generator: RandomGenerator(seed: run.seed &+ 8))
    let made = model.images(noise.to(run.device)).to(.cpu)
    let task = SupervisedTask(
      network,
      optimizer: Optimizer(
        RMSprop(learningRate: settings.rate, smoothing: 0.99, epsilon: 1e-7), for: network),
      loader: try BatchLoader(
        Dataset(inputs: made, labels: noise),
        .init(batchSize: settings.batch, seed: run.seed, dropsLast: true))
    ) { code, batch in
      batch.labels.map { code.squaredError($0) } ?? code.square().mean()
    }
    try run.train(task, named: "encoder-apart", steps: max(1, settings.steps / 2))
    encode = { images in network.evaluating { network(images) } }
  }
}

import Datasets
import Generative
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// 细水长flow之可逆ResNet：极致的暴力美学: a residual network that has an inverse because its branches shrink.
public enum IResNetArticle: Article {
  public static let card = RecipeCard(
    name: "i-resnet", title: "细水长flow之可逆ResNet：极致的暴力美学",
    summary:
      "Fits densities of two moons and of images by invertible residual networks, inverts them, checks "
      + "log-determinants, and classifies with the same blocks.",
    date: "2019-03-21", archive: 6482, data: "two moons and shapes drawn from the seed",
    duration: "2 min")

  public struct Settings: RecipeSettings {
    @Knob("blocks of the network", in: 1...64) var blocks = 8
    @Knob("units of a branch's hidden layers", in: 2...) var width = 64
    @Knob(
      "c, the norm that a layer has at most", expects: "a number between 0 and 1",
      where: { $0 > 0 && $0 < 1 }) var bound = 0.95
    @Knob("terms of the series in training", in: 1...100) var terms = 8
    @Knob("Adam's learning rate", expects: "a positive number", where: { $0 > 0 }) var rate = 2e-3
    @Knob("updates of the density", in: 1...) var steps = 800
    @Knob("points of an update", in: 2...) var batch = 256
    @Knob("updates of the density of images", in: 1...) var imageSteps = 300

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let settings = run.settings
    let training = ToySets.twoMoons(count: 20_000, seed: run.seed)
    let heldOut = ToySets.twoMoons(count: 4000, seed: run.seed &+ 1)
    let flow = InvertibleResNet.dense(
      2, width: settings.width, blocks: settings.blocks, bound: settings.bound,
      generator: RandomGenerator(seed: run.seed))
    let task = SupervisedTask(
      flow, optimizer: Optimizer(Adam(learningRate: settings.rate), for: flow),
      loader: try BatchLoader(
        Dataset(inputs: training.inputs), .init(batchSize: settings.batch, seed: run.seed))
    ) { batch in
      flow.negativeLogLikelihood(batch.input, terms: settings.terms)
    } loss: { cost, _ in
      cost.mean()
    }
    try run.train(task, named: "density", steps: settings.steps) { $0.device = .cpu }
    // Power iterations under-estimate; frozen, forward and inverse are of one function.
    for _ in 0..<100 { flow.advanceSpectralNorms() }
    flow.evaluate()
    return [
      FlowDensity(flow, heldOut.inputs, settings), FlowInverse(flow, heldOut.inputs),
      FlowLogDeterminants(run.seed, bound: settings.bound),
      try FlowBits(run), try FlowClassifier(training, heldOut, run),
    ]
  }
}

typealias IResNetSettings = IResNetArticle.Settings

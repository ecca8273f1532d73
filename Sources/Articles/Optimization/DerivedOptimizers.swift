import Datasets
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Tracking

/// 6个派生优化器的简单介绍及其实现: weight decay, layer adaptation, piecewise-linear rate, accumulation,
/// Lookahead and lazy updates, over any rule and over each other.
public enum DerivedOptimizers: Recipe {
  public static let card = RecipeCard(
    name: "derived-optimizers", title: "6个派生优化器的简单介绍及其实现",
    summary:
      "Six modifications that wrap any optimizer: their worked examples, their order, and how they "
      + "train a small classifier.",
    date: "2019-11-25", archive: 7094, data: "a quadratic; stroke images drawn from the seed",
    duration: "20 s",
    settings: [Setting("examples", .integer(60_000), help: "examples each classifier sees")])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let adam = Adam(learningRate: 0.01)
    let traces = try articleTraces()
    let inside = QuadraticProblem.end(adam.withWeightDecay(0.01).withLayerAdaptation(), steps: 3)
    let outside = QuadraticProblem.end(adam.withLayerAdaptation().withWeightDecay(0.01), steps: 3)
    let still = QuadraticProblem(adam.withSchedule(.constant(0)))
    still.advance(5)
    let lazy = lazyRows()
    let accumulated = accumulationGap(seed: context.seed)
    let trials = try classifierTrials(context)
    let single = trials.batchOne
    let soft = trials.softBatch

    let claims =
      traces.map(\.claim) + [
        Claim(
          id: "order",
          statement: "the order matters: decay inside and outside layer adaptation end apart by",
          measured: zip(inside, outside).map { abs($0 - $1) }.max() ?? 0, atLeast: 1e-5),
        Claim(
          id: "zero-rate", statement: "a schedule multiplier of 0 leaves the weights bit for bit",
          expected: "(1, −2, 3)",
          measured: .string(still.position.map { "\($0)" }.joined(separator: ", ")),
          holds: still.position == [1, -2, 3]),
        Claim(
          id: "lazy",
          statement: "a row without gradient stays where it is under lazy Adam: distance moved",
          measured: lazy.lazyMove, atMost: 0),
        Claim(
          id: "not-lazy", statement: "and moves on by its momentum under plain Adam",
          measured: lazy.plainMove, atLeast: 0.005),
        Claim(
          id: "accumulation",
          statement:
            "4 accumulated batches of 16 are one of 64, for Adam (float64): largest difference",
          measured: accumulated, atMost: 1e-12),
      ]
    return RecipeResult(
      metrics: [
        "accuracy/batchOne": single.accuracy, "accuracy/softBatch": soft.accuracy,
        "loss/batchOne": single.heldOutLoss, "loss/softBatch": soft.heldOutLoss,
      ], claims: claims,
      sections: [
        Report.Section("Worked examples", [ExpectedTrace.table(traces)]),
        OptimizerTrial.section(
          "One example per gradient", [single, soft],
          note:
            "Both see the same examples in the same order; the second updates 32 times less. That "
            + "accumulation makes one large batch of small ones is claimed above, exactly; that the "
            + "large batch is the better one is no claim here. It ends lower once training is long "
            + "enough for the noise of single examples to matter, and this one is short."),
        OptimizerTrial.section(
          "Batches of 64", trials.compositions,
          note: "One rule with different extensions; each name states the order in which they act."),
      ])
  }

  /// The article's extensions on the quadratic, with Adam of rate 0.01 and ε 1e-6 where not said.
  private static func articleTraces() throws -> [ExpectedTrace] {
    let adam = Adam(learningRate: 0.01)
    let sgd = SGD(learningRate: 0.05)
    let averaged = QuadraticProblem(sgd.withMovingAverage(0.9))
    averaged.advance(3)
    let average = averaged.optimizer.withAverages { averaged.position }
    let accumulating = QuadraticProblem(adam.withGradientAccumulation(2))
    for step in 0..<6 {
      accumulating.advance(curvature: Tensor(step % 2 == 0 ? [1, 10, 0.1] : [3, 2, 0.5]))
    }
    return [
      ExpectedTrace(
        id: "adam", statement: "Adam, 3 steps", position: QuadraticProblem.end(adam, steps: 3),
        expected: [0.970010129, -1.970004913, 2.970003344]),
      ExpectedTrace(
        id: "weight-decay", statement: "weight decay 0.01",
        position: QuadraticProblem.end(adam.withWeightDecay(0.01), steps: 3),
        expected: [0.969713265, -1.969408074, 2.969106533]),
      ExpectedTrace(
        id: "layer-adaptation", statement: "layer adaptation",
        position: QuadraticProblem.end(adam.withLayerAdaptation(), steps: 3),
        expected: [0.935809987, -1.935783897, 2.935776060]),
      ExpectedTrace(
        id: "lamb", statement: "decay, then layer adaptation (LAMB)",
        position: QuadraticProblem.end(adam.withWeightDecay(0.01).withLayerAdaptation(), steps: 3),
        expected: [0.936443070, -1.935788265, 2.935150983]),
      ExpectedTrace(
        id: "schedule", statement: "piecewise-linear rate {4: 1, 8: 0.1}, 6 steps",
        position: QuadraticProblem.end(
          adam.withSchedule(.piecewiseLinear([4: 1, 8: 0.1])), steps: 6),
        expected: [0.967273662, -1.967261648, 2.967257836]),
      ExpectedTrace(
        id: "gradient-accumulation", statement: "accumulation of 2, 6 gradients",
        position: accumulating.position, expected: [0.970010114, -1.970004914, 2.970003277]),
      ExpectedTrace(
        id: "lookahead", statement: "SGD 0.05 with Lookahead(2, ½), 6 steps",
        position: QuadraticProblem.end(sgd.withLookahead(period: 2, slowStep: 0.5), steps: 6),
        expected: [0.860763830, -0.488281250, 2.955336004]),
      ExpectedTrace(
        id: "moving-average", statement: "moving average 0.9 over SGD 0.05, 3 steps",
        position: average, expected: [0.900046125, -0.557195572, 2.969056135]),
    ]
  }

  /// How far the second row of a table goes after its gradient has become zero.
  private static func lazyRows() -> (lazyMove: Double, plainMove: Double) {
    func move(_ specification: any OptimizerSpecification) -> Double {
      let table = Parameter(Tensor([[1.0], [2]]))
      let optimizer = Optimizer(specification, parameters: [("embedding", table)])
      var before = 0.0
      for step in 0..<3 {
        let seen = Tensor(step == 0 ? [[1.0], [1]] : [[1.0], [0]])
        optimizer.step(gradients: [(table.value * seen).detach()])
        if step == 0 { before = table.value.doubles()[1] }
      }
      return abs(table.value.doubles()[1] - before)
    }
    let adam = Adam(learningRate: 0.01)
    return (move(adam.withLazyUpdates(of: ["embedding"])), move(adam))
  }

  private static func accumulationGap(seed: UInt64) -> Double {
    let generator = RandomGenerator(seed: seed)
    let inputs = Tensor.normal([64, 20], dtype: .float64, generator: generator)
    let targets = Tensor.normal([64, 5], dtype: .float64, generator: generator)
    func weights(pieces: Int) -> Tensor {
      let generator = RandomGenerator(seed: seed + 1)
      let model = Dense(20, 5, generator: generator).move(dtype: .float64)
      let optimizer = Optimizer(
        Adam(learningRate: 0.01).withGradientAccumulation(pieces), for: model)
      for _ in 0..<10 {
        for (x, y) in zip(inputs.chunked(pieces), targets.chunked(pieces)) {
          optimizer.step { model(x).squaredError(y) }
        }
      }
      return model.weight.value.detach()
    }
    return (weights(pieces: 1) - weights(pieces: 4)).abs().max().item()
  }

  private static func classifierTrials(
    _ context: RecipeContext
  ) throws -> (batchOne: OptimizerTrial, softBatch: OptimizerTrial, compositions: [OptimizerTrial])
  {
    let images = try StrokeImages.dataset(count: 12_000, seed: context.seed)
    let training = images.subset(0..<10_000)
    let heldOut = images.subset(10_000..<12_000)
    let examples = context.settings.integer("examples")
    let specifications: [(String, any OptimizerSpecification)] = [
      ("Adam", Adam(learningRate: 1e-3)),
      ("Adam → decay", Adam(learningRate: 1e-3).withWeightDecay(0.01)),
      (
        "Adam → decay → layer adaptation",
        Adam(learningRate: 1e-2).withWeightDecay(0.01).withLayerAdaptation()
      ),
      ("Adam → Lookahead", Adam(learningRate: 1e-3).withLookahead()),
      (
        "Adam → decay → warm-up and decline",
        Adam(learningRate: 2e-3).withWeightDecay(0.01)
          .withSchedule(.piecewiseLinear([100: 1, max(101, examples / 64): 0.02]))
      ),
    ]
    context.progress.begin("classifiers", total: specifications.count + 2, unit: "runs")
    defer { context.progress.end() }
    func trial(
      _ name: String, _ specification: any OptimizerSpecification, batch: Int, examples: Int
    ) throws -> OptimizerTrial {
      try context.cancellation.check()
      defer { context.progress.advance(by: 1) }
      return try OptimizerTrial(
        name, specification, training: training, heldOut: heldOut, batch: batch,
        examples: examples, seed: context.seed)
    }
    return (
      try trial("Adam on each", Adam(learningRate: 1e-3), batch: 1, examples: examples / 4),
      try trial(
        "Adam on means of 32", Adam(learningRate: 1e-3).withGradientAccumulation(32), batch: 1,
        examples: examples / 4),
      try specifications.map { try trial($0.0, $0.1, batch: 64, examples: examples) }
    )
  }
}

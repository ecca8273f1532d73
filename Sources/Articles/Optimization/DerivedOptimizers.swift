import Datasets
import Layers
import Optimizers
import Parallel
import Recipes
import Reports
import Torch

/// 6个派生优化器的简单介绍及其实现: weight decay, layer adaptation, piecewise-linear rate, accumulation,
/// Lookahead and lazy updates, over any rule and over each other.
public enum DerivedOptimizersArticle: Article {
  public static let card = RecipeCard(
    name: "derived-optimizers", title: "6个派生优化器的简单介绍及其实现",
    summary:
      "Six modifications that wrap any optimizer: their worked examples, their order, and how they "
      + "train a small classifier.",
    date: "2019-11-25", archive: 7094, data: "a quadratic; stroke images drawn from the seed",
    duration: "20 s")

  public struct Settings: RecipeSettings {
    @Knob("examples each classifier sees", in: 4...) var examples = 60_000

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let findings: [any Finding] = [
      WorkedExamples(traces()), OrderOfExtensions(), LazyRows(),
      AccumulatedBatches(seed: run.seed),
    ]
    return try run.work.phase("classifiers", of: ClassifierTrials.count, unit: "runs") { phase in
      let trials = try ClassifierTrials(run, phase)
      return findings + [try SoftBatches(trials), try Compositions(trials)]
    }
  }

  /// The article's extensions on the quadratic, with Adam of rate 0.01 and ε 1e-6 where not said.
  private static func traces() -> [ExpectedTrace] {
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
}

/// The same extensions in another order, and one that stops everything.
private struct OrderOfExtensions: Finding {
  private let distance: Double
  private let unmoved: SIMD3<Double>

  init() {
    let adam = Adam(learningRate: 0.01)
    distance = QuadraticProblem.distance(
      QuadraticProblem.end(adam.withWeightDecay(0.01).withLayerAdaptation(), steps: 3),
      QuadraticProblem.end(adam.withLayerAdaptation().withWeightDecay(0.01), steps: 3))
    unmoved = QuadraticProblem.end(adam.withSchedule(.constant(0)), steps: 5)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "order",
        statement: "the order matters: decay inside and outside layer adaptation end apart by",
        measured: distance, atLeast: 1e-5),
      Claim(
        id: "zero-rate", statement: "a schedule multiplier of 0 leaves the weights bit for bit",
        expected: "(1, −2, 3)",
        measured: .string(unmoved.indices.map { "\(unmoved[$0])" }.joined(separator: ", ")),
        holds: unmoved == [1, -2, 3]),
    ]
  }
}

/// How far the second row of a table goes after its gradient has become zero.
private struct LazyRows: Finding {
  private let lazyMove: Double
  private let plainMove: Double

  init() {
    func move(_ specification: any OptimizerSpecification) -> Double {
      let table = Parameter(Tensor([[1.0], [2]]))
      let optimizer = Optimizer(specification, parameters: [("embedding", table)])
      func second() -> Double { table.value[1, 0].item() }
      var before = 0.0
      for step in 0..<3 {
        let seen = Tensor(step == 0 ? [[1.0], [1]] : [[1.0], [0]])
        optimizer.step(gradients: [(table.value * seen).detach()])
        if step == 0 { before = second() }
      }
      return abs(second() - before)
    }
    let adam = Adam(learningRate: 0.01)
    lazyMove = move(adam.withLazyUpdates(of: ["embedding"]))
    plainMove = move(adam)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "lazy",
        statement: "a row without gradient stays where it is under lazy Adam: distance moved",
        measured: lazyMove, atMost: 0),
      Claim(
        id: "not-lazy", statement: "and moves on by its momentum under plain Adam",
        measured: plainMove, atLeast: 0.005),
    ]
  }
}

/// One large batch and the same batch in pieces.
private struct AccumulatedBatches: Finding {
  private let difference: Double

  init(seed: UInt64) {
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
    difference = (weights(pieces: 1) - weights(pieces: 4)).abs().max().item()
  }

  var claims: [Claim] {
    [
      Claim(
        id: "accumulation",
        statement:
          "4 accumulated batches of 16 are one of 64, for Adam (float64): largest difference",
        measured: difference, atMost: 1e-12)
    ]
  }
}

/// Trains small classifiers on the same images.
private struct ClassifierTrials {
  /// How many there are in all.
  static let count = 7

  let examples: Int
  private let training: Dataset
  private let heldOut: Dataset
  private let seed: UInt64
  private let phase: Work.Phase

  init(_ run: Running<DerivedOptimizersArticle.Settings>, _ phase: Work.Phase) throws {
    let images = try StrokeImages.dataset(count: 12_000, seed: run.seed)
    training = images.subset(0..<10_000)
    heldOut = images.subset(10_000..<12_000)
    examples = run.settings.examples
    seed = run.seed
    self.phase = phase
  }

  func trial(
    _ name: String, _ specification: any OptimizerSpecification, batch: Int, examples: Int
  ) throws -> OptimizerTrial {
    try phase.check()
    defer { phase.report() }
    return try OptimizerTrial(
      name, specification, training: training, heldOut: heldOut, batch: batch,
      examples: examples, seed: seed)
  }
}

/// One example per gradient, each taken by itself and in means of 32.
private struct SoftBatches: Finding {
  private let single: OptimizerTrial
  private let soft: OptimizerTrial

  init(_ trials: ClassifierTrials) throws {
    let adam = Adam(learningRate: 1e-3)
    let examples = trials.examples / 4
    single = try trials.trial("Adam on each", adam, batch: 1, examples: examples)
    soft = try trials.trial(
      "Adam on means of 32", adam.withGradientAccumulation(32), batch: 1, examples: examples)
  }

  var metrics: [String: Double] {
    [
      "accuracy/batchOne": single.accuracy, "accuracy/softBatch": soft.accuracy,
      "loss/batchOne": single.heldOutLoss, "loss/softBatch": soft.heldOutLoss,
    ]
  }

  var section: Report.Section? {
    OptimizerTrial.section(
      "One example per gradient", [single, soft],
      note:
        "Both see the same examples in the same order; the second updates 32 times less. That "
        + "accumulation makes one large batch of small ones is claimed above, exactly; that the "
        + "large batch is the better one is no claim here. It ends lower once training is long "
        + "enough for the noise of single examples to matter, and this one is short.")
  }
}

/// One rule with different extensions.
private struct Compositions: Finding {
  private let trials: [OptimizerTrial]

  init(_ classifiers: ClassifierTrials) throws {
    let adam = Adam(learningRate: 1e-3)
    let examples = classifiers.examples
    let specifications: [(String, any OptimizerSpecification)] = [
      ("Adam", adam), ("Adam → decay", adam.withWeightDecay(0.01)),
      (
        "Adam → decay → layer adaptation",
        Adam(learningRate: 1e-2).withWeightDecay(0.01).withLayerAdaptation()
      ),
      ("Adam → Lookahead", adam.withLookahead()),
      (
        "Adam → decay → warm-up and decline",
        Adam(learningRate: 2e-3).withWeightDecay(0.01)
          .withSchedule(.piecewiseLinear([100: 1, max(101, examples / 64): 0.02]))
      ),
    ]
    trials = try specifications.map {
      try classifiers.trial($0, $1, batch: 64, examples: examples)
    }
  }

  var section: Report.Section? {
    OptimizerTrial.section(
      "Batches of 64", trials,
      note: "One rule with different extensions; each name states the order in which they act.")
  }
}

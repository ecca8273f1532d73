import Datasets
import Foundation
import Generative
import Layers
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
      "Fits the density of two moons by an invertible residual network, inverts it, checks its "
      + "log-determinants, and classifies with the same blocks.",
    date: "2019-03-21", archive: 6482, data: "two moons drawn from the seed", duration: "2 min")

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
      Density(flow, heldOut.inputs, settings), Inversion(flow, heldOut.inputs),
      LogDeterminants(run.seed, bound: settings.bound),
      try Classification(training, heldOut, run),
    ]
  }
}

private typealias IResNetSettings = IResNetArticle.Settings

/// How well the density fits, by exact Jacobians, and what the estimate of training says of it.
private struct Density: Finding {
  private let exact: Double
  private let estimated: Double
  private let unbiased: Double
  private let gaussian: Double
  private let charts: [Chart]

  init(_ flow: InvertibleResNet, _ points: Tensor, _ settings: IResNetSettings) {
    let random = RandomGenerator(seed: 11)
    exact = flow.exactNegativeLogLikelihood(points).mean().item()
    func estimate(_ terms: Int, roulette: Double? = nil) -> Double {
      let cost = flow.negativeLogLikelihood(
        points, terms: terms, roulette: roulette, generator: random)
      return cost.detach().mean().item()
    }
    estimated = estimate(settings.terms)
    unbiased = estimate(40)
    let fit = GaussianFit(points)
    gaussian =
      0.5 * fit.covariance.slogdet().logAbsDet.item() + 1 + log(2 * Double.pi)
    let side = 61
    let axis = (0..<side).map { -3 + 6 * Double($0) / Double(side - 1) }
    let grid = Tensor(axis.reversed().flatMap { y in axis.map { x in [x, y] } }).to(.float32)
    let density = (-flow.exactNegativeLogLikelihood(grid)).exp().to(.float64).doubles()
    let rows = (0..<side).map { Array(density[$0 * side..<($0 + 1) * side]) }
    let noise = Tensor.normal([1500, 2], generator: random)
    let samples = flow.inverse(noise, iterations: 200).input.to(.float64)
    charts = [
      Chart.heatMap("p(x)", rows).halfWidth(),
      Chart.scatter(
        "samples: normal points through the inverse",
        [
          Series(
            "samples", x: samples[.all, 0].contiguous().doubles(),
            y: samples[.all, 1].contiguous().doubles())
        ], x: Axis("", range: -3...3), y: Axis("", range: -3...3)
      ).halfWidth(),
    ]
  }

  var metrics: [String: Double] {
    [
      "density/nats, exact": exact, "density/nats, as training estimates": estimated,
      "density/nats, 40 terms": unbiased, "density/nats, Gaussian": gaussian,
      "density/bits per dimension": exact / (2 * log(2)),
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "density",
        statement:
          "the density fits far better than a Gaussian: nats a held-out point, exact, less the "
          + "Gaussian's", measured: exact - gaussian, atMost: -0.2),
      Claim(
        id: "series",
        statement:
          "the series gives the log-determinant: nats by 40 terms less those by exact Jacobians",
        measured: unbiased - exact, equals: 0, within: 0.1),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["−ln p(x) of held-out points", "nats"],
      rows: [
        ["exact Jacobians", .number(exact)], ["series as in training", .number(estimated)],
        ["series of 40 terms", .number(unbiased)], ["Gaussian", .number(gaussian)],
      ],
      caption:
        "Training sees the truncated series and can gain by its error, so that only the exact figure, or "
        + "one of many terms, judges.")
    return Report.Section("Density", [.table(table)] + charts.map { .chart($0) })
  }
}

/// How exactly, and how fast, the network is inverted.
private struct Inversion: Finding {
  private let error: Double
  private let iterations: Int
  private let curve: [Double]

  init(_ flow: InvertibleResNet, _ points: Tensor) {
    let output = withoutGradients { flow(points) }
    let found = flow.inverse(output, iterations: 200, tolerance: 1e-6)
    error = (found.input - points).abs().max().item()
    iterations = found.iterations
    curve = [1, 2, 5, 10, 20, 50, 100].map { count in
      (flow.inverse(output, iterations: count, tolerance: 0).input - points).abs().max().item()
    }
  }

  var metrics: [String: Double] { ["inverse/iterations of the slowest block": Double(iterations)] }

  var claims: [Claim] {
    [
      Claim(
        id: "inverse",
        statement:
          "the network has an inverse by iteration: largest error over 4000 points, float32",
        measured: error, atMost: 5e-5)
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "The inverse",
      [
        .table(
          Report.Table(
            columns: ["iterations a block", "largest error"],
            rows: zip([1, 2, 5, 10, 20, 50, 100], curve).map { [.number($0), .number($1)] }))
      ])
  }
}

/// The series against exact determinants, in float64 where nothing but truncation is left.
private struct LogDeterminants: Finding {
  private let linear: Double
  private let truncated: Double
  private let limit: Double
  private let estimate: Double

  init(_ seed: UInt64, bound: Double) {
    let random = RandomGenerator(seed: seed)
    let scaling = Dense(4, 4, bias: false)
    scaling.move(dtype: .float64)
    scaling.weight.assign(Tensor.identity(4).to(.float64) * -0.9)
    let x = Tensor.normal([1, 4], dtype: .float64, generator: random)
    linear = InvertibleBlock(scaling).forwardWithLogDeterminant(x, terms: 200).logDeterminant.item()
    let flow = InvertibleResNet.dense(
      8, width: 32, blocks: 1, bound: bound, generator: random)
    flow.move(dtype: .float64)
    for _ in 0..<200 { flow.advanceSpectralNorms() }
    flow.evaluate()
    let points = Tensor.normal([1, 8], dtype: .float64, generator: random)
    let block = flow.blocks[0]
    let jacobian = block.jacobian(points)[0]
    let exact = block.exactLogDeterminant(points).item()
    var power = jacobian
    var sum = 0.0
    for n in 1...20 {
      sum += power.trace().item() * (n % 2 == 1 ? 1.0 : -1.0) / Double(n)
      power = power.matmul(jacobian)
    }
    truncated = abs(sum - exact)
    limit = InvertibleBlock.truncationBound(
      lipschitz: jacobian.svd().s.max().item(), dimension: 8, terms: 20)
    let many = points.broadcast(to: [4000, 8]).contiguous()
    let probes = block.forwardWithLogDeterminant(many, terms: 20, generator: random)
    estimate = abs(probes.logDeterminant.detach().mean().item() - exact)
  }

  var metrics: [String: Double] { ["series/bound of 20 terms": limit] }

  var claims: [Claim] {
    [
      Claim(
        id: "linear", statement: "for g(x) = −0.9x in four dimensions ln det is 4 ln 0.1",
        measured: linear, equals: 4 * log(0.1), within: 1e-6),
      Claim(
        id: "determinant",
        statement:
          "20 terms with exact traces give ln det of a branch of full size: error, float64",
        measured: truncated, atMost: 1e-3),
      Claim(
        id: "hutchinson", statement: "random probes give it on the mean: error of 4000 of them",
        measured: estimate, atMost: 0.03),
    ]
  }
}

/// The same blocks as a classifier, bound and not.
private struct Classification: Finding {
  private var rows: [(name: String, accuracy: Double)] = []

  init(_ training: Dataset, _ heldOut: Dataset, _ run: Running<IResNetSettings>) throws {
    for (name, bound) in [("c 0.5", 0.5), ("c 0.9", 0.9), ("no bound", 1e6)] {
      let random = RandomGenerator(seed: run.seed)
      let body = InvertibleResNet.dense(
        2, width: run.settings.width, blocks: 4, bound: bound, iterations: 1, generator: random)
      let model = Sequential(body, Dense(2, 2, generator: random))
      let task: SupervisedTask = .classifier(
        model, optimizer: Optimizer(Adam(learningRate: run.settings.rate), for: model),
        loader: try BatchLoader(
          training, .init(batchSize: run.settings.batch, seed: run.seed)))
      let slug = name.split(separator: " ").joined(separator: "-")
      try run.train(
        task, named: "classifier-\(slug)", steps: max(1, run.settings.steps / 2)
      ) { $0.device = .cpu }
      let answers = model.evaluating { withoutGradients { model(heldOut.inputs) } }.argmax(axis: 1)
      let isRight = heldOut.labels.map { (answers .== $0).to(.float64).mean().item() }
      rows.append((name, isRight ?? .nan))
    }
  }

  var metrics: [String: Double] {
    rows.reduce(into: [:]) { $0["accuracy/\($1.name)"] = $1.accuracy }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "classification",
        statement:
          "the bound hardly hurts a classifier: accuracy with c = 0.9 less that without a bound",
        measured: rows[1].accuracy - rows[2].accuracy, atLeast: -0.02)
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "The same blocks as a classifier",
      [
        .table(
          Report.Table(
            columns: ["four blocks", "accuracy on held-out points"],
            rows: rows.map { [.text($0.name), .number($0.accuracy)] }))
      ])
  }
}

import Datasets
import Layers
import Optimizers
import Recipes
import Reports
import Torch

/// The quadratic problem that the articles' optimizers are compared on: θ₀ = (1, −2, 3), gradient
/// a ⊙ θ with a = (1, 10, 0.1), in float64.
struct QuadraticProblem {
  private let weight = Parameter(Tensor([1.0, -2, 3]))
  private let curvature = Tensor([1, 10, 0.1])
  let optimizer: Optimizer

  init(_ specification: any OptimizerSpecification) {
    optimizer = Optimizer(specification, parameters: [("weight", weight)])
  }

  /// θ.
  var position: SIMD3<Double> { SIMD3(weight.value.doubles()) }

  func advance(_ steps: Int = 1, curvature: Tensor? = nil) {
    for _ in 0..<(steps * optimizer.evaluationsPerStep) {
      optimizer.step(gradients: [(weight.value * (curvature ?? self.curvature)).detach()])
    }
  }

  /// Where `specification` leads in `steps` steps.
  static func end(
    _ specification: any OptimizerSpecification, steps: Int
  ) -> SIMD3<Double> {
    let problem = QuadraticProblem(specification)
    problem.advance(steps)
    return problem.position
  }

  /// The largest difference of two positions by coordinate.
  static func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    (a - b).indices.map { abs(a[$0] - b[$0]) }.max() ?? .infinity
  }
}

/// A trace that must be met: what was run, and where it must end.
struct ExpectedTrace {
  let id: String
  let statement: String
  let position: SIMD3<Double>
  let expected: SIMD3<Double>
}

/// Traces beside the worked examples, and a picture of them.
struct WorkedExamples: Finding {
  private let traces: [ExpectedTrace]
  private let picture: Report.Block?

  init(_ traces: [ExpectedTrace], _ picture: Report.Block? = nil) {
    self.traces = traces
    self.picture = picture
  }

  var claims: [Claim] {
    traces.map { trace in
      Claim(
        id: trace.id,
        statement: "\(trace.statement): largest difference from the worked example",
        measured: QuadraticProblem.distance(trace.position, trace.expected), atMost: 1e-8)
    }
  }

  var section: Report.Section? {
    let rows: [[Report.Table.Cell]] = traces.map { trace in
      [.text(trace.statement)]
        + trace.position.indices.map { .text(String("\(trace.position[$0])".prefix(12))) }
    }
    let table = Report.Table(columns: ["optimizer", "θ₁", "θ₂", "θ₃"], rows: rows)
    return Report.Section("Worked examples", [.table(table)] + (picture.map { [$0] } ?? []))
  }
}

/// A small classifier of stroke images that optimizers are tried on.
struct OptimizerTrial {
  let name: String
  let losses: [Double]
  let examples: [Double]
  let accuracy: Double
  /// Mean cross-entropy of held-out examples.
  let heldOutLoss: Double

  /// Trains 784-128-10 on `training` and tests on `heldOut`; `batch` examples per gradient.
  init(
    _ name: String, _ specification: any OptimizerSpecification, training: Dataset,
    heldOut: Dataset, batch: Int, examples count: Int, seed: UInt64
  ) throws {
    let generator = RandomGenerator(seed: seed)
    let model = Sequential(
      Flatten(), Dense(784, 128, generator: generator), Activation(.relu),
      Dense(128, 10, generator: generator))
    let optimizer = Optimizer(specification, for: model)
    let loader = try BatchLoader(
      training, .init(batchSize: batch, seed: seed, dropsLast: true, pixelScale: .unit))
    var losses: [Double] = []
    var examples: [Double] = []
    var average = 0.0
    let updates = count / batch
    let interval = max(1, updates / 100)
    for update in 0..<updates {
      let data = try loader.next()
      guard let labels = data.labels else { fatalError("stroke images have labels") }
      let loss = optimizer.step { model(data.input).crossEntropy(labels) }.item()
      average += loss
      if (update + 1) % interval == 0 {
        losses.append(average / Double(interval))
        examples.append(Double((update + 1) * batch))
        average = 0
      }
    }
    self.name = name
    self.losses = losses
    self.examples = examples
    guard let labels = heldOut.labels else { fatalError("stroke images have labels") }
    let scores = withoutGradients { model(heldOut.scaledInputs(.unit)) }
    accuracy = (scores.argmax(axis: -1) .== labels).to(.float32).mean().item()
    heldOutLoss = scores.crossEntropy(labels).item()
  }

  static func section(_ title: String, _ trials: [OptimizerTrial], note: String) -> Report.Section {
    let curves = trials.map { Series($0.name, x: $0.examples, y: $0.losses) }
    return Report.Section(
      title,
      [
        .chart(
          Chart.lines(
            "training loss", curves, x: Axis("examples"), y: Axis("loss", scale: .logarithmic),
            smoothing: 0.6)),
        .table(
          Report.Table(
            columns: ["optimizer", "held-out accuracy", "held-out loss"],
            rows: trials.map { [.text($0.name), .number($0.accuracy), .number($0.heldOutLoss)] })),
        .text(note),
      ])
  }
}

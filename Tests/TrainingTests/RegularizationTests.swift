import Datasets
import Formats
import Foundation
import Layers
import Optimizers
import TestSupport
import Testing
import Torch

@testable import Training

/// Against PyTorch's autograd in float64 (`Scripts/golden/regularization.py`).
@Suite(.enabled(if: hasTorch, torchReason)) struct RegularizationTests {
  private let golden: [String: Tensor]
  private let table: Parameter
  private let weight: Parameter
  private let bias: Parameter

  init() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Golden/regularization", ofType: "safetensors"))
    let file = try SafetensorsFile(path: path)
    var golden: [String: Tensor] = [:]
    for entry in file.entries { golden[entry.name] = try file.tensor(entry.name) }
    self.golden = golden
    table = Parameter(try #require(golden["E"]))
    weight = Parameter(try #require(golden["W"]))
    bias = Parameter(try #require(golden["b"]))
  }

  private func pass(_ drop: Tensor? = nil) -> Evaluation {
    guard let tokens = golden["tokens"], let labels = golden["labels"] else { fatalError() }
    let hidden = table.value.embedding(tokens).mean(axis: 1).tanh()
    let output = (drop.map { hidden * $0 } ?? hidden).linear(weight.value, bias: bias.value)
    return Evaluation(output: output, loss: output.crossEntropy(labels))
  }

  private func check(_ name: String, _ evaluation: Evaluation) throws {
    expectClose(evaluation.loss, try #require(golden["\(name)/loss"]), 1e-10, name)
    let found = gradients(
      of: evaluation.loss, withRespectTo: [table, weight, bias].map(\.value))
    for (key, gradient) in zip(["E", "W", "b"], found) {
      expectClose(gradient, try #require(golden["\(name)/\(key)"]), 1e-10, "\(name) \(key)")
    }
  }

  @Test func fastGradientMethod() throws {
    try check("fastGradient", FastGradientMethod(table, epsilon: 0.5).evaluate { pass() })
    try check(
      "fastGradientAlone",
      FastGradientMethod(table, epsilon: 0.5, keepsPlainLoss: false).evaluate { pass() })
  }

  @Test func gradientPenalty() throws {
    try check("gradientPenalty", GradientPenalty(table, epsilon: 0.7).evaluate { pass() })
  }

  @Test func virtualAdversarialTraining() throws {
    var regularization = VirtualAdversarialTraining(
      table, epsilon: 1.5, probe: 10, iterations: 2, weight: 0.5)
    let noise = try #require(golden["noise"])
    regularization.noise = { _ in noise }
    try check("virtualAdversarial", regularization.evaluate { pass() })
  }

  @Test func rDrop() throws {
    var drops = [golden["drop.0"], golden["drop.1"]]
    try check("rDrop", RDrop(alpha: 3).evaluate { pass(drops.removeFirst()) })
  }

  /// The first of a list is the innermost, and the parameter is itself again afterwards.
  @Test func listsNest() {
    let before = table.value.clone()
    let both: [any Regularization] = [
      GradientPenalty(table, epsilon: 0.5), FastGradientMethod(table),
    ]
    let listed = both.evaluate { pass() }
    let nested = FastGradientMethod(table).evaluate {
      GradientPenalty(table, epsilon: 0.5).evaluate { pass() }
    }
    #expect(listed.loss.item() == nested.loss.item())
    #expect(listed.loss.item() > 2 * pass().loss.item())
    #expect(table.value.equals(before))
  }

  /// Attention's gradients can be differentiated where a penalty needs it.
  @Test func secondDerivativesOfAttention() {
    let generator = RandomGenerator(seed: 1)
    let states = Tensor.normal([1, 2, 3, 4], dtype: .float64, generator: generator)
      .requiringGradient()
    let fused = states.scaledDotProductAttention(keys: states, values: states, isCausal: true)
    let output = SecondDerivatives.provided {
      states.scaledDotProductAttention(keys: states, values: states, isCausal: true)
    }
    expectClose(output, fused, 1e-12)
    let first = gradients(of: output.square().sum(), withRespectTo: [states], createGraph: true)[0]
    let second = gradients(of: first.square().sum(), withRespectTo: [states])[0]
    #expect(second.abs().sum().item() > 0)
  }

  @Test func supervisedTaskTakesThem() throws {
    let generator = RandomGenerator(seed: 2)
    let embedding = Embedding(10, 8, generator: generator)
    let head = Dense(8, 2, generator: generator)
    let model = Sequential(embedding, head)
    let examples = Examples(count: 64) { index, _ in
      Example(["tokens": .integers([index % 10, index % 10])], label: .integer(index % 2))
    }
    let task = SupervisedTask(
      model, optimizer: Optimizer(Adam(learningRate: 0.05), for: model),
      loader: try BatchLoader(examples, .init(batchSize: 16)), validation: examples,
      metrics: [Accuracy()], regularizations: [FastGradientMethod(embedding.weight)],
      forward: { head(embedding($0.input).mean(axis: 1)) },
      loss: { $0.crossEntropy($1.targets("a test")) })
    let outcome = try Trainer(TrainingOptions(steps: 60, validationInterval: 60)).fit(task)
    #expect(try #require(outcome.validation["validation/accuracy"]) > 0.95)
  }
}

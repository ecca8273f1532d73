import Foundation
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Tracking

/// “让Keras更酷一些！”：层与模型的重用技巧: the same layer twice, clones, tied embeddings, and models cut
/// in the middle.
public enum LayerReuse: Recipe {
  public static let card = RecipeCard(
    name: "layer-reuse", title: "“让Keras更酷一些！”：层与模型的重用技巧",
    summary:
      "What sharing means: one layer called three times, clones with fresh weights, tied output "
      + "projections, models cut at a layer.",
    date: "2019-09-29", archive: 6985, data: "random tensors", duration: "1 s")

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let generator = RandomGenerator(seed: context.seed)
    let shared = SharedLayer(generator)
    let clone = cloneExperiment(generator)
    let cut = cutExperiment(generator)
    let tied = tiedExperiment(generator)
    let claims = [
      Claim(
        id: "shared-count", statement: "Dense 784→784 called three times has one set of weights",
        measured: Double(shared.parameterCount), equals: Double(784 * 784 + 784), within: 0),
      Claim(
        id: "shared-gradient",
        statement:
          "its gradient is the sum over the calls: relative error against finite differences",
        measured: shared.gradientError, atMost: 1e-6),
      Claim(
        id: "clone-fresh", statement: "a clone has fresh weights: its outputs differ by",
        measured: clone.gapBefore, atLeast: 1e-3),
      Claim(
        id: "clone-copy", statement: "after copying the weights outputs are equal",
        measured: clone.gapAfter, atMost: 0),
      Claim(
        id: "clone-independent", statement: "training the clone leaves the original alone: change",
        measured: clone.originalMoved, atMost: 0),
      Claim(
        id: "cut", statement: "tail(head(x)) is the whole model's output, bit for bit",
        expected: "true", measured: .bool(cut.isExact), holds: cut.isExact),
      Claim(
        id: "cut-parameters",
        statement: "the tail's parameters are the same objects as the whole's",
        expected: "true", measured: .bool(cut.isSubset), holds: cut.isSubset),
      Claim(
        id: "tied-gradient",
        statement:
          "the gradient of a tied table is lookup part + projection part: relative error against "
          + "finite differences", measured: tied.gradientError, atMost: 1e-6),
      Claim(
        id: "tied-count", statement: "a tied projection adds its bias only (V = 7, d = 3)",
        measured: Double(tied.parameterCount), equals: 7 * 3 + 7, within: 0),
    ]
    let rows: [[Report.Table.Cell]] = [
      [
        "same layer called three times", "one set of weights",
        .number(Double(shared.parameterCount)),
      ],
      ["clone", "fresh weights", .number(Double(clone.parameterCount))],
      [
        "tail of a model cut in the middle", "weights of the whole", .number(Double(cut.tailCount)),
      ],
      ["embedding and tied output", "one table, one bias", .number(Double(tied.parameterCount))],
    ]
    return RecipeResult(
      claims: claims,
      sections: [
        Report.Section(
          "Who holds what",
          [.table(Report.Table(columns: ["construction", "weights", "count"], rows: rows))])
      ])
  }

  /// f(f(f(x))) with one Dense.
  private struct SharedLayer {
    let parameterCount: Int
    let gradientError: Double

    init(_ generator: RandomGenerator) {
      let wide = Dense(784, 784, generator: generator)
      parameterCount = Sequential(wide, wide, wide).parameters.reduce(0) { $0 + $1.count }
      // Finite differences need float64, and few weights suffice for them.
      let small = Dense(4, 4, generator: generator).move(dtype: .float64)
      let model = Sequential(small, Activation(.tanh), small, Activation(.tanh), small)
      let x = Tensor.normal([3, 4], dtype: .float64, generator: generator)
      gradientError = LayerReuse.gradientError(of: small.weight) { model(x).square().sum() }
    }
  }

  private static func cloneExperiment(
    _ generator: RandomGenerator
  ) -> (gapBefore: Double, gapAfter: Double, originalMoved: Double, parameterCount: Int) {
    let original = Sequential(
      Dense(8, 8, generator: generator), Activation(.relu), Dense(8, 2, generator: generator))
    let copy = original.clone(generator: generator)
    let x = Tensor.normal([5, 8], generator: generator)
    func gap() -> Double { withoutGradients { (original(x) - copy(x)).abs().max().item() } }
    let before = gap()
    copy.copyWeights(from: original)
    let after = gap()
    let kept = withoutGradients { original(x) }
    let optimizer = Optimizer(SGD(learningRate: 0.1), for: copy)
    for _ in 0..<5 { optimizer.step { copy(x).square().mean() } }
    let moved = withoutGradients { (original(x) - kept).abs().max().item() }
    return (before, after, moved, copy.parameters.reduce(0) { $0 + $1.count })
  }

  private static func cutExperiment(
    _ generator: RandomGenerator
  ) -> (isExact: Bool, isSubset: Bool, tailCount: Int) {
    let whole = Sequential([
      "input": Dense(8, 16, generator: generator), "relu": Activation(.relu),
      "hidden": Dense(16, 16, generator: generator), "tanh": Activation(.tanh),
      "output": Dense(16, 4, generator: generator),
    ])
    let head = whole.head(through: "relu")
    let tail = whole.tail(after: "relu")
    let x = Tensor.normal([6, 8], generator: generator)
    let isExact = withoutGradients { tail(head(x)).equals(whole(x)) }
    let all = Set(whole.parameters.map(ObjectIdentifier.init))
    let part = Set(tail.parameters.map(ObjectIdentifier.init))
    return (
      isExact, part.isSubset(of: all) && part.count < all.count,
      tail.parameters.reduce(0) { $0 + $1.count }
    )
  }

  private static func tiedExperiment(
    _ generator: RandomGenerator
  ) -> (gradientError: Double, parameterCount: Int) {
    let embedding = Embedding(7, 3, generator: generator).move(dtype: .float64)
    let projection = embedding.tiedProjection().move(dtype: .float64)
    let ids = Tensor([1, 4, 4, 6])
    let targets = Tensor([0, 2, 5, 1])
    let error = gradientError(of: embedding.weight) {
      projection(embedding(ids).tanh()).crossEntropy(targets)
    }
    return (error, Sequential(embedding, projection).parameters.reduce(0) { $0 + $1.count })
  }

  /// The largest difference between a weight's gradient and central differences, relative to the
  /// largest gradient.
  private static func gradientError(of weight: Parameter, _ loss: () -> Tensor) -> Double {
    let gradient = gradients(of: loss(), withRespectTo: [weight.value])[0].doubles()
    let start = weight.value.detach().clone()
    let step = 1e-6
    let differences = gradient.indices.map { index -> Double in
      func shifted(_ amount: Double) -> Double {
        let moved = start.clone()
        moved.flattened()[index] = start.flattened()[index] + amount
        weight.assign(moved)
        return withoutGradients { loss().item() }
      }
      return (shifted(step) - shifted(-step)) / (2 * step)
    }
    weight.assign(start)
    let scale = gradient.map(abs).max() ?? 1
    return (zip(gradient, differences).map { abs($0 - $1) }.max() ?? .infinity) / scale
  }
}

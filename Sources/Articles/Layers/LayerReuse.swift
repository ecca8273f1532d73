import Layers
import Optimizers
import Recipes
import Reports
import Torch

/// “让Keras更酷一些！”：层与模型的重用技巧: the same layer twice, clones, tied embeddings, and models cut
/// in the middle.
public enum LayerReuseArticle: Article {
  public static let card = RecipeCard(
    name: "layer-reuse", title: "“让Keras更酷一些！”：层与模型的重用技巧",
    summary:
      "What sharing means: one layer called three times, clones with fresh weights, tied output "
      + "projections, models cut at a layer.",
    date: "2019-09-29", archive: 6985, data: "random tensors", duration: "1 s")

  public static func findings(_ run: Running<NoSettings>) throws -> [any Finding] {
    let generator = RandomGenerator(seed: run.seed)
    let reuses: [any Reuse] = [
      SharedLayer(generator), Clone(generator), CutModel(generator), TiedEmbedding(generator),
    ]
    return reuses + [Overview(reuses)]
  }
}

/// One way to use weights twice.
private protocol Reuse: Finding {
  var construction: String { get }
  var weights: String { get }
  var parameterCount: Int { get }
}

/// Who holds what.
private struct Overview: Finding {
  let section: Report.Section?

  init(_ reuses: [any Reuse]) {
    let rows: [[Report.Table.Cell]] = reuses.map {
      [.text($0.construction), .text($0.weights), .number(Double($0.parameterCount))]
    }
    section = Report.Section(
      "Who holds what",
      [.table(Report.Table(columns: ["construction", "weights", "count"], rows: rows))])
  }
}

/// f(f(f(x))) with one Dense.
private struct SharedLayer: Reuse {
  let construction = "same layer called three times"
  let weights = "one set of weights"
  let parameterCount: Int
  let gradientError: Double

  init(_ generator: RandomGenerator) {
    let wide = Dense(784, 784, generator: generator)
    parameterCount = Sequential(wide, wide, wide).parameterCounts.total
    // Finite differences need float64, and few weights suffice for them.
    let small = Dense(4, 4, generator: generator).move(dtype: .float64)
    let model = Sequential(small, Activation(.tanh), small, Activation(.tanh), small)
    let x = Tensor.normal([3, 4], dtype: .float64, generator: generator)
    gradientError = Articles.gradientError(of: small.weight) { model(x).square().sum() }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "shared-count", statement: "Dense 784→784 called three times has one set of weights",
        measured: Double(parameterCount), equals: Double(784 * 784 + 784), within: 0),
      Claim(
        id: "shared-gradient",
        statement:
          "its gradient is the sum over the calls: relative error against finite differences",
        measured: gradientError, atMost: 1e-6),
    ]
  }
}

/// A model and its clone, before and after the weights are copied and the clone is trained.
private struct Clone: Reuse {
  let construction = "clone"
  let weights = "fresh weights"
  let parameterCount: Int
  let gapBefore: Double
  let gapAfter: Double
  let originalMoved: Double

  init(_ generator: RandomGenerator) {
    let original = Sequential(
      Dense(8, 8, generator: generator), Activation(.relu), Dense(8, 2, generator: generator))
    let copy = original.clone(generator: generator)
    let x = Tensor.normal([5, 8], generator: generator)
    func gap() -> Double { withoutGradients { (original(x) - copy(x)).abs().max().item() } }
    gapBefore = gap()
    copy.copyWeights(from: original)
    gapAfter = gap()
    let kept = withoutGradients { original(x) }
    let optimizer = Optimizer(SGD(learningRate: 0.1), for: copy)
    for _ in 0..<5 { optimizer.step { copy(x).square().mean() } }
    originalMoved = withoutGradients { (original(x) - kept).abs().max().item() }
    parameterCount = copy.parameterCounts.total
  }

  var claims: [Claim] {
    [
      Claim(
        id: "clone-fresh", statement: "a clone has fresh weights: its outputs differ by",
        measured: gapBefore, atLeast: 1e-3),
      Claim(
        id: "clone-copy", statement: "after copying the weights outputs are equal",
        measured: gapAfter, atMost: 0),
      Claim(
        id: "clone-independent", statement: "training the clone leaves the original alone: change",
        measured: originalMoved, atMost: 0),
    ]
  }
}

/// A model cut behind one of its layers.
private struct CutModel: Reuse {
  let construction = "tail of a model cut in the middle"
  let weights = "weights of the whole"
  let parameterCount: Int
  let isExact: Bool
  let isSubset: Bool

  init(_ generator: RandomGenerator) {
    let whole = Sequential {
      Dense(8, 16, generator: generator).named("input")
      Activation(.relu).named("relu")
      Dense(16, 16, generator: generator).named("hidden")
      Activation(.tanh).named("tanh")
      Dense(16, 4, generator: generator).named("output")
    }
    let head = whole.head(through: "relu")
    let tail = whole.tail(after: "relu")
    let x = Tensor.normal([6, 8], generator: generator)
    isExact = withoutGradients { tail(head(x)).equals(whole(x)) }
    let all = Set(whole.parameters.map(ObjectIdentifier.init))
    let part = Set(tail.parameters.map(ObjectIdentifier.init))
    isSubset = part.isSubset(of: all) && part.count < all.count
    parameterCount = tail.parameterCounts.total
  }

  var claims: [Claim] {
    [
      Claim(
        id: "cut", statement: "tail(head(x)) is the whole model's output, bit for bit",
        expected: "true", measured: .bool(isExact), holds: isExact),
      Claim(
        id: "cut-parameters",
        statement: "the tail's parameters are the same objects as the whole's",
        expected: "true", measured: .bool(isSubset), holds: isSubset),
    ]
  }
}

/// A table that is looked up at the input and projected on at the output.
private struct TiedEmbedding: Reuse {
  let construction = "embedding and tied output"
  let weights = "one table, one bias"
  let parameterCount: Int
  let gradientError: Double

  init(_ generator: RandomGenerator) {
    let embedding = Embedding(7, 3, generator: generator).move(dtype: .float64)
    let projection = embedding.tiedProjection().move(dtype: .float64)
    let ids = Tensor([1, 4, 4, 6])
    let targets = Tensor([0, 2, 5, 1])
    gradientError = Articles.gradientError(of: embedding.weight) {
      projection(embedding(ids).tanh()).crossEntropy(targets)
    }
    parameterCount = Sequential(embedding, projection).parameterCounts.total
  }

  var claims: [Claim] {
    [
      Claim(
        id: "tied-gradient",
        statement:
          "the gradient of a tied table is lookup part + projection part: relative error against "
          + "finite differences", measured: gradientError, atMost: 1e-6),
      Claim(
        id: "tied-count", statement: "a tied projection adds its bias only (V = 7, d = 3)",
        measured: Double(parameterCount), equals: 7 * 3 + 7, within: 0),
    ]
  }
}

/// The largest difference between a weight's gradient and central differences, relative to the
/// largest gradient.
private func gradientError(of weight: Parameter, _ loss: () -> Tensor) -> Double {
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

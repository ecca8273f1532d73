import Layers
import Recipes
import Reports
import Torch

/// 【备忘】谈谈dropout: what the rate means, how survivors are scaled, what a noise shape shares.
public enum DropoutArticle: Article {
  public static let card = RecipeCard(
    name: "dropout", title: "【备忘】谈谈dropout",
    summary:
      "Checks rate, scaling, shared masks and the averaging view of dropout on large samples.",
    date: "2017-08-08", archive: 4521, data: "random tensors", duration: "1 s")

  public struct Settings: RecipeSettings {
    @Knob(
      "the probability of dropping an element", expects: "a number between 0 and 1",
      where: { $0 > 0 && $0 < 1 }) var rate = 0.6

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let rate = run.settings.rate
    let generator = RandomGenerator(seed: run.seed)
    let layer = Dropout(rate, generator: generator)
    let elements = DroppedElements(layer)
    let masks = SharedMasks(rate, generator)
    let ensemble = MaskAverage(rate, generator)
    return [elements, PassThrough(layer, generator), masks, ensemble]
  }
}

/// What a layer does to 10⁶ ones in training.
private struct DroppedElements: Finding {
  let rate: Double
  let zeros: Double
  let scaleError: Double
  let mean: Double

  init(_ layer: Dropout) {
    rate = layer.rate
    let dropped = layer(Tensor.ones([1_000_000]))
    zeros = (dropped .== 0.0).to(.float64).mean().item()
    scaleError = (dropped.masked(dropped .!= 0.0) - 1 / (1 - rate)).abs().max().item()
    mean = dropped.mean().item()
  }

  var claims: [Claim] {
    [
      Claim(
        id: "rate", statement: "the rate is the probability of dropping: share of zeros among 10⁶",
        measured: zeros, equals: rate, within: 0.002),
      Claim(
        id: "scale", statement: "survivors are multiplied by 1/(1 − p) exactly: largest difference",
        measured: scaleError, atMost: 1e-6),
      Claim(id: "mean", statement: "the mean is kept", measured: mean, equals: 1, within: 0.005),
    ]
  }
}

/// What passes in inference, and which way the gradient goes.
private struct PassThrough: Finding {
  let isIdentity: Bool
  let masksAgree: Bool

  init(_ layer: Dropout, _ generator: RandomGenerator) {
    let x = Tensor.normal([64, 32], dtype: .float64, generator: generator).requiringGradient()
    let y = layer(x)
    let gradient = gradients(of: y.sum(), withRespectTo: [x])[0]
    let mask = (y .== 0.0).logicalNot().to(.float64)
    masksAgree = (mask / (1 - layer.rate)).isClose(to: gradient)
    isIdentity = layer.evaluate()(x).equals(x)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "inference", statement: "inference is the identity, bit for bit", expected: "true",
        measured: .bool(isIdentity), holds: isIdentity),
      Claim(
        id: "gradient", statement: "the gradient passes through the mask of the forward pass",
        expected: "true", measured: .bool(masksAgree), holds: masksAgree),
    ]
  }
}

/// Masks on (3, 4, 5) with one axis shared.
private struct SharedMasks: Finding {
  private let masks: [(shape: [Int], mask: Tensor)]
  private let areShared: Bool

  init(_ rate: Double, _ generator: RandomGenerator) {
    let shape = [3, 4, 5]
    var masks: [(shape: [Int], mask: Tensor)] = []
    var areShared = true
    for axis in shape.indices {
      let mask = Dropout(rate, sharedAxes: [axis], generator: generator)(Tensor.ones(shape))
      masks.append((shape.indices.map { $0 == axis ? 1 : shape[$0] }, mask))
      let first = mask.narrowed(axis, start: 0, length: 1)
      areShared = areShared && mask.equals(first.broadcast(to: shape).contiguous())
    }
    self.masks = masks
    self.areShared = areShared
  }

  var claims: [Claim] {
    [
      Claim(
        id: "noise-shapes",
        statement: "noise shapes (1,4,5), (3,4,1), (3,1,5) share the mask along their axis of 1",
        expected: "true", measured: .bool(areShared), holds: areShared)
    ]
  }

  var section: Report.Section? {
    let charts = masks.map { shape, mask in
      let rows = mask.reshaped(12, 5).doubles()
      let grid = (0..<12).map { row in Array(rows[(row * 5)..<(row * 5 + 5)]) }
      return Report.Block.chart(
        Chart.heatMap(
          "noise shape \(shape)", grid, rows: (0..<12).map { "sample \($0 / 4), step \($0 % 4)" },
          x: Axis("channel")
        ).halfWidth())
    }
    return Report.Section("Masks on a (3, 4, 5) tensor", charts)
  }
}

/// How far the mean output over masks is from the output without dropout, relative to its size.
private struct MaskAverage: Finding {
  let linear: Double
  let deep: Double

  init(_ rate: Double, _ generator: RandomGenerator) {
    let masks = 10_000
    let x = Tensor.normal([1, 256], generator: generator)
    let dropout = Dropout(rate, generator: generator)
    let first = Dense(256, 64, generator: generator)
    let second = Dense(64, 64, generator: generator)
    let repeated = x.broadcast(to: [masks, 256])
    func gap(_ forward: (Tensor) -> Tensor) -> Double {
      withoutGradients {
        dropout.train()
        let average = forward(repeated).mean(axis: 0, keepAxes: true)
        dropout.evaluate()
        let plain = forward(x)
        return ((average - plain).norm() / plain.norm()).item()
      }
    }
    linear = gap { second(first(dropout($0))) }
    deep = gap { second(dropout(first(dropout($0 * 2)).tanh())).tanh() }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "linear-average",
        statement:
          "for a linear model the average over masks is the model without dropout: relative gap of "
          + "10⁴ masks", measured: linear, atMost: 0.05),
      Claim(
        id: "deep-average",
        statement: "for a deep model it is so only approximately: gap with two tanh layers",
        measured: deep, atLeast: 2 * linear),
    ]
  }

  var metrics: [String: Double] { ["ensemble/linear": linear, "ensemble/deep": deep] }
}

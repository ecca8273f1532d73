import Layers
import Recipes
import Reports
import Torch
import Tracking

/// 【备忘】谈谈dropout: what the rate means, how survivors are scaled, what a noise shape shares.
public enum DropoutMemo: Recipe {
  public static let card = RecipeCard(
    name: "dropout", title: "【备忘】谈谈dropout",
    summary:
      "Checks rate, scaling, shared masks and the averaging view of dropout on large samples.",
    date: "2017-08-08", archive: 4521, data: "random tensors", duration: "1 s",
    settings: [Setting("rate", .number(0.6), help: "the probability of dropping an element")])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let rate = context.settings.number("rate")
    guard rate > 0, rate < 1 else {
      throw RecipeError("setting rate expects a number between 0 and 1, received \(rate)")
    }
    let generator = RandomGenerator(seed: context.seed)
    let layer = Dropout(rate, generator: generator)
    let ones = Tensor.ones([1_000_000])
    let dropped = layer(ones)
    let survivors = dropped.masked(dropped .!= 0.0)
    let noise = shapes(rate, generator)
    let ensemble = ensembleGap(rate, generator)

    let x = Tensor.normal([64, 32], dtype: .float64, generator: generator).requiringGradient()
    let y = layer(x)
    let gradient = gradients(of: y.sum(), withRespectTo: [x])[0]
    let masksAgree = ((y .== 0.0).logicalNot().to(.float64) / (1 - rate)).isClose(to: gradient)
    let inference = layer.evaluate()(x)

    let claims = [
      Claim(
        id: "rate", statement: "the rate is the probability of dropping: share of zeros among 10⁶",
        measured: (dropped .== 0.0).to(.float64).mean().item(), equals: rate, within: 0.002),
      Claim(
        id: "scale", statement: "survivors are multiplied by 1/(1 − p) exactly: largest difference",
        measured: (survivors - 1 / (1 - rate)).abs().max().item(), atMost: 1e-6),
      Claim(
        id: "mean", statement: "the mean is kept",
        measured: dropped.mean().item(), equals: 1, within: 0.005),
      Claim(
        id: "inference", statement: "inference is the identity, bit for bit", expected: "true",
        measured: .bool(inference.equals(x)), holds: inference.equals(x)),
      Claim(
        id: "gradient", statement: "the gradient passes through the mask of the forward pass",
        expected: "true", measured: .bool(masksAgree), holds: masksAgree),
      Claim(
        id: "noise-shapes",
        statement: "noise shapes (1,4,5), (3,4,1), (3,1,5) share the mask along their axis of 1",
        expected: "true", measured: .bool(noise.allShared), holds: noise.allShared),
      Claim(
        id: "linear-average",
        statement:
          "for a linear model the average over masks is the model without dropout: relative gap of "
          + "10⁴ masks", measured: ensemble.linear, atMost: 0.05),
      Claim(
        id: "deep-average",
        statement: "for a deep model it is so only approximately: gap with two tanh layers",
        measured: ensemble.deep, atLeast: 2 * ensemble.linear),
    ]
    return RecipeResult(
      metrics: ["ensemble/linear": ensemble.linear, "ensemble/deep": ensemble.deep],
      claims: claims, sections: [noise.section])
  }

  /// Masks on (3, 4, 5) with one axis shared.
  private static func shapes(
    _ rate: Double, _ generator: RandomGenerator
  ) -> (allShared: Bool, section: Report.Section) {
    var allShared = true
    var blocks: [Report.Block] = []
    for axis in 0..<3 {
      let layer = Dropout(rate, sharedAxes: [axis], generator: generator)
      let mask = layer(Tensor.ones([3, 4, 5]))
      let first = mask.narrowed(axis, start: 0, length: 1)
      allShared = allShared && mask.equals(first.broadcast(to: [3, 4, 5]).contiguous())
      let shape = (0..<3).map { $0 == axis ? 1 : [3, 4, 5][$0] }
      let rows = mask.reshaped(12, 5).doubles()
      let grid = (0..<12).map { row in Array(rows[(row * 5)..<(row * 5 + 5)]) }
      blocks.append(
        .chart(
          Chart.heatMap(
            "noise shape \(shape)", grid, rows: (0..<12).map { "sample \($0 / 4), step \($0 % 4)" },
            x: Axis("channel")
          ).halfWidth()))
    }
    return (allShared, Report.Section("Masks on a (3, 4, 5) tensor", blocks))
  }

  /// How far the mean output over masks is from the output without dropout, relative to its size.
  private static func ensembleGap(
    _ rate: Double, _ generator: RandomGenerator
  ) -> (linear: Double, deep: Double) {
    let masks = 10_000
    let x = Tensor.normal([1, 256], generator: generator)
    let dropout = Dropout(rate, generator: generator)
    let first = Dense(256, 64, generator: generator)
    let second = Dense(64, 64, generator: generator)
    let repeated = x.broadcast(to: [masks, 256])
    func gap(_ forward: (Tensor) -> Tensor) -> Double {
      withoutGradients {
        dropout.train()
        let average = forward(repeated).mean(0, keepAxes: true)
        dropout.evaluate()
        let plain = forward(x)
        return ((average - plain).norm() / plain.norm()).item()
      }
    }
    return (
      gap { second(first(dropout($0))) },
      gap { second(dropout(first(dropout($0 * 2)).tanh())).tanh() }
    )
  }
}

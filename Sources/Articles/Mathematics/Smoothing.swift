import Layers
import Optimizers
import Recipes
import Reports
import Torch

/// 函数光滑化杂谈:不可导函数的可导逼近: differentiable stand-ins for max, argmax, top-k, accuracy and F1.
public enum SmoothingArticle: Article {
  public static let card = RecipeCard(
    name: "smoothing", title: "函数光滑化杂谈：不可导函数的可导逼近",
    summary:
      "Smooth max, argmax, top-k, accuracy and F1 against the hard ones; training directly on F1 "
      + "for a rare class.",
    date: "2019-05-20", archive: 6620, data: "generated points, 5 % positives", duration: "10 s")

  public struct Settings: RecipeSettings {
    @Knob("training points of the rare-class example", in: 1...) var points = 4000
    @Knob("share of positives", in: 0...1) var share = 0.05

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    [SmoothMaximum(), SmoothScores(), try RareClass(run)]
  }
}

/// Stand-ins for max, argmax and top-k on the article's vector.
private struct SmoothMaximum: Finding {
  private let x = Tensor([2.0, 1, 4, 5, 3])

  var claims: [Claim] {
    let topTwo = x.softTopK(2, sharpness: 10)
    return [
      Claim(
        id: "smooth-max", statement: "ln Σ e^x of (2, 1, 4, 5, 3)",
        measured: x.smoothMax().item(), equals: 5.451914396, within: 1e-9),
      Claim(
        id: "smooth-max-sharp", statement: "with K = 10 it is the maximum up to ln(n)/K",
        measured: x.smoothMax(sharpness: 10).item(), equals: 5.000004540, within: 1e-9),
      Claim(
        id: "soft-argmax", statement: "Σ i·softmax(10x)ᵢ finds the position 4 (counting from 1)",
        measured: x.softArgmax(sharpness: 10, firstIndex: 1).item(), equals: 3.999954605,
        within: 1e-9),
      Claim(
        id: "soft-top-k", statement: "soft-2-max of 10x marks 4 and 5: smaller of their two values",
        measured: topTwo.masked(x .>= 4.0).min().item(), atLeast: 0.999),
    ]
  }

  var section: Report.Section? {
    let x = Tensor.linspace(-3, 3, count: 121, dtype: .float64)
    let pair = Tensor.stack([x, Tensor.zeros(like: x)], axis: -1)
    let positions = x.doubles()
    let series =
      [Series("max(x, 0)", x: positions, y: x.relu().doubles())]
      + [1.0, 3, 10].map { sharpness in
        Series(
          "K = \(Int(sharpness))", x: positions, y: pair.smoothMax(sharpness: sharpness).doubles())
      }
    return Report.Section(
      "Smooth maximum", [.chart(Chart.lines("ln(e^Kx + 1)/K", series, x: Axis("x")))])
  }
}

/// Stand-ins for accuracy and F1 on small examples.
private struct SmoothScores: Finding {
  private let accuracy: Double
  private let f1: Double
  private let f1Slope: Double
  private let hardF1: Double

  init() {
    let classes = Tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    accuracy = classes.smoothAccuracy(Tensor([0, 1])).item()
    let target = Tensor([1.0, 0, 1, 1])
    let probabilities = Tensor([0.9, 0.2, 0.6, 0.4]).requiringGradient()
    let smooth = probabilities.smoothF1(target, average: .micro)
    f1 = smooth.item()
    f1Slope = gradients(of: smooth, withRespectTo: [probabilities])[0][0].item()
    hardF1 = Tensor([1.0, 0, 1, 0]).smoothF1(target, average: .micro).item()
  }

  var claims: [Claim] {
    [
      Claim(
        id: "smooth-accuracy", statement: "mean ⟨onehot(y), p⟩ is the expected accuracy",
        measured: accuracy, equals: 0.5, within: 1e-12),
      Claim(
        id: "smooth-f1", statement: "2Σtp/Σ(t+p) of the example", measured: f1,
        equals: 0.745098039, within: 1e-9),
      Claim(
        id: "smooth-f1-gradient", statement: "its gradient where t = 1", measured: f1Slope,
        equals: 0.246059208, within: 1e-9),
      Claim(
        id: "hard-f1", statement: "on predictions of 0 and 1 it is the hard F1", measured: hardF1,
        equals: 2.0 * 2 / (3 + 2), within: 1e-12),
    ]
  }
}

/// Training on 1 − smooth F1 where positives are rare, on five seeds.
private struct RareClass: Finding {
  private let trials: [Trial]

  init(_ run: Running<SmoothingArticle.Settings>) throws {
    trials = try run.work.phase("rare class", of: 5, unit: "seeds") { phase in
      try (0..<5).map { offset in
        defer { phase.report() }
        try phase.check()
        return Trial(
          seed: run.seed &+ UInt64(offset), points: run.settings.points, share: run.settings.share)
      }
    }
  }

  private var smallestGain: Double {
    trials.map { $0.afterF1 - $0.afterCrossEntropy }.min() ?? 0
  }

  private var thresholdGain: Double {
    trials.map { $0.bestThreshold - $0.afterCrossEntropy }.min() ?? 0
  }

  var claims: [Claim] {
    [
      Claim(
        id: "f1-training",
        statement:
          "after cross-entropy, training on 1 − smooth F1 raises the held-out F1 of a rare class: "
          + "smallest gain of 5 seeds", measured: smallestGain, atLeast: 0.05),
      Claim(
        id: "fair-competitor",
        statement:
          "moving the threshold of the cross-entropy model is a fair competitor: its smallest gain",
        measured: thresholdGain, atLeast: 0.05),
    ]
  }

  var metrics: [String: Double] {
    ["f1/gain": smallestGain, "f1/thresholdGain": thresholdGain]
  }

  var section: Report.Section? {
    let rows: [[Report.Table.Cell]] = trials.enumerated().map { index, trial in
      [
        .number(Double(index)), .number(trial.afterCrossEntropy), .number(trial.bestThreshold),
        .number(trial.afterF1),
      ]
    }
    return Report.Section(
      "Held-out F1 of the rare class",
      [
        .table(
          Report.Table(
            columns: [
              "seed", "cross-entropy, threshold 0.5", "cross-entropy, best threshold",
              "then 1 − smooth F1",
            ], rows: rows)),
        .text(
          "From scratch the smooth F1 reaches the same value on this easy example, so the "
            + "instability that the article warns of does not show here."),
      ])
  }
}

/// Logistic regression on two overlapping clouds of very different size.
private struct Trial {
  let afterCrossEntropy: Double
  let afterF1: Double
  let bestThreshold: Double

  init(seed: UInt64, points: Int, share: Double) {
    let generator = RandomGenerator(seed: seed)
    func sample() -> (x: Tensor, y: Tensor) {
      let y = Tensor.full([points], share, dtype: .float64).bernoulli(generator: generator)
      let shift = Tensor([[1.5, 0.75]])
      let noise = Tensor.normal([points, 2], dtype: .float64, generator: generator)
      return (noise + y.reshaped(points, 1) * shift, y)
    }
    let training = sample()
    let heldOut = sample()
    let weight = Parameter(Tensor.zeros([2], dtype: .float64))
    let bias = Parameter(Tensor.zeros([], dtype: .float64))
    let named = [(name: "weight", parameter: weight), (name: "bias", parameter: bias)]
    func logits(_ x: Tensor) -> Tensor { x.matmul(weight.value) + bias.value }
    func heldOutF1(threshold: Double = 0.5) -> Double {
      withoutGradients {
        let decisions = (logits(heldOut.x).sigmoid() .> threshold).to(.float64)
        return decisions.smoothF1(heldOut.y, average: .micro).item()
      }
    }
    let crossEntropy = Optimizer(Adam(learningRate: 0.05), parameters: named)
    for _ in 0..<500 {
      crossEntropy.step { logits(training.x).binaryCrossEntropyWithLogits(training.y) }
    }
    afterCrossEntropy = heldOutF1()
    // The threshold is chosen on the training points, as one would.
    let thresholds = (1..<50).map { Double($0) / 100 }
    let best = thresholds.max { first, second in
      Trial.f1(logits(training.x), training.y, first)
        < Trial.f1(logits(training.x), training.y, second)
    }
    bestThreshold = heldOutF1(threshold: best ?? 0.5)
    let direct = Optimizer(Adam(learningRate: 0.02), parameters: named)
    for _ in 0..<500 {
      direct.step { 1 - logits(training.x).sigmoid().smoothF1(training.y, average: .micro) }
    }
    afterF1 = heldOutF1()
  }

  private static func f1(_ logits: Tensor, _ target: Tensor, _ threshold: Double) -> Double {
    withoutGradients {
      (logits.sigmoid() .> threshold).to(.float64).smoothF1(target, average: .micro).item()
    }
  }
}

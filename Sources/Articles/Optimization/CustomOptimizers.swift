import Foundation
import Optimizers
import Recipes
import Reports
import Torch

/// 小众的自定义优化器: SGD, soft batches, a Heun-type optimizer, momentum seen as dynamics, and word
/// vectors trained by hand-written gradients.
public enum CustomOptimizersArticle: Article {
  public static let card = RecipeCard(
    name: "custom-optimizers", title: "“让Keras更酷一些！”：小众的自定义优化器",
    summary:
      "SGD, momentum, Nesterov and Heun on a quadratic; Heun is Lookahead; momentum is a damped "
      + "oscillator; skip-gram gradients by hand.",
    date: "2018-09-08", archive: 5879, data: "a quadratic, three-dimensional word vectors",
    duration: "2 s")

  static let rate = 0.05

  public static func findings(_ run: Running<NoSettings>) throws -> [any Finding] {
    [
      WorkedExamples(traces, paths()), HeunAsLookahead(), MomentumAsDynamics(), SkipGramGradients(),
    ]
  }

  private static var traces: [ExpectedTrace] {
    [
      ExpectedTrace(
        id: "sgd", statement: "SGD",
        position: QuadraticProblem.end(SGD(learningRate: rate), steps: 3),
        expected: [0.857375, -0.25, 2.955224625]),
      ExpectedTrace(
        id: "momentum", statement: "momentum 0.9",
        position: QuadraticProblem.end(HeavyBall(learningRate: rate), steps: 3),
        expected: [0.731375, 1.46, 2.916209625]),
      ExpectedTrace(
        id: "nesterov", statement: "Nesterov 0.9",
        position: QuadraticProblem.end(Nesterov(learningRate: rate), steps: 3),
        expected: [0.631462625, 0.80975, 2.880305528]),
      ExpectedTrace(
        id: "heun", statement: "Heun",
        position: QuadraticProblem.end(Heun(learningRate: rate), steps: 3),
        expected: [0.860763830, -0.488281250, 2.955336004]),
    ]
  }

  /// The second coordinate, whose curvature is largest, under each rule.
  private static func paths() -> Report.Block {
    let rules: [(String, any OptimizerSpecification)] = [
      ("SGD", SGD(learningRate: rate)), ("momentum", HeavyBall(learningRate: rate)),
      ("Nesterov", Nesterov(learningRate: rate)), ("Heun", Heun(learningRate: rate)),
    ]
    let series = rules.map { name, rule in
      let problem = QuadraticProblem(rule)
      var values = [problem.position.y]
      for _ in 0..<40 {
        problem.advance()
        values.append(problem.position.y)
      }
      return Series(name, x: values.indices.map(Double.init), y: values)
    }
    return .chart(Chart.lines("θ₂, curvature 10", series, y: Axis("θ₂")))
  }
}

/// Heun's method beside Lookahead over SGD.
private struct HeunAsLookahead: Finding {
  private let difference: Double

  init() {
    let sgd = SGD(learningRate: CustomOptimizersArticle.rate)
    let lookahead = sgd.withLookahead(period: 2, slowStep: 0.5)
    let heun = Heun(learningRate: CustomOptimizersArticle.rate)
    difference =
      (1...5).map { steps in
        QuadraticProblem.distance(
          QuadraticProblem.end(lookahead, steps: 2 * steps),
          QuadraticProblem.end(heun, steps: steps))
      }.max() ?? .infinity
  }

  var claims: [Claim] {
    [
      Claim(
        id: "heun-is-lookahead",
        statement:
          "n steps of Heun are 2n steps of SGD with Lookahead(2, ½), for a deterministic gradient: "
          + "largest difference", measured: difference, atMost: 1e-12)
    ]
  }
}

/// Momentum as the discretization of a damped oscillation, at two time steps.
private struct MomentumAsDynamics: Finding {
  private let coarse = Oscillator(timeStep: 0.1)
  private let fine = Oscillator(timeStep: 0.05)

  var claims: [Claim] {
    [
      Claim(
        id: "dynamics",
        statement:
          "momentum integrates θ″ + λθ′ + ∇L = 0 to second order: error at step 0.1 over error at "
          + "0.05", measured: coarse.error / fine.error, equals: 4, within: 0.4)
    ]
  }

  var metrics: [String: Double] { ["dynamics/error": fine.error] }

  var section: Report.Section? {
    let chart = Chart.lines(
      "θ₁ against the exact oscillation",
      [
        Series("exact", x: fine.times, y: fine.exact),
        Series("momentum", x: fine.times, y: fine.found),
      ], x: Axis("time"), y: Axis("θ₁"))
    return Report.Section("Momentum as a damped oscillator", [.chart(chart)])
  }
}

/// The first coordinate under HeavyBall(friction, step) against the exact damped oscillation.
private struct Oscillator {
  let times: [Double]
  let found: [Double]
  let exact: [Double]

  init(timeStep: Double, friction: Double = 0.5, duration: Double = 10) {
    let rule = HeavyBall(friction: friction, timeStep: timeStep)
    let problem = QuadraticProblem(rule)
    let steps = Int((duration / timeStep).rounded())
    // The first step of heavy ball starts from rest: θ₁ = θ₀ − γ∇L, which is the exact position a
    // half friction term away; the oscillator is compared from there on.
    var found = [problem.position.x]
    for _ in 0..<steps {
      problem.advance()
      found.append(problem.position.x)
    }
    times = (0...steps).map { Double($0) * timeStep }
    self.found = found
    // θ″ + λθ′ + θ = 0 with θ(0) = 1 and the velocity that the first difference implies.
    let decay = friction / 2
    let frequency = (1 - decay * decay).squareRoot()
    let envelope = exp(-decay * timeStep)
    let sine =
      (found[1] / envelope - cos(frequency * timeStep)) / sin(frequency * timeStep)
    exact = times.map { time in
      exp(-decay * time) * (cos(frequency * time) + sine * sin(frequency * time))
    }
  }

  var error: Double { zip(found, exact).map { abs($0 - $1) }.max() ?? .infinity }
}

/// −ln σ(v·u) − Σ ln σ(−v·uₖ), its gradients by hand and by differentiation.
private struct SkipGramGradients: Finding {
  let loss: Double
  let gap: Double

  init() {
    let center = Tensor([0.1, -0.2, 0.3]).requiringGradient()
    let context = Tensor([0.4, 0.1, -0.3]).requiringGradient()
    let negatives = Tensor([[-0.2, 0.5, 0.1], [0.3, -0.1, 0.2]]).requiringGradient()
    let positiveScore = context.dot(center)
    let negativeScores = negatives.matmul(center)
    let value = -positiveScore.logSigmoid() - (-negativeScores).logSigmoid().sum()
    let automatic = gradients(of: value, withRespectTo: [center, context, negatives])
    let byHand = withoutGradients { () -> [Tensor] in
      let pull = positiveScore.sigmoid() - 1
      let push = negativeScores.sigmoid()
      return [
        pull * context + push.matmul(negatives), pull * center,
        push.expandingAxis(1) * center,
      ]
    }
    loss = value.item()
    gap = zip(automatic, byHand).map { ($0 - $1).abs().max().item() }.max() ?? .infinity
  }

  var claims: [Claim] {
    [
      Claim(
        id: "skip-gram-loss", statement: "the skip-gram loss of the worked example",
        measured: loss, equals: 2.127577813, within: 1e-9),
      Claim(
        id: "skip-gram-gradients",
        statement: "hand-written gradients equal the automatic ones: largest difference",
        measured: gap, atMost: 1e-12),
    ]
  }
}

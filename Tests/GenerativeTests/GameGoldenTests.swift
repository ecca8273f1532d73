import Foundation
import Generative
import Layers
import Optimizers
import TestSupport
import Testing
import Torch

/// Losses and both players' gradients, second derivatives included, as Scripts/golden/gan.py recorded them
/// from PyTorch in float64.
@Suite(.enabled(if: hasTorch, torchReason)) struct GameGoldenTests {
  struct Golden: Decodable {
    struct Weights: Decodable {
      let shape: [Int]
      let values: [Double]
      var tensor: Tensor { Tensor(values, shape: shape) }
    }
    struct Case: Decodable {
      let discriminator, generator: Double
      let head: String
      let discriminatorGradients, generatorGradients: [[Double]]
    }
    let generator, body: [Weights]
    let heads: [String: [Weights]]
    let real, noise: Weights
    let cases: [String: Case]

    static func load() throws -> Golden {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden/gan.json")
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }
  }

  static let games: [(name: String, game: AdversarialGame)] =
    AdversarialLoss.all.map { ($0.name, AdversarialGame($0)) }
    + GradientPenalty.Points.allCases.map {
      (
        "wgan-div \($0.rawValue)",
        AdversarialGame(.wassersteinRealLow, slopePenalty: .divergence(points: $0))
      )
    } + [
      ("wgan-gp", AdversarialGame(.wasserstein, slopePenalty: .gradient())),
      (
        "wgan-gp one-sided",
        AdversarialGame(
          .wasserstein, slopePenalty: GradientPenalty(weight: 10, center: 0.1, oneSided: true))
      ),
      ("gan-qp l1", AdversarialGame(.wasserstein, pairPenalty: PairPenalty(.meanAbsolute))),
      ("gan-qp l2", AdversarialGame(.wasserstein, pairPenalty: PairPenalty(.rootMeanSquare))),
      (
        "o-gan",
        AdversarialGame(
          .wassersteinRealLow, pairPenalty: PairPenalty(.meanSquare, weight: 0.25, scale: 1),
          head: .code(correlation: 0.5))
      ),
      ("cascading hinge", AdversarialGame(.hinge, head: .scores(weights: [1, 1, 1]))),
      ("cascading rsgan", AdversarialGame(.relativistic, head: .scores(weights: [2, 2, 2]))),
    ]

  private func players(_ game: AdversarialGame, _ golden: Golden, head: String)
    throws -> AdversarialPlayers
  {
    let generator = Sequential(Dense(4, 8), Activation(.tanh), Dense(8, 2))
    let last: Layer =
      switch head {
      case "scores": CascadingRejection(8, count: 3)
      case "code": Dense(8, 4)
      default: Dense(8, 1, bias: false)
      }
    let discriminator = Sequential(Dense(2, 8), Activation(.tanh), last)
    func fill(_ layer: Layer, _ weights: [Golden.Weights]) {
      layer.move(dtype: .float64)
      #expect(layer.parameters.count == weights.count)
      for (parameter, weight) in zip(layer.parameters, weights) { parameter.assign(weight.tensor) }
    }
    fill(generator, golden.generator)
    fill(discriminator, golden.body + (try #require(golden.heads[head])))
    let rule = SGD(learningRate: 0.1)
    return AdversarialPlayers(
      generator: generator, discriminator: discriminator, game: game, generatorOptimizer: rule,
      discriminatorOptimizer: rule)
  }

  @Test func everyCaseIsTested() throws {
    #expect(Set(try Golden.load().cases.keys) == Set(Self.games.map(\.name)))
  }

  @Test(arguments: games.map(\.name)) func lossesAndGradientsArePyTorchs(_ name: String) throws {
    let golden = try Golden.load()
    let expected = try #require(golden.cases[name])
    let game = try #require(Self.games.first { $0.name == name }).game
    let players = try players(game, golden, head: expected.head)
    let (real, noise) = (golden.real.tensor, golden.noise.tensor)
    func check(_ found: [Tensor?], _ expected: [[Double]], _ what: String) {
      for (gradient, values) in zip(found, expected) {
        let values = Tensor(values)
        guard let gradient else {
          #expect(values.abs().max().item() == 0, "\(name), \(what)")
          continue
        }
        let scale = max(1, values.abs().max().item())
        let difference = (gradient.reshaped(-1) - values).abs().max().item() / scale
        #expect(difference < 1e-10, "\(name), \(what): \(difference)")
      }
    }
    let steps: [(String, any SimultaneousStep)] = [
      ("joint", JointStep()), ("split", SplitStep(sharesBackward: false)), ("shared", SplitStep()),
    ]
    for (form, step) in steps {
      RandomGenerator.seedAll(7)
      let found = step.gradients(players, real: real, noise: noise)
      check(found.discriminator, expected.discriminatorGradients, "\(form) discriminator")
      check(found.generator, expected.generatorGradients, "\(form) generator")
      #expect(abs(found.figures.generatorLoss.item() - expected.generator) < 1e-10)
    }
    let fake = players.generator(noise)
    RandomGenerator.seedAll(7)
    let verdict = players.discriminatorGradients(real: real, fake: fake, noise: noise)
    check(verdict.gradients, expected.discriminatorGradients, "discriminator")
    #expect(abs(verdict.loss.item() - expected.discriminator) < 1e-10)
    let (gradients, loss) = players.generatorGradients(fake: fake, noise: noise, real: real)
    check(gradients, expected.generatorGradients, "generator")
    #expect(abs(loss.item() - expected.generator) < 1e-10)
  }

  /// Acceptance test G4: the quadratic term is no part of the generator's loss.
  @Test func thePairPenaltyIsTheDiscriminatorsAlone() throws {
    let golden = try Golden.load()
    let (real, noise) = (golden.real.tensor, golden.noise.tensor)
    func gradients(_ weight: Double) throws -> PlayerGradients {
      let penalty = PairPenalty(.meanAbsolute, weight: weight)
      let players = try players(
        AdversarialGame(.wasserstein, pairPenalty: penalty), golden, head: "score")
      return SplitStep(sharesBackward: false).gradients(players, real: real, noise: noise)
    }
    let (weak, strong) = (try gradients(0.5), try gradients(50))
    for (a, b) in zip(weak.generator, strong.generator) {
      #expect(try #require(a).equals(try #require(b)))
    }
    #expect(largestDifference(weak.discriminator, strong.discriminator) > 1e-3)
  }

  /// Acceptance test G4: −t + t²/(2D) is least at t = D, where it is −D/2.
  @Test func theBestDifferenceIsTheDistance() {
    let t = Tensor([0.0]).requiringGradient()
    let distance = Tensor([3.7])
    var loss = Tensor([0.0])
    for _ in 0..<400 {
      loss =
        PairPenalty(.meanAbsolute)(realScores: t, fakeScores: Tensor([0.0]), distances: distance)
        - t.sum()
      let slope = gradients(of: loss, withRespectTo: [t])[0]
      withoutGradients { t.addInPlace(slope, alpha: -1) }
    }
    #expect(abs(t.item() - 3.7) < 1e-10 && abs(loss.item() + 3.7 / 2) < 1e-10)
  }

  /// Acceptance test G6: of T = ⟨w, x⟩ the penalty is k‖w‖^p, its gradient k p ‖w‖^(p−2) w.
  @Test func theDivergencePenaltyOfALinearScore() {
    let layer = Dense(3, 1, bias: false, generator: RandomGenerator(seed: 1))
    layer.move(dtype: .float64)
    let w = layer.weight.value.detach()
    let norm = w.square().sum().sqrt().item()
    let random = RandomGenerator(seed: 2)
    let real = Tensor.normal([5, 3], dtype: .float64, generator: random)
    let penalty = GradientPenalty.divergence()(layer, real: real, fake: real + 1)
    #expect(abs(penalty.item() - 2 * pow(norm, 6)) < 1e-9)
    let slope = gradients(of: penalty, withRespectTo: [layer.weight.value])[0]
    expectClose(slope, w * (12 * pow(norm, 4)), 1e-9)
  }

  /// Acceptance test G7: ρ is blind to affine changes of the code, leaves its mean and spread free, and
  /// −2ρ + 2 is the mean squared distance of the standardized codes.
  @Test func correlationOfCodes() {
    let random = RandomGenerator(seed: 3)
    let noise = Tensor.normal([5, 9], dtype: .float64, generator: random)
    let code = Tensor.normal([5, 9], dtype: .float64, generator: random).requiringGradient()
    let rho = codeCorrelation(noise, code)
    expectClose(codeCorrelation(noise, code * 3.5 - 2), rho, 1e-12)
    let slope = gradients(of: rho.sum(), withRespectTo: [code])[0]
    let centered = code.detach() - code.detach().mean(axis: 1, keepAxes: true)
    #expect(slope.sum(axis: 1).abs().max().item() < 1e-12)
    #expect((slope * centered).sum(axis: 1).abs().max().item() < 1e-12)
    let apart = (standardizedCode(noise) - standardizedCode(code)).square().mean(axis: 1)
    expectClose(apart, 2 - 2 * rho, 1e-7)
  }

  /// Acceptance test G8.
  @Test func rejectedDirections() {
    let random = RandomGenerator(seed: 4)
    let layer = CascadingRejection(6, count: 3, generator: random)
    layer.move(dtype: .float64)
    let v = Tensor.normal([7, 6], dtype: .float64, generator: random)
    let (scores, rest) = layer.cascade(v)
    #expect(scores.shape == [7, 3])
    let last = layer.weight.value.detach()[2]
    #expect(rest.matmul(last).abs().max().item() < 1e-11)
    #expect((rest.norm(axis: 1) .<= v.norm(axis: 1) + 1e-12).all().item() == 1)
    // What is rejected does not depend on the lengths of the directions.
    layer.weight.assign(layer.weight.value * Tensor([[2.0], [0.5], [3]]))
    let (scaled, again) = layer.cascade(v)
    expectClose(again, rest, 1e-11)
    expectClose(scaled, scores * Tensor([[2.0, 0.5, 3]]), 1e-11)
    // Orthogonal directions: plain scores, and Pythagoras.
    layer.weight.assign(Tensor.normal([6, 6], dtype: .float64, generator: random).qr().q[..<3])
    let (plain, left) = layer.cascade(v)
    expectClose(plain, v.matmul(layer.weight.value.detach().transposed()), 1e-11)
    let expected = v.square().sum(axis: 1) - plain.square().sum(axis: 1)
    expectClose(left.square().sum(axis: 1), expected, 1e-11)
  }

  @Test func clippedWeightsStayWithinTheirBound() {
    for specification: any OptimizerSpecification in [
      RMSprop(learningRate: 0.5).withWeightClipping(0.01),
      Adam(learningRate: 0.5).withWeightClipping(0.01).withMovingAverage(0.5),
    ] {
      let layer = Dense(3, 2, generator: RandomGenerator(seed: 1))
      let optimizer = Optimizer(specification, for: layer)
      for _ in 0..<3 { _ = optimizer.step { layer(Tensor.ones([2, 3])).square().sum() - 3 } }
      for parameter in layer.parameters {
        #expect(parameter.value.abs().max().item() <= 0.01 + 1e-9)
      }
    }
  }
}

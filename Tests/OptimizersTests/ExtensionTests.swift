import Layers
import TestSupport
import Testing
import Torch

@testable import Optimizers

/// Each extension, and pairs of them, by steps worked out by hand with SGD: h = g.
@Suite(.enabled(if: hasTorch, torchReason)) struct ExtensionTests {
  /// A vector (3, 4) named "weight" and a vector (1) named "bias".
  struct Problem {
    let weight = Parameter(Tensor([3.0, 4]))
    let bias = Parameter(Tensor([1.0]))
    let optimizer: Optimizer

    init(_ specification: any OptimizerSpecification) {
      optimizer = Optimizer(specification, parameters: [("weight", weight), ("bias", bias)])
    }

    /// Steps with the given gradients, and returns (weight, bias).
    @discardableResult
    func step(_ weight: [Double]?, _ bias: Double?) -> [Double] {
      optimizer.step(gradients: [weight.map { Tensor($0) }, bias.map { Tensor([$0]) }])
      return values
    }

    var values: [Double] { weight.value.doubles() + bias.value.doubles() }
  }

  let sgd = SGD(learningRate: 0.1)

  @Test func decayUsesTheValueBeforeTheStep() {
    let problem = Problem(sgd.withWeightDecay(0.5))
    // θ − γ g − γ λ θ
    expectClose(problem.step([1, 2], 10), [3 - 0.1 - 0.15, 4 - 0.2 - 0.2, 1 - 1 - 0.05], 1e-15)
  }

  @Test func decaySparesExclusionsAndKnowsOtherRates() {
    let spared = Problem(sgd.withWeightDecay(0.5, excluding: ["bias"]))
    expectClose(spared.step([1, 2], 10), [2.75, 3.6, 0], 1e-15)
    let special = Problem(sgd.withWeightDecay(0.5, rates: [("^b", 1)]))
    expectClose(special.step([1, 2], 10), [2.75, 3.6, -0.1], 1e-15)
    let fused = Problem(AdamW(learningRate: 0.1, weightDecay: 0.5, excluding: ["bias"]))
    fused.step([0, 0], 0)
    expectClose(fused.values, [3 * 0.95, 4 * 0.95, 1], 1e-15)
  }

  @Test func layerAdaptationScalesToTheNormOfTheTensor() {
    let problem = Problem(sgd.withLayerAdaptation(excluding: ["bias"]))
    // ‖θ‖ = 5, ‖g‖ = 10
    expectClose(problem.step([6, 8], 10), [3 - 0.1 * 3, 4 - 0.1 * 4, 0], 1e-15)
    // Either norm 0: ratio 1.
    let still = Problem(sgd.withLayerAdaptation())
    expectClose(still.step([0, 0], 0), [3, 4, 1], 0)
    let empty = Problem(sgd.withLayerAdaptation())
    empty.bias.assign(Tensor([0.0]))
    expectClose(empty.step(nil, 2), [3, 4, -0.2], 1e-15)
  }

  @Test func orderOfDecayAndLayerAdaptation() {
    // Inside the ratio: h = g + λθ = (7.5, 10), ‖h‖ = 12.5, times 5/12.5.
    let inside = Problem(sgd.withWeightDecay(0.5).withLayerAdaptation())
    expectClose(inside.step([6, 8], nil), [3 - 0.3, 4 - 0.4, 1], 1e-15)
    // Outside: h = g/2 + λθ = (4.5, 6).
    let outside = Problem(sgd.withLayerAdaptation().withWeightDecay(0.5))
    expectClose(outside.step([6, 8], nil), [3 - 0.45, 4 - 0.6, 1], 1e-15)
  }

  @Test func orderOfScheduleAndDecay() {
    let half = Schedule.constant(0.5)
    // γ = 0.05 for gradient and decay.
    let outer = Problem(sgd.withWeightDecay(0.5).withSchedule(half))
    expectClose(outer.step([1, 2], nil), [3 - 0.05 - 0.075, 4 - 0.1 - 0.1, 1], 1e-15)
    // The schedule does not reach the decay around it.
    let inner = Problem(sgd.withSchedule(half).withWeightDecay(0.5))
    expectClose(inner.step([1, 2], nil), [3 - 0.05 - 0.15, 4 - 0.1 - 0.2, 1], 1e-15)
    let fused = Problem(Adam(learningRate: 0.1).withSchedule(.constant(0)).withWeightDecay(0.5))
    expectClose(fused.step([0, 0], nil), [3 * 0.95, 4 * 0.95, 1], 1e-15)
  }

  @Test func orderOfScheduleAndLayerAdaptation() {
    let half = Schedule.constant(0.5)
    let outer = Problem(sgd.withLayerAdaptation().withSchedule(half))
    expectClose(outer.step([6, 8], nil), [3 - 0.15, 4 - 0.2, 1], 1e-15)
    // The ratio divides an inner multiplier out.
    let inner = Problem(sgd.withSchedule(half).withLayerAdaptation())
    expectClose(inner.step([6, 8], nil), [3 - 0.3, 4 - 0.4, 1], 1e-15)
  }

  @Test(arguments: [true, false])
  func multiplierZeroLeavesTheBits(isFused: Bool) {
    let adam = AdamW(learningRate: 0.1)
    let rule: any UpdateRule = isFused ? adam.rule : Unfused(inner: adam.rule)
    let problem = Problem(
      ExtendedRule(rule: rule, extensions: adam.extensions)
        .withSchedule(.piecewiseLinear([2: 1])))
    problem.weight.assign(Tensor([-0.0, 0.1 + 0.2]))
    let before = problem.weight.value.doubles().map(\.bitPattern)
    problem.step([1, .infinity], 1)
    #expect(problem.weight.value.doubles().map(\.bitPattern) == before)
    // The moments have moved.
    let moments = problem.optimizer.checkpoint().tensors["rule.firstMoment.weight"]
    #expect(abs((moments?.doubles()[0] ?? 0) - 0.1) < 1e-15)
    #expect(problem.optimizer.stepCount == 1)
  }

  @Test func learningRatesByName() {
    let problem = Problem(sgd.withLearningRates([("bias", 0.1), ("b", 100)]))
    expectClose(problem.step([1, 2], 10), [2.9, 3.8, 0.9], 1e-15)
    let fused = Problem(Adam(learningRate: 0.1).withLearningRates([("bias", 0)]))
    #expect(fused.step([1, 2], 10)[2] == 1)
    // Decay inside is scaled by them, decay outside is not.
    let inside = Problem(sgd.withWeightDecay(1).withLearningRates([("bias", 0.5)]))
    expectClose(inside.step(nil, 0), [3, 4, 0.95], 1e-15)
    let outside = Problem(sgd.withLearningRates([("bias", 0.5)]).withWeightDecay(1))
    expectClose(outside.step(nil, 0), [3, 4, 0.9], 1e-15)
  }

  @Test func clippingByNorm() {
    // ‖(3, 4, 12)‖ = 13
    let problem = Problem(sgd.withClipping(norm: 6.5))
    expectClose(problem.step([3, 4], 12), [3 - 0.15, 4 - 0.2, 1 - 0.6], 1e-15)
    let generous = Problem(sgd.withClipping(norm: 100))
    expectClose(generous.step([3, 4], 12), [2.7, 3.6, -0.2], 1e-15)
    let still = Problem(sgd.withClipping(norm: 1))
    expectClose(still.step([0, 0], 0), [3, 4, 1], 0)
    // A group of its own: only the bias is too long.
    let players = Problem(sgd.withClipping(norm: 6, groups: ["bias"]))
    expectClose(players.step([3, 4], 12), [2.7, 3.6, 1 - 0.6], 1e-15)
  }

  @Test func clippingByValueLeavesTheCallersGradients() {
    let problem = Problem(sgd.withClipping(value: 2))
    let gradient = Tensor([-3.0, 1])
    problem.optimizer.step(gradients: [gradient, nil])
    expectClose(problem.values, [3.2, 3.9, 1], 1e-15)
    #expect(gradient.doubles() == [-3, 1])
  }

  @Test func orderOfClippingAndAccumulation() {
    // Inside: the mean (5, 0) is clipped to (1, 0).
    let inside = Problem(sgd.withClipping(norm: 1).withGradientAccumulation(2))
    inside.step([10, 0], nil)
    expectClose(inside.step([0, 0], nil), [2.9, 4, 1], 1e-15)
    // Outside: the first gradient is clipped to (1, 0), the mean is (½, 0).
    let outside = Problem(sgd.withGradientAccumulation(2).withClipping(norm: 1))
    outside.step([10, 0], nil)
    expectClose(outside.step([0, 0], nil), [2.95, 4, 1], 1e-15)
  }

  @Test func accumulationCountsUpdatesEverywhere() {
    let specifications = [
      sgd.withWeightDecay(0.5).withSchedule(.piecewiseLinear([2: 1])).withLookahead(period: 2)
        .withGradientAccumulation(3),
      sgd.withGradientAccumulation(3).withWeightDecay(0.5)
        .withSchedule(.piecewiseLinear([2: 1])).withLookahead(period: 2),
    ]
    let plain = Problem(
      sgd.withWeightDecay(0.5).withSchedule(.piecewiseLinear([2: 1])).withLookahead(period: 2))
    for _ in 0..<4 { plain.step([1, 2], 3) }
    for specification in specifications {
      let problem = Problem(specification)
      for call in 0..<12 {
        let before = problem.values
        problem.step([1, 2], 3)
        if call % 3 != 2 { #expect(problem.values == before) }
      }
      expectClose(problem.values, plain.values, 1e-15)
    }
  }

  @Test func accumulationTakesAbsentGradientsAsZero() {
    let problem = Problem(sgd.withGradientAccumulation(2))
    problem.step([1, 2], nil)
    expectClose(problem.step(nil, 4), [2.95, 3.9, 0.8], 1e-15)
  }

  @Test func anUnfinishedWindowEndsWithTheMeanOfWhatCame() {
    for clipped in [false, true] {
      let rule = sgd.withGradientAccumulation(3)
      let problem = Problem(clipped ? rule.withClipping(norm: 100) : rule)
      #expect(!problem.optimizer.finishAccumulation() && problem.optimizer.callsPerUpdate == 3)
      problem.step([1, 2], 3)
      #expect(problem.optimizer.finishAccumulation() && problem.optimizer.stepCount == 1)
      expectClose(problem.values, [2.9, 3.8, 0.7], 1e-15)
      #expect(!problem.optimizer.finishAccumulation())
      // The next window is a whole one.
      for _ in 0..<2 { problem.step([1, 2], 3) }
      #expect(problem.optimizer.stepCount == 1)
      problem.step([1, 2], 3)
      expectClose(problem.values, [2.8, 3.6, 0.4], 1e-15)
    }
    #expect(!Problem(sgd).optimizer.finishAccumulation())
    let nested = Problem(sgd.withGradientAccumulation(2).withGradientAccumulation(2))
    for (calls, values) in [(3, [2.9, 3.8, 0.7]), (2, [2.8, 3.6, 0.4])] {
      for _ in 0..<calls { nested.step([1, 2], 3) }
      #expect(nested.optimizer.finishAccumulation())
      expectClose(nested.values, values, 1e-14)
    }
  }

  @Test(arguments: [0, 1])
  func microBatchesEqualOneBatch(kind: Int) {
    let rules: [any UpdateRule] = [sgd, Adam(learningRate: 0.1)]
    let inputs = Tensor([[1.0, 2], [3, -1], [0.5, 0.25], [-2, 1]])
    func run(_ specification: any OptimizerSpecification, parts: Int) -> [Double] {
      let problem = Problem(specification)
      for _ in 0..<5 {
        for batch in inputs.chunked(parts) {
          problem.optimizer.step {
            ((batch.matmul(problem.weight.value) + problem.bias.value) - 1).square().mean()
          }
        }
      }
      return problem.values
    }
    expectClose(
      run(rules[kind].withGradientAccumulation(4), parts: 4), run(rules[kind], parts: 1), 1e-12)
  }

  @Test func lookaheadStartsAtTheFirstValue() {
    let problem = Problem(sgd.withLookahead(period: 2, slowStep: 0.25))
    problem.step([1, 0], nil)
    // 3 → 2.9 → 2.8, then 3 + ¼ (2.8 − 3)
    expectClose(problem.step([1, 0], nil), [2.95, 4, 1], 1e-15)
  }

  @Test func orderOfLookaheadAndDecay() {
    let inside = Problem(sgd.withWeightDecay(1).withLookahead(period: 1, slowStep: 0.5))
    // 3 − 0.1 − 0.3 = 2.6, half way back
    expectClose(inside.step([1, 0], nil), [2.8, 3.8, 1], 1e-15)
    let outside = Problem(sgd.withLookahead(period: 1, slowStep: 0.5).withWeightDecay(1))
    // 2.9, half way back 2.95, then the decay of 0.3
    expectClose(outside.step([1, 0], nil), [2.65, 3.6, 1], 1e-14)
  }

  @Test func lazyTablesKeepUnseenRows() {
    func run(_ specification: any OptimizerSpecification) -> [Double] {
      let table = Parameter(Tensor([[1.0, 1], [2, 2]]))
      let optimizer = Optimizer(specification, parameters: [("embedding", table)])
      optimizer.step(gradients: [Tensor([[1.0, 0], [0, 0]])])
      return table.value.doubles()
    }
    expectClose(
      run(sgd.withWeightDecay(1).withLazyUpdates(of: ["embedding"])), [0.8, 0.9, 2, 2], 1e-15)
    // Decay around the lazy updates reaches all rows.
    expectClose(
      run(sgd.withLazyUpdates(of: ["embedding"]).withWeightDecay(1)), [0.8, 0.9, 1.8, 1.8], 1e-15)
  }

  @Test func lazyHistoryStandsForRulesThatSeeWholeTensors() {
    let table = Parameter(Tensor([[1.0, 1], [2, 2]]))
    let optimizer = Optimizer(
      Adafactor(learningRate: 0.1).withLazyUpdates(of: ["table"]), parameters: [("table", table)])
    optimizer.step(gradients: [Tensor([[1.0, 1], [1, 1]])])
    let before = optimizer.checkpoint().tensors["rule.meanSquare.table"]?.doubles() ?? []
    optimizer.step(gradients: [Tensor([[2.0, 2], [0, 0]])])
    let after = optimizer.checkpoint().tensors["rule.meanSquare.table"]?.doubles() ?? []
    #expect(before[2...] == after[2...])
    #expect(before[0] != after[0])
  }

  @Test func averagesSwapInAndOutBitwise() {
    let problem = Problem(sgd.withMovingAverage(0.9))
    problem.optimizer.swapAverages()
    #expect(!problem.optimizer.holdsAverages)
    problem.step([1, 2], 3)
    problem.step([0.3, 0.7], 0.1)
    let weights = problem.values.map(\.bitPattern)
    problem.optimizer.swapAverages()
    #expect(problem.optimizer.holdsAverages)
    let first = 3 - 0.1
    let second = first - 0.03
    expectClose(
      [problem.values[0]], [(0.9 * 0.1 * first + 0.1 * second) / (1 - 0.81)], 1e-14)
    problem.optimizer.swapAverages()
    #expect(problem.values.map(\.bitPattern) == weights)
  }

  @Test func averagesMayCoverStates() {
    let weight = Parameter(Tensor([1.0]))
    let mean = Parameter(Tensor([5.0]), role: .state)
    let optimizer = Optimizer(
      sgd.withMovingAverage(0.5, includingStates: true),
      parameters: [("weight", weight), ("mean", mean)])
    #expect(optimizer.names == ["weight"])
    optimizer.step(gradients: [Tensor([0.0])])
    mean.assign(Tensor([8.0]))
    optimizer.step(gradients: [Tensor([0.0])])
    optimizer.withAverages { expectClose(mean.value.doubles(), [7], 1e-15) }
    #expect(mean.value.doubles() == [8])
  }

  @Test func heunTakesExtensionsOncePerStep() {
    // One step of θ′ = −(g + λθ) would be another method: decay is decoupled and acts once, from θ.
    let problem = Problem(Heun(learningRate: 0.1).withWeightDecay(1).withSchedule(.constant(0.5)))
    expectClose(problem.step([1, 0], nil), [2.95, 4, 1], 1e-15)
    expectClose(problem.step([3, 0], nil), [3 - 0.05 * (2 + 3), 4 - 0.05 * 4, 1], 1e-15)
    #expect(problem.optimizer.stepCount == 1)
  }

  @Test func frozenAndAbsentParametersStay() {
    let problem = Problem(Adam(learningRate: 0.1))
    problem.bias.isTrainable = false
    problem.step([1, 1], 1)
    #expect(problem.values[2] == 1)
    problem.bias.isTrainable = true
    problem.step([1, 1], 1)
    // Its own first step: a full one, although the optimizer has made two.
    expectClose([problem.values[2]], [0.9], 1e-6)
  }

  @Test func describesItsOrder() {
    let optimizer = Problem(LAMB().withGradientAccumulation(4)).optimizer
    #expect(
      optimizer.description
        == "Adam(γ 0.001, β₁ 0.9, β₂ 0.999, ε 1e-06) → weight decay(λ 0.01) → layer adaptation "
        + "→ gradient accumulation(4)")
  }

  @Test func gradientsInAnotherLayoutAreCopied() {
    for specification in [Adam(learningRate: 0.1), Unfused(inner: Adam(learningRate: 0.1))]
      as [any UpdateRule]
    {
      let weight = Parameter(Tensor([[1.0, 2], [3, 4]]))
      let optimizer = Optimizer(specification, parameters: [("weight", weight)])
      let gradient = Tensor([[1.0, 0], [-1, 0]]).transposed()
      optimizer.step(gradients: [gradient])
      expectClose(weight.value.doubles(), [0.9, 2.1, 3, 4], 1e-6)
    }
  }

  /// Long parameters go in parts; what comes out must not depend on it.
  @Test(arguments: [0, 1, 2])
  func longParametersInParts(kind: Int) {
    let rules: [any UpdateRule] = [RMSprop(), RMSprop(centered: true), Lion()]
    let count = 1_100_003
    let start = Tensor.linspace(-1, 1, count: count, dtype: .float64)
    func run(_ rule: any UpdateRule) -> Tensor {
      let weight = Parameter(start.clone())
      let optimizer = Optimizer(rule, parameters: [("weight", weight)])
      for step in 0..<3 { optimizer.step(gradients: [(start * Double(step + 2)).sin()]) }
      return weight.value.detach()
    }
    let parts = run(rules[kind])
    #expect(parts.isClose(to: run(Unfused(inner: rules[kind])), relative: 0, absolute: 1e-12))
    #expect(!parts.isClose(to: start, absolute: 1e-4))
  }

  @Test func anL2PenaltySparesExclusions() {
    let (weight, bias) = (Parameter(Tensor([2.0])), Parameter(Tensor([2.0])))
    let optimizer = Optimizer(
      SGD(learningRate: 1).withL2Penalty(0.25, excluding: ["bias"]),
      parameters: [("weight", weight), ("bias", bias)])
    optimizer.step(gradients: [Tensor([1.0]), Tensor([1.0])])
    #expect(weight.value.item() == 0.5 && bias.value.item() == 1)
    #expect(optimizer.description == "SGD(γ 1.0) → L2 penalty(λ 0.25, not bias)")
  }

  @Test func aLargestMomentIsPartOfTheState() throws {
    func make() -> Quadratic { Quadratic(Adam(learningRate: 0.1, beta2: 0.5, amsgrad: true)) }
    let (whole, first, second) = (make(), make(), make())
    let expected = whole.run(6)
    _ = first.run(3)
    second.weight.assign(first.weight.value)
    try second.optimizer.restore(first.optimizer.checkpoint().copied())
    #expect(second.run(3) == expected)
    #expect(
      message { try Quadratic(Adam()).optimizer.restore(first.optimizer.checkpoint()) }
        .contains("'rule.largestSecondMoment.weight' is not part of it"))
  }

  @Test func numbersOutOfRangeTrap() async {
    await #expect(processExitsWith: .failure) { _ = Adam(learningRate: -1) }
    await #expect(processExitsWith: .failure) { _ = Adam(beta2: 1) }
    await #expect(processExitsWith: .failure) { _ = Nesterov(momentum: -0.1) }
    await #expect(processExitsWith: .failure) { _ = SGD().withClipping(norm: 0) }
    await #expect(processExitsWith: .failure) { _ = SGD().withL2Penalty(-0.1) }
  }

  @Test func gradientsOfAnotherShapeTrap() async {
    await #expect(processExitsWith: .failure) {
      let weight = Parameter(Tensor([1.0, 2]))
      let optimizer = Optimizer(SGD(), parameters: [("weight", weight)])
      optimizer.step(gradients: [Tensor([1.0])])
    }
  }
}

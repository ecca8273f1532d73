import Layers
import TestSupport
import Testing
import Torch

@testable import Optimizers

@Suite(.enabled(if: hasTorch, torchReason)) struct OptimizerStateTests {
  struct Problem {
    let table = Parameter(Tensor([[1.0, -2], [0.5, 3]]))
    let weight = Parameter(Tensor([0.3, 0.7, -1]))
    let optimizer: Optimizer

    init(_ specification: any OptimizerSpecification) {
      optimizer = Optimizer(specification, parameters: [("table", table), ("weight", weight)])
    }

    func call(_ number: Int) {
      let x = Double(number)
      optimizer.step(gradients: [
        Tensor([[x.squareRoot(), 1 / (x + 1)], [number % 3 == 0 ? 0 : 1, 0]]),
        (weight.value * 0.3 + x / 7).detach(),
      ])
    }

    var bits: [UInt64] { (table.value.doubles() + weight.value.doubles()).map(\.bitPattern) }
  }

  static let specifications: [any OptimizerSpecification] = [
    SGD(), HeavyBall(), Nesterov(), Heun(), Adam(), AdamW(), LAMB(), RMSprop(centered: true),
    Adagrad(), Adafactor(beta1: 0.9, factoringThreshold: 2), Lion(),
    AdamW().withLookahead(period: 3).withMovingAverage(0.9).withGradientAccumulation(4),
    LAMB().withLazyUpdates(of: ["table"]).withSchedule(.cosine(10)).withClipping(norm: 1)
      .withLookahead(period: 2).withGradientAccumulation(3),
    Heun().withGradientAccumulation(2).withMovingAverage(),
  ]

  /// Saving after every call, also inside accumulation windows and between Heun's two evaluations,
  /// continues with the same bits.
  @Test(arguments: specifications.indices)
  func continuesBitwise(index: Int) throws {
    let specification = Self.specifications[index]
    let whole = Problem(specification)
    for number in 0..<14 { whole.call(number) }
    for stop in 0..<14 {
      let first = Problem(specification)
      for number in 0..<stop { first.call(number) }
      let second = Problem(specification)
      second.table.assign(first.table.value)
      second.weight.assign(first.weight.value)
      try second.optimizer.restore(first.optimizer.checkpoint())
      // A state is a copy: going on with the first optimizer does not touch the second.
      first.call(0)
      for number in stop..<14 { second.call(number) }
      #expect(second.bits == whole.bits, "\(whole.optimizer), stopped after \(stop)")
      #expect(second.optimizer.stepCount == whole.optimizer.stepCount)
    }
  }

  @Test func savingInsideASwapKeepsBoth() throws {
    let first = Problem(SGD().withMovingAverage(0.9))
    for number in 0..<3 { first.call(number) }
    let bits = first.bits
    first.optimizer.swapAverages()
    let second = Problem(SGD().withMovingAverage(0.9))
    second.table.assign(first.table.value)
    second.weight.assign(first.weight.value)
    try second.optimizer.restore(first.optimizer.checkpoint())
    #expect(second.optimizer.holdsAverages)
    second.optimizer.swapAverages()
    #expect(second.bits == bits)
  }

  @Test func namesAreReadable() {
    let problem = Problem(Adam().withLookahead().withGradientAccumulation(2))
    for number in 0..<3 { problem.call(number) }
    let state = problem.optimizer.checkpoint()
    #expect(
      state.tensors.keys.sorted() == [
        "GradientAccumulation.sum.table", "GradientAccumulation.sum.weight",
        "Lookahead.slow.table", "Lookahead.slow.weight", "rule.firstMoment.table",
        "rule.firstMoment.weight",
        "rule.secondMoment.table", "rule.secondMoment.weight",
      ])
    #expect(state.values["steps"] == 1.0)
    #expect(state.values["GradientAccumulation.received"] == 1.0)
  }

  @Test func listsEverythingThatDoesNotFit() throws {
    let problem = Problem(Adam())
    problem.call(1)
    let before = problem.bits
    var state = problem.optimizer.checkpoint()
    state.tensors["rule.firstMoment.table"] = Tensor([1.0])
    state.tensors["rule.secondMoment.weight"] = nil
    state.tensors["rule.firstMoment.other"] = Tensor([1.0])
    state.values["steps"] = 1.5
    let error = try #require(throws: NamedStateError.self) {
      try problem.optimizer.restore(state)
    }
    #expect(error.problems.count == 4)
    #expect(
      error.description.contains("'rule.firstMoment.table' is float64 [1], expected float64 [2, 2]")
    )
    #expect(error.description.contains("'rule.secondMoment.weight' is missing"))
    #expect(error.description.contains("'rule.firstMoment.other' is not part of it"))
    #expect(error.description.contains("'steps' is 1.5, expected a count"))
    #expect(problem.optimizer.stepCount == 1)
    #expect(problem.bits == before)
  }

  @Test func historyFollowsTheParameterToAnotherType() {
    let weight = Parameter(Tensor([1.0, 2]))
    let optimizer = Optimizer(Adam(learningRate: 0.1), parameters: [("weight", weight)])
    optimizer.step(gradients: [Tensor([1.0, 1])])
    weight.replace(with: weight.value.to(.float32))
    optimizer.step(gradients: [Tensor([1.0, 1], dtype: .float32)])
    #expect(optimizer.checkpoint().tensors["rule.firstMoment.weight"]?.dtype == .float32)
    expectClose(weight.value.doubles(), [0.8, 1.8], 1e-5)
  }
}

import Layers
import TestSupport
import Testing
import Torch

@testable import Optimizers

/// Numbers worked out for the articles 5879 and 7094, in float64.
@Suite(.enabled(if: hasTorch, torchReason)) struct ArticleTraceTests {
  static let heun = [0.860763830, -0.488281250, 2.955336004]

  @Test func customOptimizers() {
    expectClose(Quadratic(SGD(learningRate: 0.05)).run(3), [0.857375, -0.25, 2.955224625])
    expectClose(
      Quadratic(HeavyBall(learningRate: 0.05)).run(3), [0.731375, 1.46, 2.916209625])
    expectClose(
      Quadratic(Nesterov(learningRate: 0.05)).run(3), [0.631462625, 0.80975, 2.880305528])
    expectClose(Quadratic(Heun(learningRate: 0.05)).run(3), Self.heun)
    for rule in [HeavyBall(learningRate: 0.05), Nesterov(learningRate: 0.05)] as [any UpdateRule] {
      expectClose(
        Quadratic(Unfused(inner: rule)).run(3), Quadratic(rule).run(3), 1e-12)
    }
  }

  @Test func heunIsLookaheadOverTwoSteps() {
    let lookahead = SGD(learningRate: 0.05).withLookahead(period: 2, slowStep: 0.5)
    expectClose(Quadratic(lookahead).run(6), Self.heun)
    for steps in 1...5 {
      expectClose(
        Quadratic(lookahead).run(2 * steps), Quadratic(Heun(learningRate: 0.05)).run(steps), 1e-14)
    }
  }

  @Test func adamAndItsExtensions() {
    let adam = Adam(learningRate: 0.01)
    let cases: [(any OptimizerSpecification, [Double])] = [
      (adam, [0.970010129, -1.970004913, 2.970003344]),
      (
        Adam(learningRate: 0.01, biasCorrection: false),
        [0.876579649, -1.876468993, 2.876446514]
      ),
      (AdamW(learningRate: 0.01), [0.969713265, -1.969408074, 2.969106533]),
      (adam.withLayerAdaptation(), [0.935809987, -1.935783897, 2.935776060]),
      (LAMB(learningRate: 0.01), [0.936443070, -1.935788265, 2.935150983]),
      (Lion(learningRate: 0.01), [0.97, -1.97, 2.97]),
    ]
    for (specification, expected) in cases {
      expectClose(Quadratic(specification).run(3), expected)
      let unfused = ExtendedRule(
        rule: Unfused(inner: specification.rule), extensions: specification.extensions)
      expectClose(Quadratic(unfused).run(3), expected)
    }
  }

  @Test func schedule() {
    let specification = Adam(learningRate: 0.01).withSchedule(.piecewiseLinear([4: 1, 8: 0.1]))
    let expected = [0.967273662, -1.967261648, 2.967257836]
    expectClose(Quadratic(specification).run(6), expected)
    let schedule = Schedule.piecewiseLinear([4: 1, 8: 0.1])
    expectClose((0..<7).map { schedule($0) }, [0, 0.25, 0.5, 0.75, 1, 0.775, 0.55], 1e-12)
    expectClose([schedule(8), schedule(100)], [0.1, 0.1], 0)
    expectClose([0, 5].map { Schedule.piecewiseLinear([0: 1])($0) }, [1, 1], 0)
  }

  @Test func movingAverage() {
    let problem = Quadratic(SGD(learningRate: 0.05).withMovingAverage(0.9))
    problem.run(3)
    problem.optimizer.withAverages {
      expectClose(problem.weight.value.doubles(), [0.900046125, -0.557195572, 2.969056135])
    }
    let sums = problem.optimizer.checkpoint().tensors["MovingAverage.average.weight"]
    expectClose(sums?.doubles() ?? [], [0.243912500, -0.151, 0.804614213])
  }

  @Test(arguments: [LazyUpdates.History.stands, .moves])
  func lazyAdam(history: LazyUpdates.History) {
    func run(_ specification: any OptimizerSpecification) -> [Double] {
      let table = Tensor([[1.0], [2]])
      let parameter = Parameter(table)
      let optimizer = Optimizer(specification, parameters: [("embedding", parameter)])
      for step in 0..<3 {
        let seen = Tensor(step == 0 ? [[1.0], [1]] : [[1.0], [0]])
        optimizer.step(gradients: [(parameter.value * seen).detach()])
      }
      return parameter.value.doubles()
    }
    let adam = Adam(learningRate: 0.01)
    expectClose(
      run(adam.withLazyUpdates(of: ["embed"], history: history)), [0.970010129, 1.990000005])
    expectClose(run(adam), [0.970010129, 1.978119862])
  }

  @Test func accumulation() {
    let problem = Quadratic(Adam(learningRate: 0.01).withGradientAccumulation(2))
    for step in 0..<6 {
      let curvature = step % 2 == 0 ? [1, 10, 0.1] : [3, 2, 0.5]
      let applied = problem.optimizer.step(gradients: [problem.gradient(Tensor(curvature))])
      #expect(applied == (step % 2 == 1))
    }
    #expect(problem.optimizer.stepCount == 3)
    expectClose(problem.weight.value.doubles(), [0.970010114, -1.970004914, 2.970003277])
  }

  @Test func adafactor() {
    func run(threshold: Int) -> [Double] {
      let parameter = Parameter(Tensor([[1.0, 2, 3], [4, 5, 6]]))
      let factors = Tensor([[1, 0.5, 2], [0.1, 1, 0.3]])
      let optimizer = Optimizer(
        Adafactor(learningRate: 0.01, factoringThreshold: threshold),
        parameters: [("weight", parameter)])
      for _ in 0..<2 { optimizer.step(gradients: [(parameter.value * factors).detach()]) }
      return parameter.value.doubles()
    }
    expectClose(
      run(threshold: 128),
      [0.923122582, 1.922786132, 2.922676475, 3.922622106, 4.922589630, 5.922568040])
    expectClose(
      run(threshold: 2),
      [0.905863399, 1.979854557, 2.902063354, 3.955573143, 4.884082386, 5.965843063])
  }
}

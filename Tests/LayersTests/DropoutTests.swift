import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct DropoutTests {
  @Test func dropsItsShareAndRescalesTheRest() {
    for generator in [nil, RandomGenerator(seed: 1)] {
      RandomGenerator.seedAll(3)
      let output = Dropout(0.6, generator: generator)(Tensor.ones([1_000_000])).floats()
      let zeros = output.filter { $0 == 0 }.count
      #expect(abs(Double(zeros) / 1e6 - 0.6) < 0.002)
      #expect(output.allSatisfy { $0 == 0 || $0 == 2.5 })
      #expect(abs(output.reduce(0.0) { $0 + Double($1) } / 1e6 - 1) < 0.005)
    }
  }

  @Test(arguments: [([], [3, 4, 5]), ([0], [1, 4, 5]), ([2], [3, 4, 1]), ([1], [3, 1, 5])])
  func masksAreSharedAsKerasNoiseShape(_ axes: [Int], _ noise: [Int]) {
    let layer = Dropout(0.5, sharedAxes: axes, generator: RandomGenerator(seed: 2))
    var distinct = Set<[Float]>()
    for _ in 0..<8 {
      let output = layer(Tensor.ones([3, 4, 5]))
      var first = output
      for axis in axes { first = first.narrowed(axis, start: 0, length: 1) }
      #expect(first.shape == noise)
      #expect(output.equals(first.broadcast(to: [3, 4, 5])))
      distinct.insert(first.floats())
    }
    #expect(distinct.count == 8)
  }

  @Test func ratesZeroAndOneAreExact() {
    let x = Tensor([1.0, -2, .infinity]).requiringGradient()
    let generator = RandomGenerator(seed: 4)
    let state = generator.state
    let zero = Dropout(0, generator: generator)
    #expect(zero(x) === x)
    #expect(generator.state.equals(state))
    let all = Dropout(1, generator: generator)(x)
    #expect(all.doubles() == [0, 0, 0])
    #expect(gradients(of: all.sum(), withRespectTo: [x])[0].doubles() == [0, 0, 0])
  }

  @Test func inferenceIsTheIdentity() {
    let x = Tensor.normal([4, 4])
    #expect(Dropout(0.5).evaluate()(x) === x)
  }

  @Test func gradientHasTheForwardMask() {
    for layer in [Dropout(0.5), Dropout(0.5, sharedAxes: [0], generator: RandomGenerator(seed: 5))]
    {
      let x = Tensor.ones([20, 30]).requiringGradient()
      let y = layer(x)
      #expect(gradients(of: y.sum(), withRespectTo: [x])[0].equals(y.detach()))
    }
  }

  @Test func aSeedRepeatsTheMask() {
    let x = Tensor.ones([100])
    #expect(
      Dropout(0.5, generator: RandomGenerator(seed: 6))(x).equals(
        Dropout(0.5, generator: RandomGenerator(seed: 6))(x)))
  }

  @Test func gaussianHasTheSameMoments() {
    let y = GaussianDropout(0.3, generator: RandomGenerator(seed: 7))(Tensor.ones([1_000_000]))
    #expect(abs(y.mean().item() - 1) < 0.005)
    #expect(abs(y.variance().item() / (0.3 / 0.7) - 1) < 0.01)
  }

  @Test func aRateBeyondOneTraps() async {
    await #expect(processExitsWith: .failure) { _ = Dropout(1.5) }
  }
}

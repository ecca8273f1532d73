import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct Int8WeightTests {
  @Test func roundedMapsAreNearlyTheSame() throws {
    let generator = RandomGenerator(seed: 1)
    let dense = Dense(64, 96, generator: generator)
    dense.bias?.assign(Tensor.normal([96], generator: generator))
    let input = Tensor.normal([3, 7, 64], generator: generator)
    let exact = dense(input)
    try Sequential(dense).roundLinearMapsToInt8()
    // Training goes on with the weights themselves.
    #expect(dense(input).equals(exact))
    dense.evaluate()
    let rounded = dense(input)
    #expect(rounded.shape == [3, 7, 96] && !rounded.equals(exact))
    let error = (rounded - exact).norm().item() / exact.norm().item()
    #expect(error < 0.02, "relative error \(error)")
  }

  /// Inputs that are all zero, or all of one sign, keep their place.
  @Test func inputsWithoutASpread() throws {
    let weight = Tensor.normal([8, 4], generator: RandomGenerator(seed: 2))
    let rounded = try Int8Weight(weight)
    let bias = Tensor.ones([8])
    #expect(rounded(Tensor.zeros([2, 4]), bias: bias).equals(Tensor.ones([2, 8])))
    let positive = Tensor.ones([2, 4]) * 3
    let error = (rounded(positive, bias: nil) - positive.linear(weight)).abs().max().item()
    #expect(error < 0.15)
  }
}

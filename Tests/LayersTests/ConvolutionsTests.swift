import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ConvolutionsTests {
  @Test func conv1dEqualsPyTorch() throws {
    try GoldenCase("conv1d").check(
      Conv1d(4, 6, kernelSize: 3, stride: 2, padding: 3, dilation: 2, groups: 2))
  }

  @Test func conv2dEqualsPyTorch() throws {
    try GoldenCase("conv2d").check(Conv2d(3, 4, kernelSize: 3, stride: 2, padding: 1))
  }

  @Test func samePaddingIsKeras() throws {
    try GoldenCase("conv2d-same-k5s2").check(
      Conv2d(3, 4, kernelSize: 5, stride: 2, padding: .same))
    try GoldenCase("conv2d-same-k4s1").check(Conv2d(2, 3, kernelSize: 4, padding: .same))
  }

  @Test func explicitPaddingPerAxis() throws {
    try GoldenCase("conv2d-rectangular").check(
      Convolution(
        .init(
          2, 3,
          Convolution.Geometry(
            kernelSize: [2, 3], stride: [1, 2], dilation: [2, 1],
            padding: .explicit(before: [1, 0], after: [0, 2])))))
  }

  @Test func samePaddingGivesTheCeiling() {
    for (kernel, stride, length) in [
      (5, 2, 7), (5, 2, 8), (4, 2, 9), (3, 1, 5), (2, 3, 10), (1, 2, 5),
    ] {
      let layer = Conv1d(1, 1, kernelSize: kernel, stride: stride, padding: .same)
      #expect(layer(Tensor.zeros([1, 1, length])).size(2) == (length + stride - 1) / stride)
    }
  }

  @Test func startsGlorotUniform() {
    let layer = Conv2d(16, 32, kernelSize: 3, generator: RandomGenerator(seed: 4))
    let limit = (6.0 / Double(9 * 16 + 9 * 32)).squareRoot()
    let largest = layer.weight.value.abs().max().item()
    #expect(largest <= limit && largest > 0.99 * limit)
  }

  @Test func wrongChannelsTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Conv2d(3, 4, kernelSize: 3)(Tensor.zeros([1, 28, 28, 3]))
    }
  }
}

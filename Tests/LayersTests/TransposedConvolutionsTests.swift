import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct TransposedConvolutionsTests {
  @Test func convTranspose1dEqualsPyTorch() throws {
    try GoldenCase("convTranspose1d").check(
      ConvTranspose1d(4, 6, kernelSize: 4, stride: 3, padding: 1, outputPadding: 2, groups: 2))
  }

  @Test func convTranspose2dEqualsPyTorch() throws {
    try GoldenCase("convTranspose2d").check(
      ConvTranspose2d(3, 4, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1))
  }

  @Test func samePaddingCropsAsKeras() throws {
    try GoldenCase("convTranspose2d-same-k5s2").check(
      ConvTranspose2d(3, 4, kernelSize: 5, stride: 2, padding: .same))
    try GoldenCase("convTranspose2d-same-k2s3").check(
      ConvTranspose2d(2, 2, kernelSize: 2, stride: 3, padding: .same))
  }

  /// ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ for `.same` on both sides, uneven paddings included.
  @Test(arguments: [(5, 2), (4, 2), (3, 2), (3, 1), (2, 3), (6, 3)])
  func sameIsTheAdjointOfSame(_ kernel: Int, _ stride: Int) {
    let generator = RandomGenerator(seed: 5)
    let forward = Conv2d(3, 4, kernelSize: kernel, stride: stride, padding: .same, bias: false)
    let backward = ConvTranspose2d(
      4, 3, kernelSize: kernel, stride: stride, padding: .same, bias: false)
    forward.move(dtype: .float64)
    backward.move(dtype: .float64)
    backward.weight.assign(forward.weight.value)
    let y = Tensor.normal([2, 4, 3, 4], dtype: .float64, generator: generator)
    let x = Tensor.normal([2, 3, 3 * stride, 4 * stride], dtype: .float64, generator: generator)
    let left = (forward(x) * y).sum().item()
    let right = (x * backward(y)).sum().item()
    #expect(abs(left - right) < 1e-10 * max(1, abs(left)))
  }
}

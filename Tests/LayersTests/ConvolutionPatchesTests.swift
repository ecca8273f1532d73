import Testing
import Torch

@testable import Layers

/// Images of one channel are convolved as a matrix product: the same numbers and gradients as
/// libtorch's convolution gives.
@Suite(
  .enabled(if: (try? LibTorch.load()) != nil, "libtorch is not set up; 'make setup' fetches it"))
struct ConvolutionPatchesTests {
  @Test(arguments: [(5, 2, 28), (4, 2, 28), (3, 1, 9), (3, 3, 11), (1, 1, 6)])
  func agreesWithLibtorch(_ kernel: Int, _ stride: Int, _ side: Int) {
    let random = RandomGenerator(seed: 1)
    for padding in [Padding.same, .valid] {
      let layer = Conv2d(
        1, 6, kernelSize: kernel, stride: stride, padding: padding, generator: random
      ).move(dtype: .float64)
      let input = Tensor.normal([3, 1, side, side], dtype: .float64, generator: random)
        .requiringGradient()
      #expect(layer.gathersPatches(of: input))
      let found = layer(input)
      let (before, after) = layer.geometry.padding.widths(
        lengths: [side, side], extents: layer.geometry.extents, strides: layer.geometry.stride)
      let padded = input.padded([before[1], after[1], before[0], after[0]])
      let expected = padded.conv2d(
        layer.weight.value, bias: layer.bias?.value, stride: layer.geometry.stride)
      #expect(found.shape == expected.shape)
      #expect((found - expected).abs().max().item() < 1e-12)
      let seed = Tensor.normal(like: expected, generator: random)
      let inputs = [input] + layer.parameters.map(\.value)
      let ours = gradients(of: found, withRespectTo: inputs, outputGradient: seed)
      let theirs = gradients(of: expected, withRespectTo: inputs, outputGradient: seed)
      for (a, b) in zip(ours, theirs) { #expect((a - b).abs().max().item() < 1e-11) }
    }
  }
}

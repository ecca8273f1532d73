import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct NormalizationsTests {
  @Test func layerNormEqualsPyTorch() throws {
    try GoldenCase("layerNorm").check(LayerNorm(shape: [3, 5], epsilon: 1e-12))
  }

  @Test func rmsNormEqualsPyTorch() throws { try GoldenCase("rmsNorm").check(RMSNorm(5)) }

  @Test func groupNormEqualsPyTorch() throws {
    try GoldenCase("groupNorm").check(GroupNorm(groups: 3, channels: 6))
  }

  @Test func instanceNormEqualsPyTorch() throws {
    try GoldenCase("instanceNorm").check(InstanceNorm(6))
  }

  @Test func withoutScaleAndShift() {
    let input = Tensor.normal([2, 6, 4], generator: RandomGenerator(seed: 1))
    for layer in [LayerNorm(4, affine: false), GroupNorm(groups: 2, channels: 6, affine: false)] {
      #expect(layer.parameters.isEmpty)
      #expect(abs(layer(input).mean().item()) < 1e-6)
    }
  }
}

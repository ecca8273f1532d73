import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct SpectralNormTests {
  @Test func equalsPyTorch() throws {
    try GoldenCase("spectralNorm-dense").check(SpectralNorm(Dense(5, 4)))
    try GoldenCase("spectralNorm-conv2d").check(SpectralNorm(Conv2d(2, 3, kernelSize: 3)))
    try GoldenCase("spectralNorm-convTranspose2d").check(
      SpectralNorm(ConvTranspose2d(2, 3, kernelSize: 3)))
  }

  @Test func restartedFormDifferentiatesThroughTheIterations() throws {
    let layer = SpectralNorm(Conv2d(2, 3, kernelSize: 3), method: .restarted())
    try GoldenCase("spectralNorm-restarted").check(layer)
    #expect(layer.namedParameters().map(\.name) == ["layer.weight", "layer.bias"])
  }

  @Test func findsTheLargestSingularValue() {
    let dense = Dense(20, 30, weightInitializer: .normal(), generator: RandomGenerator(seed: 3))
    let layer = SpectralNorm(dense, generator: RandomGenerator(seed: 4))
    for _ in 0..<300 { layer.advance() }
    let exact = dense.weight.value.svd().s[0].item()
    #expect(abs(layer.largestSingularValue().item() - exact) < 1e-4 * exact)
    #expect(abs(layer.normalizedWeight().svd().s[0].item() - 1) < 1e-4)
  }

  @Test func advancesOncePerStepIfAsked() throws {
    let dense = Dense(6, 5, generator: RandomGenerator(seed: 5))
    let layer = SpectralNorm(dense, advancesEachPass: false, generator: RandomGenerator(seed: 6))
    let model = Sequential(layer)
    let input = Tensor.normal([2, 6], generator: RandomGenerator(seed: 7))
    let u = try #require(layer.u)
    dense.weight.assign(Tensor.normal([5, 6], generator: RandomGenerator(seed: 8)))
    let before = u.value.clone()
    #expect(model(input).equals(model(input)))
    #expect(u.value.equals(before))
    model.advanceSpectralNorms()
    #expect(!u.value.equals(before))
  }

  @Test func inferenceKeepsTheState() throws {
    let layer = SpectralNorm(Dense(6, 5), generator: RandomGenerator(seed: 6))
    layer.layer.kernel.assign(Tensor.normal([5, 6], generator: RandomGenerator(seed: 8)))
    let u = try #require(layer.u)
    let before = u.value.clone()
    layer.evaluate()
    _ = layer(Tensor.zeros([1, 6]))
    #expect(u.value.equals(before))
    layer.train()
    _ = layer.withoutUpdatingStatistics { layer(Tensor.zeros([1, 6])) }
    #expect(u.value.equals(before))
    _ = layer(Tensor.zeros([1, 6]))
    #expect(!u.value.equals(before))
  }

  @Test func shrinksOnlyWhatIsTooLarge() {
    let small = Dense(3, 3, weightInitializer: .identity(gain: 0.5))
    let large = Dense(3, 3, weightInitializer: .identity(gain: 2))
    for (dense, norm) in [(small, 0.5), (large, 0.9)] {
      let layer = SpectralNorm(dense, bound: .atMost(0.9), generator: RandomGenerator(seed: 1))
      #expect(abs(layer.normalizedWeight().svd().s[0].item() - norm) < 1e-6)
    }
  }

  @Test func batchNormScaleGetsUnitLength() {
    let norm = BatchNorm(4)
    let layer = SpectralNorm(norm, method: .restarted())
    expectClose(layer.normalizedWeight(), Tensor.full([4], 0.5), 1e-6)
  }
}

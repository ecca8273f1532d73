import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct DenseTests {
  @Test func equalsPyTorch() throws { try GoldenCase("dense").check(Dense(4, 5)) }

  @Test func startsGlorotUniformWithZeroBias() {
    let dense = Dense(300, 200, generator: RandomGenerator(seed: 1))
    let limit = (6.0 / 500).squareRoot()
    #expect(dense.weight.value.abs().max().item() <= limit)
    #expect(dense.weight.value.abs().max().item() > 0.99 * limit)
    #expect(dense.bias?.value.norm().item() == 0)
    #expect(Dense(3, 2, bias: false).parameters.count == 1)
  }

  @Test func aSeedFixesTheWeights() {
    let first = Dense(5, 4, generator: RandomGenerator(seed: 9))
    let second = Dense(5, 4, generator: RandomGenerator(seed: 9))
    #expect(first.weight.value.equals(second.weight.value))
  }

  @Test func aWrongShapeTraps() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Dense(768, 4)(Tensor.zeros([8, 128, 512]))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("Dense expected last axis 768, received shape [8, 128, 512]"))
  }

  /// The same layer three times: one set of weights, the gradient is the sum over the calls.
  @Test func reuseSharesWeights() {
    let wide = Dense(784, 784)
    final class Thrice: Layer {
      let layer: Dense
      init(_ layer: Dense) {
        self.layer = layer
        super.init()
      }
      override func forward(_ input: Tensor) -> Tensor { layer(layer(layer(input).tanh()).tanh()) }
    }
    let model = Thrice(wide)
    #expect(model.parameterCounts.total == 784 * 784 + 784)
    let small = Thrice(Dense(4, 4, generator: RandomGenerator(seed: 2)))
    small.move(dtype: .float64)
    let input = Tensor.normal([3, 4], dtype: .float64, generator: RandomGenerator(seed: 3))
    expectGradient(at: small.parameters.map(\.value)) { small(input).square().sum() }
  }
}

import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct PackedWeightTests {
  private func packed(bias: Bool = true) -> (Dense, Tensor) {
    let generator = RandomGenerator(seed: 1)
    let dense = Dense(64, 96, bias: bias, generator: generator)
    dense.bias?.assign(Tensor.normal([96], generator: generator))
    dense.evaluate()
    return (dense, Tensor.normal([3, 7, 64], generator: generator))
  }

  private func differ(_ left: Tensor, _ right: Tensor) -> Double {
    Double((left - right).to(.float32).abs().max().item())
  }

  @Test(arguments: [true, false]) func productsStayTheSame(bias: Bool) {
    let (dense, input) = packed(bias: bias)
    let exact = dense(input)
    dense.pack()
    withInferenceMode { #expect(differ(dense(input), exact) < 1e-5) }
    withoutGradients {
      let row = Tensor.ones([64])
      #expect(differ(dense(row), row.linear(dense.weight.value, bias: dense.bias?.value)) < 1e-5)
      #expect(dense(Tensor.zeros([0, 64])).shape == [0, 96])
    }
  }

  @Test(arguments: [
    ActivationFunction.linear, .relu, .gelu, .gelu(approximate: true), .silu, .tanh, .mish,
  ])
  func activationsAreThoseOfTheLayer(activation: ActivationFunction) {
    let (dense, input) = packed()
    let exact = activation(dense(input))
    #expect(dense(input, activation: activation).equals(exact))
    dense.pack()
    withoutGradients { #expect(differ(dense(input, activation: activation), exact) < 1e-5) }
  }

  @Test func halfPrecision() {
    let (dense, input) = packed()
    let exact = dense(input)
    dense.move(dtype: .bfloat16)
    dense.pack()
    withInferenceMode {
      let output = dense(input.to(.bfloat16))
      #expect(output.dtype == .bfloat16 && differ(output, exact) < 0.05)
    }
  }

  /// A copy that outlives its weight would be wrong without a word.
  @Test func aChangedWeightIsMultipliedAsItIs() {
    let changes: [(Dense) -> Void] = [
      { $0.weight.assign(Tensor.ones([96, 64])) },
      { $0.weight.replace(with: Tensor.ones([96, 64])) },
      { dense in
        withoutGradients {
          dense.weight.value.multiplyInPlace(0)
          dense.weight.value.addInPlace(Tensor.ones([96, 64]))
        }
      },
    ]
    for change in changes {
      let (dense, input) = packed(bias: false)
      dense.pack()
      change(dense)
      withoutGradients {
        #expect(differ(dense(input), input.linear(Tensor.ones([96, 64]))) < 1e-4)
      }
    }
  }

  @Test func gradientsFlowAsBefore() {
    let (dense, input) = packed()
    dense.pack()
    input.requiresGradient = true
    let gradient = gradients(of: dense(input).sum(), withRespectTo: [input])[0]
    #expect(differ(gradient[0, 0], withoutGradients { dense.weight.value.sum(axis: 0) }) < 1e-4)
  }

  @Test func otherTypesStayAsTheyAre() {
    let (dense, input) = packed()
    dense.move(dtype: .float64)
    let exact = dense(input.to(.float64))
    dense.pack()
    withoutGradients { #expect(dense(input.to(.float64)).equals(exact)) }
  }
}

import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct SequentialTests {
  private func model() -> Sequential {
    Sequential([
      "first": Dense(4, 6, generator: RandomGenerator(seed: 1)), "relu": Activation(.relu),
      "second": Dense(6, 5, generator: RandomGenerator(seed: 2)), "tanh": Activation(.tanh),
      "third": Dense(5, 3, generator: RandomGenerator(seed: 3)),
    ])
  }

  @Test func namesAndSubscripts() throws {
    let model = model()
    #expect(model.namedParameters().first?.name == "first.weight")
    #expect(model["second"] === model[2])
    #expect(Sequential(Dense(2, 2), Dense(2, 2)).namedParameters().map(\.name).last == "1.bias")
  }

  /// tail(head(x)) = whole(x) bitwise, and the parts hold the whole's own parameters.
  @Test func headAndTailShareWeights() {
    let model = model()
    let x = Tensor.normal([7, 4], generator: RandomGenerator(seed: 4))
    let head = model.head(through: "relu")
    let tail = model.tail(after: "relu")
    #expect(tail(head(x)).equals(model(x)))
    let all = Set(model.parameters.map(ObjectIdentifier.init))
    let parts = [head, tail].map { Set($0.parameters.map(ObjectIdentifier.init)) }
    #expect(parts[1].isStrictSubset(of: all))
    #expect(parts[0].union(parts[1]) == all && parts[0].isDisjoint(with: parts[1]))
    #expect(tail.namedParameters().map(\.name).first == "second.weight")
  }

  @Test func innerOutputs() {
    let model = model()
    let x = Tensor.normal([7, 4], generator: RandomGenerator(seed: 4))
    let (output, inner) = model.outputs(of: x, at: ["relu", "tanh"])
    #expect(output.equals(model(x)))
    #expect(inner["relu"]?.equals(model.head(through: "relu")(x)) == true)
    #expect(inner["tanh"]?.equals(model.head(through: "tanh")(x)) == true)
    let gradient = gradients(of: inner["relu"]!.sum(), withRespectTo: model.parameters.map(\.value))
    #expect(gradient[0].norm().item() > 0 && gradient[2].norm().item() == 0)
  }

  @Test func anUnknownNameTraps() async {
    await #expect(processExitsWith: .failure) {
      _ = Sequential(Dense(2, 2)).head(through: "relu")
    }
  }

  @Test func aLambdaThatHidesParametersTraps() async {
    await #expect(processExitsWith: .failure) {
      final class Hiding: Layer {
        let inner: Lambda
        let shown = Dense(2, 2)
        override init() {
          let hidden = Parameter(Tensor.ones([2]))
          inner = Lambda { $0 * hidden.value }
          super.init()
        }
      }
      _ = Hiding().parameters
    }
  }

  @Test func reshapingLayers() {
    let x = Tensor.range(24, dtype: .float32).reshaped(2, 3, 4)
    #expect(Flatten()(x).shape == [2, 12])
    #expect(Reshape(2, -1)(x).shape == [2, 2, 6])
    #expect(Permute(2, 1)(x).equals(x.transposed()))
    #expect(Lambda { $0 * 2 }(x).equals(x * 2))
  }
}

@Suite(.enabled(if: hasTorch, torchReason)) struct LayerBuilderTests {
  private func network(_ normalizes: Bool, _ widths: [Int], pools: Bool) -> Sequential {
    Sequential {
      Dense(2, 4).named("dense")
      for (index, width) in widths.enumerated() {
        Dense(4, width).named("hidden\(index)")
        if normalizes { BatchNorm(width) }
      }
      if pools {
        Activation(.relu).named("end")
      } else {
        Activation(.tanh).named("last")
      }
    }
  }

  @Test func conditionsAndLoopsChooseLayers() {
    #expect(
      network(true, [4, 4], pools: true).names == ["dense", "hidden0", "2", "hidden1", "4", "end"])
    #expect(network(false, [4], pools: false).names == ["dense", "hidden0", "last"])
    #expect(network(false, [], pools: false)["dense"] is Dense)
  }
}

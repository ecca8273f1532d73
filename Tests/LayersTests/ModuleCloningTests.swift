import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ModuleCloningTests {
  private let x = Tensor.normal([5, 4], generator: RandomGenerator(seed: 1))

  @Test func aCloneHasWeightsOfItsOwn() {
    let model = Sequential(Dense(4, 6), BatchNorm(6), Activation(.relu), Dense(6, 2)).evaluate()
    let clone = model.clone(generator: RandomGenerator(seed: 9))
    #expect(!clone(x).equals(model(x)))
    #expect(clone.namedParameters().map(\.name) == model.namedParameters().map(\.name))
    clone.copyWeights(from: model)
    #expect(clone(x).equals(model(x)))
    let before = model(x)
    for parameter in clone.parameters {
      withoutGradients { parameter.value.addInPlace(.ones(like: parameter.value)) }
    }
    #expect(model(x).equals(before))
    #expect(!clone(x).equals(before))
  }

  @Test func sharingInsideStays() {
    let shared = Dense(4, 4)
    let clone = Sequential(shared, Activation(.tanh), shared).clone()
    #expect(clone[0] === clone[2])
    #expect(clone[0] !== shared)
    #expect(clone.parameters.count == 2)
  }

  @Test func typeFreezingAndModeCarryOver() {
    let model = Sequential(Dense(4, 3), Dropout(0.5), Dense(3, 2)).move(dtype: .float64).evaluate()
    model.freeze(containing: "0.")
    let clone = model.clone()
    #expect(clone[0].parameters.allSatisfy { !$0.isTrainable && $0.dtype == .float64 })
    #expect(clone[2].parameters.allSatisfy { $0.isTrainable })
    #expect(!clone[1].isTraining)
  }

  @Test func copyingFromAnotherStructureTraps() async {
    await #expect(processExitsWith: .failure) { Dense(2, 3).copyWeights(from: Dense(2, 4)) }
  }

  @Test func freezingByName() {
    let model = Sequential(["encoder": Sequential(Dense(2, 2), Dense(2, 2)), "head": Dense(2, 1)])
    #expect(model.freeze(matching: /^encoder\.0\./) == ["encoder.0.weight", "encoder.0.bias"])
    #expect(model.parameters.filter(\.isTrainable).count == 4)
    #expect(model.freeze(containing: "bias").count == 3)
    #expect(model.parameterCounts.frozen == 4 + 2 + 2 + 1)
    let y = model(Tensor.ones([1, 2]))
    let found = optionalGradients(of: [y], withRespectTo: [model["head"].parameters[0].value])
    #expect(found[0] != nil)
    model.freezeAll(false)
    #expect(model.parameters.allSatisfy { $0.isTrainable })
  }

  @Test func summaryListsShapesAndCounts() {
    let model = Sequential([
      "conv": Conv2d(1, 4, kernelSize: 3), "norm": BatchNorm(4), "flat": Flatten(),
      "head": Dense(4 * 6 * 6, 10),
    ])
    model.freeze(containing: "conv")
    let summary = model.summary(Tensor.zeros([2, 1, 8, 8]))
    let lines = summary.split(separator: "\n").map(String.init)
    #expect(lines.first { $0.hasPrefix("conv ") }?.contains("[2, 4, 6, 6]") == true)
    #expect(lines.first { $0.hasPrefix("head ") }?.hasSuffix("1450") == true)
    #expect(lines.last == "1506 numbers: 1458 trainable, 40 frozen, 8 state")
    #expect(model.isTraining)
  }
}

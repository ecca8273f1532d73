import Foundation
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct TensorTests {
  @Test func arithmeticKeepsTypesAsNumPyDoes() {
    let x = Tensor([1, 2, 3])
    #expect((x * 2).dtype == .int64)
    #expect((x * 2.0).dtype == .float32)
    #expect((x / 3).dtype == .float32)
    let half = Tensor([1.0, 2], dtype: .bfloat16)
    #expect((half * 2.0).dtype == .bfloat16)
    #expect((Tensor([1.0]) * 2).dtype == .float64)
  }

  @Test func numbersOnTheLeft() {
    let x = Tensor([1.0, 2, 4])
    #expect((1 - x).doubles() == [0, -1, -3])
    #expect((8 / x).doubles() == [8, 4, 2])
    #expect((2 * x + 1).doubles() == [3, 5, 9])
    #expect((-x).doubles() == [-1, -2, -4])
  }

  @Test func indexesAsNumPyDoes() {
    let x = Tensor.range(24, dtype: .float64).reshaped(2, 3, 4)
    #expect(x[1].shape == [3, 4])
    #expect(x[.ellipsis, 0].shape == [2, 3])
    #expect(x[0, 1...].doubles() == [4, 5, 6, 7, 8, 9, 10, 11])
    #expect(x[.all, -1, ..<2].doubles() == [8, 9, 20, 21])
    #expect(x[.all, .newAxis, 0].shape == [2, 1, 4])
    #expect(x[.all, .all, .every(2)].shape == [2, 3, 2])
    #expect(x[0, Tensor([2, 0])].doubles() == [8, 9, 10, 11, 0, 1, 2, 3])
    #expect(x[x .> 20.0].doubles() == [21, 22, 23])
    x[0, 0] = Tensor.full([4], 7, dtype: .float64)
    #expect(x[0, 0].doubles() == [7, 7, 7, 7])
    x[x .< 7.5] = Tensor(0.0)
    #expect(x.sum().item() == 248)
  }

  @Test func convertsToAndFromArrays() {
    let floats: [Float] = [1, 2, 3, 4]
    let x = Tensor(floats, shape: [2, 2])
    #expect(x.floats() == floats)
    #expect(x.transposed().floats() == [1, 3, 2, 4])
    #expect(Tensor([true, false]).array(Bool.self) == [true, false])
    #expect(Tensor([[1, 2], [3, 4]]).shape == [2, 2])
    #expect(Tensor([1, 2], dtype: .float16).dtype == .float16)
  }

  @Test func numbersOfEveryTypeGoTogetherWithTensors() {
    let (real, single, integer) = (2.0, Float(0.5), 3)
    var x = Tensor([1, 2, 3], dtype: .float32)
    #expect((x * single).floats() == [0.5, 1, 1.5] && (single * x).dtype == .float32)
    #expect((single - x).floats() == [-0.5, -1.5, -2.5] && (x / single).floats() == [2, 4, 6])
    #expect((x .== integer).array(Bool.self) == [false, false, true])
    #expect((x .>= Float(2)).array(Bool.self) == [false, true, true])
    #expect((Tensor([1 << 60, 1]) .< (1 << 60)).array(Bool.self) == [false, true])
    let before = x
    x += integer
    x *= real
    x -= single
    x /= Tensor([0.5, 0.5, 0.5], dtype: .float32)
    #expect(x.floats() == [15, 19, 23] && before.floats() == [1, 2, 3])
  }

  @Test func printsAsNumPyDoes() {
    #expect(
      Tensor([[1.0, 2.5], [-3, 4]]).description
        == "tensor([[ 1.0000,  2.5000],\n        [-3.0000,  4.0000]], shape=[2, 2], dtype=float64)")
    #expect(Tensor([1, 20]).description == "tensor([ 1, 20], shape=[2], dtype=int64)")
    #expect(Tensor.zeros([2000]).description.contains("..."))
  }
}

@Suite(.enabled(if: hasTorch, torchReason)) struct AutogradTests {
  @Test func differentiatesTwice() {
    let x = Tensor([1.0, 2, 3]).requiringGradient()
    let first = gradients(of: x.pow(3).sum(), withRespectTo: [x], createGraph: true)[0]
    #expect(first.doubles() == [3, 12, 27])
    let second = gradients(of: first.sum(), withRespectTo: [x])[0]
    #expect(second.doubles() == [6, 12, 18])
  }

  @Test func unusedInputsGetZeros() {
    let x = Tensor([1.0]).requiringGradient()
    let y = Tensor([2.0, 3]).requiringGradient()
    let found = gradients(of: x.sum(), withRespectTo: [x, y])
    #expect(found[1].doubles() == [0, 0])
    #expect(optionalGradients(of: [(x * 2).sum()], withRespectTo: [x, y])[1] == nil)
  }

  @Test func gradientModeReturnsAfterAThrow() {
    struct Stop: Error {}
    #expect(areGradientsEnabled)
    #expect(throws: Stop.self) { try withoutGradients { throw Stop() } }
    #expect(areGradientsEnabled)
    let x = Tensor([1.0]).requiringGradient()
    #expect(withoutGradients { (x * 2).requiresGradient } == false)
    #expect(withInferenceMode { (x * 2).requiresGradient } == false)
  }

  @Test func detachedTensorsStopGradients() {
    let x = Tensor([2.0]).requiringGradient()
    #expect(gradients(of: (x.stopGradient() * x).sum(), withRespectTo: [x])[0].doubles() == [2])
  }
}

import TestSupport
import Testing

@testable import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct InPlaceTests {
  @Test func changeTheStorageThatViewsShare() {
    let x = Tensor([1.0, 2, 3, 4])
    let view = x[1...]
    x.multiplyInPlace(2)
    #expect(view.doubles() == [4, 6, 8])
    x.multiplyInPlace(Tensor([1.0, 0, 1, 0]))
    #expect(x.doubles() == [2, 0, 6, 0])
    x.addInPlace(Tensor([1.0, 1, 1, 1]), alpha: 3)
    #expect(x.doubles() == [5, 3, 9, 3])
    x.addcmulInPlace(Tensor([1.0, 2, 3, 4]), Tensor([2.0, 2, 2, 2]), value: 0.5)
    #expect(x.doubles() == [6, 5, 12, 7])
    x.addcdivInPlace(Tensor([1.0, 2, 3, 4]), Tensor([2.0, 2, 2, 2]), value: -2)
    #expect(x.doubles() == [5, 3, 9, 3])
    x.lerpInPlace(to: Tensor([1.0, 1, 1, 1]), weight: 0.5)
    #expect(x.doubles() == [3, 2, 5, 2])
    x.copyInPlace(from: Tensor([1, 2, 3, 4]))
    #expect(view.doubles() == [2, 3, 4])
    view.fillInPlace(7)
    #expect(x.doubles() == [1, 7, 7, 7])
    x.zeroInPlace()
    #expect(view.doubles() == [0, 0, 0])
  }

  @Test func assignmentThroughIndices() {
    let x = Tensor.zeros([3, 3], dtype: .float64)
    x[1] = Tensor([1.0, 2, 3])
    x[.all, -1] = Tensor(9.0)
    x[Tensor([0, 2]), Tensor([0, 1])] = Tensor([5.0, 6])
    #expect(x.doubles() == [5, 0, 9, 1, 2, 9, 0, 6, 9])
    x[x .> 4] = Tensor(-1.0)
    #expect(x.doubles() == [-1, 0, -1, 1, 2, -1, 0, -1, -1])
  }

  @Test func memoryIsSharedWithoutACopy() throws {
    final class Owner {
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3)
      nonisolated(unsafe) static var living = 0
      init() {
        _ = memory.initialize(from: [1, 2, 3])
        Owner.living += 1
      }
      deinit {
        memory.deallocate()
        Owner.living -= 1
      }
    }
    do {
      let owner = Owner()
      let bytes = UnsafeRawBufferPointer(owner.memory)
      let tensor = try Tensor.onMemory(bytes, shape: [3], dtype: .float32, owner: owner)
      owner.memory[1] = 7
      #expect(tensor.floats() == [1, 7, 3])
      tensor.fillInPlace(4)
      #expect(owner.memory[2] == 4)
      tensor.withBytes { #expect($0.baseAddress == bytes.baseAddress) }
      #expect(Owner.living == 1)
    }
    #expect(Owner.living == 0)
  }

  @Test func comparisonsOfWholeTensors() {
    let x = Tensor([1.0, 2])
    #expect(x.equals(Tensor([1.0, 2])))
    #expect(!x.equals(Tensor([1.0, 3])))
    #expect(!x.equals(Tensor([1.0, 2], dtype: .float32)))
    #expect(!x.equals(Tensor([[1.0, 2]])))
    #expect(x.isClose(to: Tensor([1.0, 2 + 1e-9])))
    #expect(!x.isClose(to: Tensor([1.0, 2.1])))
    #expect(!x.isClose(to: Tensor([1.0])))
  }

  @Test func likeTensorsKeepShapeAndType() {
    let x = Tensor.ones([2, 3], dtype: .float64)
    for like in [Tensor.zeros(like: x), .ones(like: x), .empty(like: x), .full(like: x, 2)] {
      #expect(like.shape == [2, 3] && like.dtype == .float64)
    }
    #expect(Tensor.zeros(like: x).sum().item() == 0)
    #expect(Tensor.full(like: x, 2).sum().item() == 12)
    #expect(Tensor.zeros([2]).dtype == .float32)
    #expect(Tensor.empty([2, 0]).count == 0)
    #expect(x.strides == [3, 1] && x.byteCount == 48 && x.size(-1) == 3 && x.isContiguous)
    #expect(!x.transposed().isContiguous)
    #expect(x.to(Device.cpu).device == .cpu)
  }

  @Test func numbersOfEveryTypeGoInAndOut() {
    for dtype in DType.allCases where !dtype.isComplex {
      let x = Tensor([0, 1], dtype: dtype)
      #expect(x.dtype == dtype && x.byteCount == 2 * dtype.byteCount)
      #expect(x.doubles() == [0, 1], "\(dtype)")
    }
    #expect(Tensor(3).integerItem() == 3)
    #expect(Tensor([Float16(1.5)]).dtype == .float16)
  }

  @Test func packedSequencesRunEachForItself() {
    let generator = RandomGenerator(seed: 5)
    func draw(_ shape: Int...) -> Tensor {
      Tensor.normal(shape, dtype: .float64, generator: generator)
    }
    let input = draw(2, 3, 2)
    for gates in [4, 3] {
      let weights = [draw(gates * 2, 2), draw(gates * 2, 2), draw(gates * 2), draw(gates * 2)]
      func run(_ input: Tensor, lengths: [Int]) -> Tensor {
        let zeros = Tensor.zeros([1, lengths.count, 2], dtype: .float64)
        let (data, sizes) = input.packedSequences(lengths: Tensor(lengths))
        let output =
          gates == 4
          ? data.packedLSTM(
            batchSizes: sizes, hidden: zeros, cell: zeros, weights: weights, hasBiases: true,
            layerCount: 1, dropout: 0, training: false, isBidirectional: false
          ).output
          : data.packedGRU(
            batchSizes: sizes, hidden: zeros, weights: weights, hasBiases: true, layerCount: 1,
            dropout: 0, training: false, isBidirectional: false
          ).output
        return output.unpackedSequences(batchSizes: sizes, length: input.size(1))
      }
      let both = run(input, lengths: [3, 1])
      #expect(both[0].isClose(to: run(input[..<1], lengths: [3])[0]))
      #expect(both[1, 0].isClose(to: run(input[1..., ..<1], lengths: [1])[0, 0]))
      #expect(both[1, 1...].doubles() == [0, 0, 0, 0])
    }
  }
}

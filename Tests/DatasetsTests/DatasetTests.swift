import Datasets
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct DatasetTests {
  private func numbered(_ count: Int) -> Dataset {
    Dataset(
      inputs: Tensor.range(count, dtype: .float32).reshaped(count, 1),
      labels: Tensor.range(count).remainder(3))
  }

  @Test func splitsAreDisjointCompleteAndSeeded() {
    let parts = numbered(103).split(validation: 0.2, test: 0.1, seed: 7)
    let sizes = [parts.training.count, parts.validation.count, parts.test.count]
    #expect(sizes.reduce(0, +) == 103)
    #expect(abs(sizes[1] - 21) <= 1 && abs(sizes[2] - 10) <= 1)
    let all = [parts.training, parts.validation, parts.test]
      .flatMap { $0.inputs.floats().map(Int.init) }
    #expect(all.sorted() == Array(0..<103))
    #expect(all != all.sorted())
    let again = numbered(103).split(validation: 0.2, test: 0.1, seed: 7)
    #expect(again.test.inputs.floats() == parts.test.inputs.floats())
    let other = numbered(103).split(validation: 0.2, test: 0.1, seed: 8)
    #expect(other.test.inputs.floats() != parts.test.inputs.floats())
    // Labels travel with their inputs.
    let training = parts.training
    #expect(
      training.labels?.integers() == training.inputs.floats().map { Int($0) % 3 })
  }

  @Test func examplesAndPixels() {
    let bytes = Dataset(inputs: Tensor([UInt8(0), 51, 255], shape: [3, 1]))
    #expect(bytes.scaledInputs(.unit).floats().map { ($0 * 1000).rounded() } == [0, 200, 1000])
    #expect(bytes.scaledInputs(.signedUnit).floats()[0] == -1)
    #expect(bytes.scaledInputs(.signedUnit).floats()[2] == 1)
    #expect(abs(bytes.scaledInputs(.signedUnit).floats()[1] + 0.6) < 1e-6)
    #expect(bytes.scaledInputs(.none).floats() == [0, 51, 255])
    #expect(bytes[1].input.integers() == [51])
    #expect(bytes[1].label == nil)
    #expect(numbered(5)[4].label == 1)
    // Points in the plane are not pixels.
    #expect(numbered(3).scaledInputs(.signedUnit).floats() == [0, 1, 2])
  }
}

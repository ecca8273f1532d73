import Formats
import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct NamedStateTests {
  @Test func aFileGivesTheSameBack() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/state.safetensors"
      let state = NamedState(
        tensors: ["a": Tensor([1.0, 2])], values: ["steps": 3, "rate": 0.5, "bad": .number(.nan)])
      try state.write(to: path)
      let read = try NamedState(path: path)
      #expect(read.origin == path)
      #expect(try #require(read.tensors["a"]).equals(Tensor([1.0, 2])))
      #expect(read.values["steps"] == 3)
      #expect(read.values["bad"]?.doubleValue?.isNaN == true)
      let reader = read.reader(for: "thing")
      #expect(reader.count("steps") == 3 && reader.number("rate") == 0.5)
      #expect(reader.countIfPresent("none") == nil)
    }
  }

  @Test func aReaderListsEverythingAtOnce() throws {
    let state = NamedState(
      tensors: ["a": Tensor([1.0]), "left": Tensor([1.0])], values: ["n": 1.5])
    let reader = state.reader(for: "optimizer")
    _ = reader.tensor("a", like: Tensor([1.0, 2]))
    _ = reader.tensor("b", like: Tensor([1.0]))
    _ = reader.count("n")
    reader.expect(1 > 2, "one is not two")
    let error = try #require(throws: NamedStateError.self) { try reader.finish() }
    #expect(
      error.problems == [
        "'a' is float64 [1], expected float64 [2]", "'b' is missing",
        "'n' is 1.5, expected a count", "one is not two", "'left' is not part of it",
      ])
    #expect("\(error)".hasPrefix("the state in memory does not fit this optimizer: 'a'"))
  }

  @Test func aCopyStaysWhatItWas() throws {
    let tensor = Tensor([1.0])
    let state = NamedState(tensors: ["a": tensor])
    let copy = state.copied()
    tensor.addInPlace(Tensor([1.0]))
    #expect(copy.tensors["a"]?.doubles() == [1])
    #expect(state.tensors["a"]?.doubles() == [2])
  }

  @Test func aGeneratorRefusesAnotherKindOfState() {
    let random = RandomGenerator(seed: 1)
    let state = NamedState(tensors: ["state": Tensor([1.0])])
    #expect(message { try random.restore(state) }.contains("does not fit this random generator"))
  }
}

import Formats
import Foundation
import Layers
import Messages
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct CheckpointTests {
  private func model(_ seed: UInt64) -> Sequential {
    Sequential([
      "body": Dense(4, 3, generator: RandomGenerator(seed: seed)), "norm": BatchNorm(3),
      "head": Dense(3, 2, generator: RandomGenerator(seed: seed + 1)),
    ])
  }

  private let x = Tensor.normal([5, 4], generator: RandomGenerator(seed: 1))

  @Test func loadsWhatItSaved() throws {
    try withTemporaryFolder { folder in
      let first = model(1)
      _ = first(x)
      try first.save(to: folder + "/a.safetensors", metadata: ["step": "3"])
      for mapped in [false, true] {
        let second = model(5)
        try second.load(from: folder + "/a.safetensors", mapped: mapped)
        #expect(second.evaluate()(x).equals(first.evaluate()(x)))
      }
      #expect(try SafetensorsFile(path: folder + "/a.safetensors").metadata == ["step": "3"])
    }
  }

  @Test func mappedWeightsCanBeTrainedAndLeaveTheFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try model(1).save(to: path)
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let mapped = model(5)
      try mapped.load(from: path, mapped: true)
      for parameter in mapped.parameters { withoutGradients { parameter.value.fillInPlace(1) } }
      #expect(mapped.parameters[0].value.mean().item() == 1)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }

  @Test func allProblemsAreListedAtOnceAndNothingChanges() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try SafetensorsWriter.write(
        [
          SafetensorsTensor(name: "body.wieght", Tensor.zeros([3, 4])),
          SafetensorsTensor(name: "body.bias", Tensor.zeros([3], dtype: .float64)),
          SafetensorsTensor(name: "norm.weight", Tensor.zeros([3])),
          SafetensorsTensor(name: "norm.bias", Tensor.zeros([3])),
          SafetensorsTensor(name: "norm.runningMean", Tensor.zeros([3])),
          SafetensorsTensor(name: "norm.runningVariance", Tensor.zeros([3])),
          SafetensorsTensor(name: "head.weight", Tensor.zeros([3, 2])),
          SafetensorsTensor(name: "head.bias", Tensor.zeros([2])),
          SafetensorsTensor(name: "optimizer.step", Tensor.zeros([1])),
        ], to: path)
      let model = model(1)
      let before = model.evaluate()(x)
      let error = #expect(throws: CheckpointError.self) { try model.load(from: path) }
      #expect(error?.missing.map(\.name) == ["body.weight"])
      #expect(error?.missing.first?.nearest == "body.wieght")
      #expect(error?.unused == ["body.wieght", "optimizer.step"])
      #expect(
        error?.mismatched == [
          "'body.bias' holds float64 in place of float32",
          "'head.weight' has shape [3, 2] in place of [2, 3]",
        ])
      #expect(error?.description.contains("\n") == false)
      #expect(model(x).equals(before))
    }
  }

  @Test func tiedWeightsAreWrittenOnceAndReadUnderAnyName() throws {
    final class Tied: Module {
      let embedding = Embedding(5, 3)
      let output: TiedProjection
      override init() {
        output = embedding.tiedProjection()
        super.init()
      }
    }
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let model = Tied()
      try model.save(to: path)
      #expect(
        try SafetensorsFile(path: path).entries.map(\.name) == ["embedding.weight", "output.bias"])
      let table = Tensor.normal([5, 3])
      let bias = SafetensorsTensor(name: "output.bias", Tensor.zeros([5]))
      let names = ["embedding.weight", "output.embedding.weight"]
      try SafetensorsWriter.write([SafetensorsTensor(name: names[1], table), bias], to: path)
      try model.load(from: path)
      #expect(model.embedding.weight.value.equals(table))
      try SafetensorsWriter.write(
        names.map { SafetensorsTensor(name: $0, table) } + [bias], to: path)
      try model.load(from: path)
      try SafetensorsWriter.write(
        [
          SafetensorsTensor(name: names[0], table), SafetensorsTensor(name: names[1], table + 1),
          bias,
        ],
        to: path)
      let error = #expect(throws: CheckpointError.self) { try model.load(from: path) }
      #expect(error?.mismatched.first?.contains("are tied and differ") == true)
    }
  }

  @Test func mapsRenameConvertAndTolerate() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/keras.safetensors"
      let weight = Tensor.normal([4, 3])
      try SafetensorsWriter.write(
        [
          SafetensorsTensor(name: "layer/kernel", weight.to(.bfloat16)),
          SafetensorsTensor(name: "pooler", weight),
        ], to: path)
      var map = WeightMap(replacing: [(own: "weight", file: "layer/kernel")])
      map.convert = { $0 == "weight" ? $1.transposed() : $1 }
      map.mayIgnore = { $0 == "pooler" }
      map.mayMiss = { $0 == "bias" }
      let dense = Dense(4, 3)
      #expect(throws: CheckpointError.self) { try dense.load(from: path, map: map) }
      try dense.load(from: path, map: map, convertingTypes: true)
      #expect(dense.weight.dtype == .float32)
      expectClose(dense.weight.value, weight.transposed(), 0.01)
    }
  }

  @Test func aTruncatedFileIsExplained() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try model(1).save(to: path)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try bytes.prefix(bytes.count - 5).write(to: URL(fileURLWithPath: path))
      #expect(throws: FileError.self) { try model(2).load(from: path) }
      #expect(throws: FileError.self) { try model(2).load(from: folder + "/none.safetensors") }
    }
  }
}

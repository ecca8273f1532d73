import Datasets
import Formats
import Messages
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ArrayDatasetTests {
  private static func write(_ path: String) throws {
    try NPZ.write(
      [
        ("images", NumericArray([UInt8](0..<24), shape: [2, 1, 3, 4])),
        ("ages", NumericArray([Int32(7), 40], shape: [2])),
        ("weights", NumericArray([0.5, 1.5], shape: [2])),
        ("labels", NumericArray([Int64(1), 0], shape: [2, 1])),
        ("odd", NumericArray([Int64(1), 0, 3], shape: [3])),
      ], to: path)
  }

  @Test func arraysAreInputsByName() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/data.npz"
      try Self.write(path)
      let data = try Dataset(npz: path, inputs: ["images", "ages", "weights"], label: "labels")
      let batch = try BatchLoader(data, .init(batchSize: 2, order: .sequential)).next()
      #expect(batch.inputs["images"].dtype == .float32)
      #expect(batch.inputs["images"].shape == [2, 1, 3, 4])
      #expect(batch.inputs["ages"].integers() == [7, 40])
      #expect(batch.inputs["ages"].dtype == .int64)
      #expect(batch.inputs["weights"].floats() == [0.5, 1.5])
      #expect(batch.labels?.integers() == [1, 0] && batch.labels?.shape == [2])
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/data.npz"
      try Self.write(path)
      let unknown = message { _ = try Dataset(npz: path, inputs: ["image"]) }
      #expect(unknown.contains("no array 'image'; it has images, ages"))
      let uneven = message { _ = try Dataset(npz: path, label: "labels") }
      #expect(uneven.contains("odd: 3, labels: 2"))
    }
  }

  private func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "no error"
  }
}

import Formats
import Foundation
import TestSupport
import Testing

/// Against what TensorFlow wrote (`Scripts/golden/tensorflow_checkpoint.py`).
struct TensorFlowCheckpointTests {
  private static func index() throws -> String { try Golden.path("types.ckpt.index") }

  @Test func variablesOfEveryType() throws {
    let file = try TensorFlowCheckpoint(path: Self.index())
    #expect(
      file.entries.map(\.name) == [
        "bool", "deep/name/of/a/variable", "empty", "float16", "float32", "float64", "int16",
        "int32", "int64", "int8", "scalar", "uint32", "uint64", "uint8",
      ])
    for name in [
      "float32", "float64", "int16", "int32", "int64", "int8", "uint32", "uint64", "uint8",
    ] {
      let entry = try #require(file[name])
      #expect(entry.shape == [2, 3])
      let array = NumericArray(
        elementType: entry.elementType, shape: entry.shape, bytes: Array(try file.bytes(of: entry)))
      #expect(array.doubles() == [0, 1, 2, 3, 4, 5], "\(name)")
    }
    #expect(try Array(file.bytes(of: #require(file["bool"]))) == [0, 1, 0, 1, 0, 1])
    #expect(file["scalar"]?.shape == [])
    #expect(file["empty"]?.shape == [0, 4])
    #expect(file["text"] == nil)
  }

  /// A copy of the checkpoint with changed bytes.
  private func problem(
    index changeIndex: (inout [UInt8]) -> Void = { _ in },
    data changeData: (inout [UInt8]) -> Void = { _ in }
  ) throws -> String {
    var index = try contents(Self.index())
    var data = try contents(Golden.path("types.ckpt.data-00000-of-00001"))
    changeIndex(&index)
    changeData(&data)
    return try withTemporaryFolder { folder in
      try AtomicFile.write(index, to: folder + "/x.ckpt.index")
      try AtomicFile.write(data, to: folder + "/x.ckpt.data-00000-of-00001")
      return message {
        let file = try TensorFlowCheckpoint(path: folder + "/x.ckpt.index")
        for entry in file.entries { _ = try file.bytes(of: entry) }
      }
    }
  }

  @Test func damageIsSeen() throws {
    #expect(try problem() == "no error")
    #expect(try problem(index: { $0[20] ^= 1 }).contains("the checksum of the block at 0 differs"))
    #expect(try problem(index: { $0[$0.count - 1] ^= 1 }).contains("is no index of a checkpoint"))
    #expect(try problem(index: { $0.removeFirst(7) }).contains("damaged"))
    #expect(try problem(index: { $0 = [1, 2] }).contains("truncated"))
    #expect(
      try problem(data: { $0[3] ^= 1 }).contains("the checksum of variable \"float32\" differs"))
    #expect(try problem(data: { $0.removeLast(30) }).contains("truncated: variable"))
    #expect(
      message { _ = try TensorFlowCheckpoint(path: "x.ckpt") }
        == "x.ckpt: is no index: a name ending with .index was expected")
  }

  @Test func missingDataFile() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(contents(Self.index()), to: folder + "/x.ckpt.index")
      #expect(
        message { _ = try TensorFlowCheckpoint(path: folder + "/x.ckpt.index") }
          == "\(folder)/x.ckpt.data-00000-of-00001: cannot open: No such file or directory")
    }
  }
}

import Formats
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct NPZTests {
  @Test(arguments: ["arrays", "arrays-compressed"]) func readsArchivesOfNumPy(name: String) throws {
    let arrays = try NPZ.read(path: Golden.path("\(name).npz"))
    #expect(arrays.map(\.name) == ["a.weight", "ids", "层", "empty"])
    #expect(arrays[0].array.doubles() == NPYTests.ramp && arrays[0].array.shape == [2, 3, 4])
    #expect(arrays[1].array.integers() == [0, 1, 2, 3, 4])
    #expect(arrays[2].array.doubles() == NPYTests.ramp)
    #expect(arrays[3].array.shape == [0, 2])
  }

  @Test(arguments: [false, true]) func readsWhatItWrote(compressed: Bool) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      let arrays: [(name: String, array: NumericArray)] = [
        ("层", NumericArray([1.5, -2], shape: [2])), ("b", NumericArray([Int]([]), shape: [0, 3])),
      ]
      try NPZ.write(arrays, compressed: compressed, to: path)
      let read = try NPZ.read(path: path)
      #expect(read.map(\.name) == ["层", "b"] && read.map(\.array) == arrays.map(\.array))
      let first = try contents(path)
      try NPZ.write(arrays, compressed: compressed, to: path)
      #expect(try contents(path) == first)
    }
  }

  /// Python's own reader, where there is one, finds archive and checksums good.
  @Test(arguments: [false, true]) func pythonReadsWhatWasWritten(compressed: Bool) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      let array = NumericArray([Double](repeating: 2, count: 1000), shape: [10, 100])
      try NPZ.write([("a", array), ("b", array)], compressed: compressed, to: path)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["python3", "-m", "zipfile", "-t", path]
      process.standardOutput = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return }
      process.waitUntilExit()
      #expect(process.terminationStatus == 0 || process.terminationStatus == 127)
    }
  }

  @Test func refusesDamageAnywhere() throws {
    let bytes = try Golden.bytes("arrays-compressed.npz")
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) {
        try bytes[..<length].withUnsafeBytes { _ = try NPZ.parse($0, path: "x") }
      }
    }
    var damaged = bytes
    damaged[90] ^= 1
    #expect(
      message { try damaged.withUnsafeBytes { _ = try NPZ.parse($0, path: "x") } }.contains(
        "damaged"))
    let other = try Golden.bytes("state.pt")
    #expect(
      message { try other.withUnsafeBytes { _ = try NPZ.parse($0, path: "x") } }
        .contains("which is no array"))
  }
}

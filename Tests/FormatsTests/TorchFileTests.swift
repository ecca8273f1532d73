import Formats
import Foundation
import Messages
import TestSupport
import Testing

/// Files that Scripts/golden/torch_files.py made with PyTorch, against the same tensors as safetensors.
@Suite struct TorchFileTests {
  @Test(arguments: ["state", "state-legacy", "state-protocol4"])
  func readsWhatPyTorchSaves(name: String) throws {
    let file = try TorchFile(path: Golden.path("\(name).pt"))
    let expected = try SafetensorsFile(path: Golden.path("state.safetensors"))
    #expect(file.entries.map(\.name).sorted() == expected.entries.map(\.name).sorted())
    for entry in file.entries {
      let array = try file.array(entry)
      let other = try #require(expected[entry.name])
      #expect(try array == expected.array(other), "\(entry.name)")
    }
    #expect(file["state_dict.0.weight"]?.shape == [2, 3])
    #expect(file["types.2"]?.elementType == .bfloat16 && file["5"] != nil)
  }

  @Test func whatWouldHaveToBeRunIsRefusedByName() throws {
    #expect(
      message { _ = try TorchFile(path: Golden.path("module.pt")) }
        .contains("refused: it calls \"torch.nn.modules.linear.Linear\""))
    let pickle = Array("\u{80}\u{2}cos\nsystem\nX\u{4}\0\0\0true\u{85}R.".unicodeScalars).map {
      UInt8($0.value)
    }
    let text = message { _ = try pickle.withUnsafeBytes { try TorchFile.parse($0, path: "x") } }
    #expect(text.contains("\"os.system\""), "\(text)")
  }

  @Test func refusesTruncationAnywhereAndOtherFiles() throws {
    for name in ["state.pt", "state-legacy.pt"] {
      let bytes = try Golden.bytes(name)
      for length in 0..<bytes.count {
        #expect(throws: FileError.self) {
          try bytes[..<length].withUnsafeBytes { _ = try TorchFile.parse($0, path: "x") }
        }
      }
    }
    for name in ["arrays.npz", "ramp-f4.npy"] {
      #expect(message { _ = try TorchFile(path: Golden.path(name)) }.contains("PyTorch"))
    }
  }

  @Test func damageIsNoticed() throws {
    var bytes = try Golden.bytes("state.pt")
    let number = withUnsafeBytes(of: Float(23), Array.init)
    let place = bytes.indices.first { bytes[$0...].starts(with: number) }
    bytes[try #require(place)] ^= 0x10
    #expect(throws: FileError.self) {
      try bytes.withUnsafeBytes { _ = try TorchFile.parse($0, path: "x") }
    }
  }
}

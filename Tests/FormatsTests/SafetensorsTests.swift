import Formats
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  /// What Scripts/golden/formats.py wrote.
  static var tensors: [SafetensorsTensor] {
    [
      SafetensorsTensor(name: "b.weight", [0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3]),
      SafetensorsTensor(name: "a.weight", [0, 1, 2, 3, 4, 5] as [Double], shape: [6]),
      SafetensorsTensor(name: "ids", [0, 1, 2, 3, 4, 5] as [Int64], shape: [3, 2]),
      SafetensorsTensor(
        name: "half",
        NumericArray(
          elementType: .float16, shape: [6],
          bytes: [0x0000, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500].flatMap {
            [UInt8($0 & 0xff), UInt8($0 >> 8)]
          })),
      SafetensorsTensor(
        name: "mask", NumericArray(elementType: .bool, shape: [6], bytes: [1, 0, 1, 0, 1, 0])),
      SafetensorsTensor(name: "bytes", [0, 1, 2, 3, 4] as [UInt8], shape: [5]),
      SafetensorsTensor(name: "empty", [] as [Float], shape: [0, 4]),
      SafetensorsTensor(name: "scalar", [7] as [Int32], shape: []),
      SafetensorsTensor(name: "层.权重", [0] as [Float], shape: [1]),
    ]
  }

  @Test func readsWhatTheReferenceWrote() throws {
    let file = try SafetensorsFile(path: Golden.path("tensors.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.entries.count == Self.tensors.count)
    for tensor in Self.tensors {
      let entry = try #require(file[tensor.name])
      #expect(entry.elementType == tensor.elementType && entry.shape == tensor.shape)
      try tensor.withBytes { #expect($0.elementsEqual(file.bytes(of: entry))) }
    }
    let weight = try #require(file["b.weight"])
    #expect(try file.array(weight).values(as: Float.self) == [0, 1, 2, 3, 4, 5])
  }

  @Test func writesTheSameBytesAsTheReferenceInAnyOrder() throws {
    try withTemporaryFolder { folder in
      for (index, tensors) in [Self.tensors, Self.tensors.reversed()].enumerated() {
        let path = folder + "/\(index).safetensors"
        try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], to: path)
        #expect(try contents(path) == Golden.bytes("tensors.safetensors"))
      }
    }
  }

  @Test func tensorsAreAligned() throws {
    let file = try SafetensorsFile(path: Golden.path("tensors.safetensors"))
    for entry in file.entries {
      let type = try #require(entry.elementType)
      #expect(entry.byteRange.lowerBound % type.size == 0)
    }
  }

  @Test func anEmptyFileOfTensors() throws {
    try withTemporaryFolder { folder in
      try SafetensorsWriter.write([], to: folder + "/none.safetensors")
      #expect(try SafetensorsFile(path: folder + "/none.safetensors").entries.isEmpty)
    }
  }

  static func file(_ header: String, data: Int = 0) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
      + [UInt8](repeating: 0, count: data)
  }

  @Test(arguments: [
    ("{", 0, "JSON"),
    ("[]", 0, "not a JSON object"),
    (#"{"a":1}"#, 0, "not a JSON object"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "outside"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12, "4 bytes at its end"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "takes 12 bytes"),
    (#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, 2, "takes 2 bytes"),
    (#"{"a":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,2]}}"#, 2, "takes 3 bytes"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "negative"),
    (#"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, 8, "not whole"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "outside"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "outside"),
    (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, "outside"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8, "no dtype"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, 8, "no shape"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, 1, "unknown key"),
    (
      #"{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}"#, 8,
      "too large"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1000000000000000],"data_offsets":[0,4000000000000000]}}"#, 8,
      "outside"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3, "overlaps"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#, 3, "hole"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, "duplicate key"
    ),
    (#"{"__metadata__":{"a":1}}"#, 0, "no string"),
    (#"{"a\nb":{"dtype":"\n","shape":[],"data_offsets":[0,0]}}"#, 0, "no name of a type"),
  ])
  func refuses(header: String, data: Int, reason: String) {
    let bytes = Self.file(header, data: data)
    let text = message {
      _ = try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, path: "x") }
    }
    #expect(text.contains(reason), "\(text)")
  }

  /// Types that are newer than this reader are listed; only reading such a tensor fails.
  @Test func typesOfOtherReadersAreListed() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new.safetensors"
      let header =
        #"{"__metadata__":null,"four":{"dtype":"F4","shape":[4],"data_offsets":[0,2]},"#
        + #""later":{"dtype":"X2_NEW","shape":[7],"data_offsets":[2,5]},"#
        + #""eight":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[5,7]},"#
        + #""none":{"dtype":"BF16","shape":[0,3],"data_offsets":[7,7]},"#
        + #""half":{"dtype":"BF16","shape":[1],"data_offsets":[7,9]}}"#
      try Data(Self.file(header, data: 9)).write(to: URL(fileURLWithPath: path))
      let file = try SafetensorsFile(path: path)
      #expect(file.metadata.isEmpty)
      #expect(file.entries.map(\.typeName) == ["F4", "X2_NEW", "F8_E4M3", "BF16", "BF16"])
      #expect(file.entries.map(\.elementType) == [nil, nil, .float8e4m3, .bfloat16, .bfloat16])
      let four = try #require(file["four"])
      #expect(message { _ = try file.array(four) }.contains("tensor \"four\" holds F4, known are"))
      let (none, half) = (try #require(file["none"]), try #require(file["half"]))
      #expect(try file.array(none).shape == [0, 3])
      #expect(try file.array(half).doubles() == [0])
    }
  }

  @Test func refusesTruncationAnywhere() throws {
    let bytes = try Golden.bytes("tensors.safetensors")
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) {
        try bytes[..<length].withUnsafeBytes { _ = try SafetensorsHeader(parsing: $0, path: "x") }
      }
    }
  }

  @Test func refusesHeadersThatLieAboutTheirLength() {
    for length in [UInt64.max, 1 << 62, 100_000_001, 3] {
      let bytes = withUnsafeBytes(of: length.littleEndian, Array.init) + Array("{}".utf8)
      #expect(throws: FileError.self) {
        try bytes.withUnsafeBytes { _ = try SafetensorsHeader(parsing: $0, path: "x") }
      }
    }
  }

  /// Run with DANLU_SMALL_DISK=FOLDER, the mount point of a file system of 1 MB, for instance after
  /// `mount -t tmpfs -o size=1m tmpfs FOLDER`.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["DANLU_SMALL_DISK"] != nil,
      "set DANLU_SMALL_DISK to a folder on a file system of 1 MB"))
  func aFullDiskLeavesNothing() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["DANLU_SMALL_DISK"])
    let large = SafetensorsTensor(
      name: "a", [Float](repeating: 1, count: 1 << 19), shape: [1 << 19])
    let text = message { try SafetensorsWriter.write([large], to: folder + "/a.safetensors") }
    #expect(text.hasSuffix("cannot write: No space left on device"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test func missingFilesAndFolders() {
    #expect(
      message { _ = try SafetensorsFile(path: "/nonexistent") }
        == "/nonexistent: cannot open: No such file or directory")
    #expect(message { _ = try SafetensorsFile(path: "/tmp") }.contains("not a regular file"))
  }
}

import Formats
import Messages
import TestSupport
import Testing

@Suite struct NPYTests {
  static let ramp = (0..<24).map { Double($0) / 8 - 1 }

  @Test(arguments: ["f4", "f8", "f2", "big-endian", "fortran", "v2", "v3"])
  func readsRealsOfNumPy(name: String) throws {
    let array = try NPY.read(path: Golden.path("ramp-\(name).npy"))
    #expect(array.shape == [2, 3, 4])
    let factor = name == "f4" || name == "f8" || name == "f2" ? 8.0 : 1.0
    #expect(array.doubles() == Self.ramp.map { $0 * factor })
  }

  @Test(arguments: ["i1", "i2", "i4", "i8", "big-endian-i8"])
  func readsIntegersOfNumPy(name: String) throws {
    let array = try NPY.read(path: Golden.path("ramp-\(name).npy"))
    #expect(array.doubles() == (0..<24).map { Double($0 - 8) })
  }

  @Test func readsUnsignedAndLogical() throws {
    let bytes = try NPY.read(path: Golden.path("ramp-b1.npy"))
    #expect(bytes.elementType == .bool)
    #expect(bytes.doubles() == (0..<24).map { $0 == 8 ? 0 : 1 })
    #expect(try NPY.read(path: Golden.path("ramp-u2.npy")).elementType == .uint16)
  }

  @Test func scalarsEmptiesAndSpecialHalves() throws {
    let scalar = try NPY.read(path: Golden.path("scalar.npy"))
    #expect(scalar.shape.isEmpty && scalar.values(as: Double.self) == [2.5])
    let empty = try NPY.read(path: Golden.path("empty.npy"))
    #expect(empty.shape == [0, 3] && empty.count == 0)
    let halves = try NPY.read(path: Golden.path("half-specials.npy")).doubles()
    #expect(halves == [0, 0, 1, -2, 65504, 0x1p-24, 0x1p-14, .infinity, -.infinity])
  }

  @Test func writesTheSameBytesAsNumPy() throws {
    try withTemporaryFolder { folder in
      for name in [
        "ramp-f2", "ramp-f4", "ramp-f8", "ramp-i1", "ramp-i2", "ramp-i4", "ramp-i8", "ramp-b1",
        "ramp-u1", "ramp-u2", "scalar", "empty", "half-specials",
      ] {
        let path = folder + "/x.npy"
        try NPY.write(NPY.read(path: Golden.path("\(name).npy")), to: path)
        #expect(try contents(path) == Golden.bytes("\(name).npy"), "\(name)")
      }
    }
  }

  @Test func refusesTypesNumPyLacks() {
    let array = NumericArray(elementType: .bfloat16, shape: [1], bytes: [0, 0])
    #expect(message { try NPY.write(array, to: "/tmp/x.npy") }.contains("BF16"))
  }

  static func file(_ header: String, data: Int = 0) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  @Test(arguments: [
    ("", 0, "{"),
    ("{'descr': '<f4', 'fortran_order': False, }", 0, "lacks shape"),
    ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (), }", 4, "neither True nor False"),
    ("{'descr': '<f9', 'fortran_order': False, 'shape': (), }", 4, "type \"<f9\""),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", 4, "structured"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (), }", 4, "type \"|O\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 4, "takes 8 bytes, found 4"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9, "takes 8 bytes, found 9"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8, "whole numbers"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8, "whole"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000000000000), }", 8,
      "too large"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000,), }", 8,
      "takes 4000000000000000 bytes"
    ),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4, "duplicate"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", 4, "unknown key"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", 4, "text after"),
  ])
  func refuses(header: String, data: Int, reason: String) {
    let bytes = Self.file(header, data: data)
    let text = message { _ = try bytes.withUnsafeBytes { try NPY.parse($0, path: "x") } }
    #expect(text.contains(reason), "\(text)")
  }

  @Test func readsShapesOfPython2() throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }"
    let array = try Self.file(header, data: 24).withUnsafeBytes { try NPY.parse($0, path: "x") }
    #expect(array.shape == [2, 3])
    let one = "{'shape': (5L,), 'fortran_order': False, 'descr': '|u1'}"
    #expect(try Self.file(one, data: 5).withUnsafeBytes { try NPY.parse($0, path: "x") }.count == 5)
  }

  @Test func refusesTruncationAnywhere() throws {
    let bytes = try Golden.bytes("ramp-f4.npy")
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) {
        try bytes[..<length].withUnsafeBytes { _ = try NPY.parse($0, path: "x") }
      }
    }
  }
}

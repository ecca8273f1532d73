import Formats
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct IDXTests {
  @Test(arguments: ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
  func readsPlainAndGzip(name: String) throws {
    let array = try IDX.read(path: Golden.path(name))
    #expect(array.shape == [2, 3, 4] && array.elementType == .uint8)
    #expect(array.bytes == (0..<24).map { UInt8($0 * 7 % 256) })
  }

  @Test func readsWiderTypes() throws {
    let shorts = try IDX.read(path: Golden.path("shorts-idx1"))
    #expect(shorts.values(as: Int16.self) == [-2, -1, 0, 300])
    let doubles = try IDX.read(path: Golden.path("doubles-idx2"))
    #expect(doubles.values(as: Double.self) == [0.5, -1e300] && doubles.shape == [1, 2])
  }

  /// Relatives of MNIST have labels of other types, QMNIST rows of eight with the class first.
  @Test(
    arguments: [
      (0x08, [3, 7]), (0x09, [3, 7]), (0x0b, [0, 3, 0, 7]), (0x0c, [0, 0, 0, 3, 0, 0, 0, 7]),
    ] as [(UInt8, [UInt8])])
  func readsLabelsOfEveryIntegerType(code: UInt8, data: [UInt8]) throws {
    let bytes = [0, 0, code, 1, 0, 0, 0, 2] + data
    let array = try bytes.withUnsafeBytes { try IDX.parse($0, path: "x") }
    #expect(try IDX.labels(of: array, path: "x") == [3, 7])
    let width = data.count / 2
    let rows = [data[..<width], data[width...]].flatMap {
      $0 + [UInt8](repeating: 9, count: 7 * width)
    }
    let table = try ([0, 0, code, 2, 0, 0, 0, 2, 0, 0, 0, 8] + rows).withUnsafeBytes {
      try IDX.parse($0, path: "x")
    }
    #expect(try IDX.labels(of: table, path: "x") == [3, 7])
  }

  @Test func labelsAreIntegers() {
    for array in [NumericArray([Float(1)], shape: [1]), NumericArray([1, 2, 3], shape: [1, 3])] {
      #expect(message { _ = try IDX.labels(of: array, path: "x") }.contains("integer labels"))
    }
  }

  @Test func refusesTruncationAnywhereAndTrailingBytes() throws {
    let bytes = try Golden.bytes("images-idx3-ubyte")
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) {
        try bytes[..<length].withUnsafeBytes { _ = try IDX.parse($0, path: "x") }
      }
    }
    #expect(throws: FileError.self) {
      try (bytes + [0]).withUnsafeBytes { _ = try IDX.parse($0, path: "x") }
    }
  }

  @Test func refusesImpossibleShapesBeforeAllocating() {
    let huge: [UInt8] = [0, 0, 8, 3] + [UInt8](repeating: 0xff, count: 12)
    let text = message { _ = try huge.withUnsafeBytes { try IDX.parse($0, path: "x") } }
    #expect(text.contains("too large"))
    let large: [UInt8] = [0, 0, 8, 2] + [UInt8](repeating: 0x7f, count: 8)
    #expect(
      message { _ = try large.withUnsafeBytes { try IDX.parse($0, path: "x") } }
        .contains("truncated"))
    #expect(
      message { _ = try [1, 2, 3, 4].withUnsafeBytes { try IDX.parse($0, path: "x") } }
        .contains("not an IDX file"))
  }

  static let realData = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/fashion-mnist/train-25k-labels-idx1-ubyte.gz")
    .standardized.path

  @Test(.enabled(if: FileManager.default.fileExists(atPath: realData), "no ../shared/data"))
  func readsFashionMNIST() throws {
    let labels = try IDX.read(path: Self.realData)
    #expect(labels.shape == [25000] && labels.bytes.allSatisfy { $0 < 10 })
  }
}

import Formats
import Foundation
import Messages
import Testing

@Suite struct ByteSourceTests {
  /// "danlu\n" packed by `gzip -n`.
  static let packed: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b, 0x49, 0xcc, 0xcb, 0x29, 0xe5,
    0x02, 0x00, 0xcb, 0x64, 0x5c, 0xae, 0x06, 0x00, 0x00, 0x00,
  ]

  func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
    let path = NSTemporaryDirectory() + UUID().uuidString
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test func readsPlainAndGzip() throws {
    for bytes in [Array("danlu\n".utf8), Self.packed] {
      let read = try withFile(bytes) { try ByteSource(path: $0).readAll() }
      #expect(read == Array("danlu\n".utf8))
    }
  }

  @Test func explainsTruncatedGzip() throws {
    try withFile(Array(Self.packed.dropLast(9))) { path in
      _ = #expect(throws: FileError.self) { try ByteSource(path: path).readAll() }
    }
  }

  @Test func explainsMissingFilesAndFolders() {
    #expect(throws: FileError.self) { try ByteSource(path: "/nonexistent") }
    #expect(throws: FileError.self) { try ByteSource(path: "/tmp") }
  }
}

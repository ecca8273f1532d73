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

  @Test func textLosesItsMarkAndGetsLineEnds() throws {
    func text(_ bytes: [UInt8]) throws -> [UInt8] {
      try withFile(bytes) { try ByteSource(path: $0, isText: true).readAll() }
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    #expect(try text(mark + Array("a\n".utf8)) == Array("a\n".utf8))
    #expect(try text(mark) == [])
    #expect(try text(Array("a\rb\r".utf8)) == Array("a\nb\n".utf8))
    // Beside line feeds a carriage return is what it is; and bytes that are no text stay.
    #expect(try text(Array("a\r\nb\n".utf8)) == Array("a\r\nb\n".utf8))
    #expect(try withFile(mark) { try ByteSource(path: $0).readAll() } == mark)
  }

  @Test(
    arguments: [
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x01], "xz -dc"),
      ([0x28, 0xB5, 0x2F, 0xFD], "zstd -dc"),
      ([0x42, 0x5A, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], "bzip2 -dc"),
      ([0x50, 0x4B, 0x03, 0x04], "unzip -p"), ([0x04, 0x22, 0x4D, 0x18], "lz4 -dc"),
      ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z x"),
      ([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07], "unrar"),
    ] as [([UInt8], String)])
  func packedTextNamesWhatUnpacksIt(_ bytes: [UInt8], _ command: String) throws {
    try withFile(bytes) { path in
      let error = #expect(throws: FileError.self) {
        try ByteSource(path: path, isText: true).readAll()
      }
      #expect(error?.reason.contains("\(command) ") == true)
      let unread = try ByteSource(path: path).readAll()
      #expect(unread == bytes)
    }
    let text = try withFile(Array("BZh".utf8)) { try ByteSource(path: $0, isText: true).readAll() }
    #expect(text.count == 3)
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

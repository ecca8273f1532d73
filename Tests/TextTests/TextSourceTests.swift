import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

@testable import Text

@Suite struct TextSourceTests {
  private func lines(_ source: TextSource) throws -> [String] {
    var lines: [String] = []
    _ = try source.forEachLine("reading") { line, _ in
      lines.append(String(decoding: line, as: UTF8.self))
    }
    return lines
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test func aStringIsReadAsAFileOfTheSameBytes() throws {
    let text = "\u{FEFF}甲 乙\n\n丙" + String(repeating: "丁", count: 5000)
    try withTemporaryFolder { folder in
      try write(Array(text.utf8), to: folder + "/a.txt")
      for wholeLines in [false, true] {
        for size in [16, 17, 100, 1 << 20] {
          var blocks = [
            TextSource(string: text).blocks(of: size, wholeLines: wholeLines),
            TextSource(paths: [folder + "/a.txt"]).blocks(of: size, wholeLines: wholeLines),
          ]
          let bytes = try blocks.indices.map { index in
            var bytes: [UInt8] = []
            while let block = try blocks[index].next() {
              #expect(!wholeLines || block.last == 0x0A)
              #expect(String(validating: block, as: UTF8.self) != nil)
              bytes += block
            }
            return bytes
          }
          #expect(bytes[0] == bytes[1])
          #expect(bytes[0] == Array((text.dropFirst() + "\n").utf8))
        }
      }
    }
  }

  @Test func linesAreDocumentsEmptyOnesToo() throws {
    #expect(try lines(TextSource(string: "a\n\nb")) == ["a", "", "b"])
    #expect(try lines(TextSource(string: "a\n\n")) == ["a", ""])
    #expect(try lines(TextSource(string: "")) == [])
  }

  @Test func linesKnowTheirPlaces() throws {
    try withTemporaryFolder { folder in
      try write(Array("a\nb\n".utf8), to: folder + "/1")
      try write(Array("c".utf8), to: folder + "/2")
      var places: [String] = []
      let source = TextSource(paths: [folder + "/1", folder + "/2"])
      _ = try source.forEachLine("reading") { _, place in places.append("\(place)") }
      #expect(
        places == ["\(folder)/1: line 1", "\(folder)/1: line 2", "\(folder)/2: line 1"])
    }
  }

  @Test func aFolderIsItsTextFiles() throws {
    try withTemporaryFolder { folder in
      try write(Array("乙\n".utf8), to: folder + "/b.txt")
      try write(Array("甲\n".utf8), to: folder + "/a.txt")
      try write(Array("x\n".utf8), to: folder + "/c.md")
      #expect(try lines(TextSource(contentsOf: folder)) == ["甲", "乙"])
      #expect(try TextSource(contentsOf: folder).byteCount == 8)
      #expect(try lines(TextSource(contentsOf: folder + "/c.md")) == ["x"])
    }
    try withTemporaryFolder { folder in
      #expect(message { _ = try TextSource(contentsOf: folder) }.contains("holds no .txt"))
      #expect(
        message { _ = try TextSource(contentsOf: folder + "/none") }.contains("neither a file"))
    }
  }

  @Test func filesThatCannotBeOpenedAreListedUnlessAllAreSuch() throws {
    try withTemporaryFolder { folder in
      try write(Array("甲\n".utf8), to: folder + "/a")
      let source = TextSource(paths: [folder + "/none", folder + "/a"])
      let skipped = try source.forEachLine("reading") { line, _ in #expect(line.count == 3) }
      #expect(skipped.map(\.path) == [folder + "/none"])
      #expect(throws: FileError.self) { try lines(TextSource(paths: [folder + "/none"])) }
    }
  }

  @Test func otherEncodingsAreAnnouncedAndConverted() throws {
    let old = (0..<12).flatMap { _ in [0xD6, 0xD0, 0xB9, 0xFA, 0x0A] as [UInt8] }
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      try write(old, to: path)
      let error = #expect(throws: InputError.self) { try lines(TextSource(paths: [path])) }
      #expect(error?.problem.contains("`encoding` gb18030") == true)
      #expect(try lines(TextSource(paths: [path], encoding: .gb18030)).allSatisfy { $0 == "中国" })
      try write(old + Array("人民\n".utf8), to: path)
      #expect(try lines(TextSource(paths: [path], encoding: .auto)).suffix(2) == ["中国", "人民"])
    }
    #expect(
      try TextConversion.utf8(guessing: old, path: "a")
        == Array(String(repeating: "中国\n", count: 12).utf8))
    #expect(
      try TextConversion.utf8(guessing: Array("\u{FEFF}甲".utf8), path: "a") == Array("甲".utf8))
  }

  @Test func recordsGiveTheirField() throws {
    var source = TextSource(string: "{\"a\":\"甲\"}\n{\"b\":1}\n{\"b\":{},\"a\":\"乙\"}\n")
    source.field = "a"
    #expect(try lines(source) == ["甲", "乙"])
    var blocks = source.blocks()
    while try blocks.next() != nil {}
    #expect(blocks.goodRecords == 2 && blocks.badRecords == 1)
  }

  @Test func readingStopsWhenAsked() {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: Cancelled.self) {
      try TextSource(string: "甲").forEachBlock(
        "reading", work: Work(cancellation: cancellation)
      ) { _ in Issue.record("a block was read") }
    }
  }

  @Test func anyBytesAreReadAndDecoded() {
    var random = RandomStream(seed: 11)
    let seed = Array("{\"text\":\"中国人\\u56fd民abc\",\"n\":[1,{\"x\":2}]}\n".utf8)
    let line = ScalarLine()
    for _ in 0..<40_000 {
      var bytes = seed
      for _ in 0..<(1 + random.below(6)) {
        switch random.below(3) {
        case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
        case 1: bytes.remove(at: random.below(bytes.count))
        default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
        }
      }
      let (text, good, bad) = JSONLinesField.extract("text", from: bytes)
      #expect(good + bad <= bytes.count && text.count <= bytes.count * 3)
      _ = TextConversion.utf8(mixed: bytes)
      bytes.withUnsafeBufferPointer { line.decode($0) }
      let isValid = String(validating: bytes, as: UTF8.self) != nil
      #expect(isValid == (TextConversion.invalidBytes(bytes[...]) == 0))
      #expect(line.count <= bytes.count && line.offsets[line.count] == bytes.count)
    }
  }
}

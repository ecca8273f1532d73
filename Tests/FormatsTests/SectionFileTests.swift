import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite struct SectionFileTests {
  private let kind = SectionFile.Kind(code: "tst", version: 3, name: "a test file")

  @Test func sectionsComeBack() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      let words: [UInt32] = [1, 2, 0xFFFF_FFFF]
      try words.withUnsafeBytes { bytes in
        var writer = SectionFileWriter(kind: kind)
        writer.add("words", bytes, owner: nil)
        writer.add("twice", [(bytes: bytes, owner: nil), (bytes: bytes, owner: nil)])
        writer.add("nothing", [])
        try writer.write(to: path)
      }
      let file = try SectionFile(path: path, kind: kind)
      #expect(Array(try file.values("words", as: UInt32.self, count: 3)) == words)
      #expect(Array(try file.values("twice", as: UInt32.self)) == words + words)
      #expect(try file.bytes("nothing").isEmpty && !file.has("other"))
      try file.verify()
      #expect(message { _ = try file.bytes("other") }.contains("'other' is missing"))
      #expect(
        message { _ = try file.values("words", as: UInt32.self, count: 2) }.contains("length"))
      let other = SectionFile.Kind(code: "oth", version: 3, name: "another file")
      #expect(message { _ = try SectionFile(path: path, kind: other) }.contains("is not another"))
    }
  }

  @Test func textsAreNumberedInTheOrderOfTheirComing() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      // More texts than one base of offsets covers, in two builders.
      let count = 70_000
      let first = TextTableBuilder()
      let second = TextTableBuilder()
      for number in 0..<count { #expect(first.insert("文\(number)") == number) }
      #expect(first.insert("文7") == 7 && first.count == count)
      _ = second.insert("")
      _ = second.insert("末")
      var writer = SectionFileWriter(kind: kind)
      TextTableBuilder.add("t", [first, second], to: &writer)
      try writer.write(to: path)
      let table = try TextTable("t", in: SectionFile(path: path, kind: kind))
      #expect(table.count == count + 2 && table[count].isEmpty && table[count + 1] == "末")
      for number in stride(from: 0, to: count, by: 777) {
        #expect(table[number] == "文\(number)" && table.number(of: "文\(number)") == number)
      }
      #expect(table.number(of: "无") == nil && table.number(of: "") == count)
    }
  }

  @Test(
    arguments: [
      ([0x61, 0xE4, 0xB8, 0xAD], true), ([0xF0, 0x9F, 0x98, 0x80], true), ([0xC2, 0xA9], true),
      ([0xC0, 0x80], false), ([0xE0, 0x80, 0x80], false), ([0xED, 0xA0, 0x80], false),
      ([0xF4, 0x90, 0x80, 0x80], false), ([0xE4, 0xB8], false), ([0x80], false),
    ] as [([UInt8], Bool)])
  func bytesAreUTF8AsUnicodeSaysIt(_ bytes: [UInt8], _ isValid: Bool) {
    #expect(bytes.withUnsafeBufferPointer { TextHash.isUTF8($0) } == isValid)
    let number = bytes.withUnsafeBufferPointer {
      TextTableBuilder().insert($0, hash: TextHash.hash($0))
    }
    #expect(number == (isValid ? 0 : -1))
  }
}

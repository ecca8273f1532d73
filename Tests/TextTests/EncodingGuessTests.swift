import Foundation
import Messages
import Testing

@testable import Text

/// Encodings are told by what the characters are, in texts and in lists of a few words alike.
@Suite struct EncodingGuessTests {
  private static let simplified = "人民法院提交证据，被告人有权查阅。\n当事人提出申请。\n"
  private static let traditional = "這是一個繁體中文的文件，我們說話時要注意語言。\n他們在學校學習。\n"
  private static let japanese = "これは日本語の文章です。\n今日は天気がいいですね。\n"

  private func encoded(_ text: String, _ name: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/iconv")
    process.arguments = ["-f", "utf-8", "-t", name]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    input.fileHandleForWriting.write(Data(text.utf8))
    try input.fileHandleForWriting.close()
    let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return bytes
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/iconv")),
    arguments: [
      ("GB18030", simplified), ("BIG5", traditional), ("SHIFT_JIS", japanese),
      ("UTF-16LE", simplified),
      ("UTF-16BE", simplified), ("UTF-16", traditional), ("UTF-16LE", "甲 5\n乙 3\n"),
      ("GB18030", "风扇坏"),
      ("GB18030", "公安机关\n"), ("GB18030", "小明家 5\n电风扇 3\n"), ("BIG5", "電腦\n網路\n"),
      ("UTF-16", "word 5\nother 3\n"), ("UTF-8", simplified), ("UTF-8", "café"),
    ])
  func filesAreReadWhateverTheyAreIn(_ name: String, _ text: String) throws {
    let read = try TextConversion.utf8(guessing: try encoded(text, name), path: "list")
    #expect(String(decoding: read, as: UTF8.self) == text, "\(name)")
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/iconv")),
    arguments: [
      ("GB18030", simplified, TextEncoding.gb18030), ("BIG5", traditional, .big5),
      ("SHIFT_JIS", japanese, .shiftJIS), ("UTF-16", simplified, .utf16),
      ("UTF-16BE", simplified, .utf16),
    ])
  func textsNameTheirEncodingAndAreReadWithIt(
    _ name: String, _ text: String, _ encoding: TextEncoding
  ) throws {
    let path = NSTemporaryDirectory() + "danlu-encoding-" + UUID().uuidString
    try Data(encoded(text, name)).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    var lines: [String] = []
    let error = #expect(throws: InputError.self) {
      try TextSource(paths: [path]).forEachLine("reading") { _, _ in }
    }
    #expect(error?.problem.contains("`encoding` \(encoding.rawValue)") == true, "\(error!)")
    _ = try TextSource(paths: [path], encoding: encoding).forEachLine("reading") { line, _ in
      lines.append(String(decoding: line, as: UTF8.self))
    }
    #expect(lines.joined(separator: "\n") + "\n" == text)
  }

  @Test func bytesThatAreNoTextAreRefused() {
    let image: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 13, 0, 1, 2, 3, 4, 5, 6, 0xFE, 0xFF, 0x80,
    ]
    #expect(throws: FileError.self) { try TextConversion.utf8(guessing: image + image, path: "a") }
  }

  @Test func spacesAreOneThing() {
    let spaces: [UInt32] = [0x20, 0x09, 0xA0, 0x3000, 0x2003, 0x202F, 0x85, 0x2028]
    #expect(spaces.allSatisfy(ScalarClass.isSpace))
    #expect(spaces.allSatisfy { ScalarClass.of($0) == .space })
    #expect(![0x200B, 0xFEFF, 0x2060, 0xAD].contains(where: ScalarClass.isSpace))
  }

  @Test func wordListsAreWordsNotCounts() throws {
    let path = NSTemporaryDirectory() + "danlu-list-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text =
      "\u{FEFF}# 我的词\r\nColor OS\r\n凱特琳 nz\r\n台中\r\nEdu Trust认证 2000\r\n云计算 5 n\r\n创新办\ttag\r\n#话题\r\n"
      + "New York\r\n第 5\r\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    #expect(
      try WordList(linesOf: path).words == [
        "Color OS", "凱特琳", "台中", "Edu Trust认证", "云计算", "创新办", "#话题", "New York", "第",
      ])
    try Data(Array("甲\n".utf8) + [0xFF, 0x0A] + Array("乙\n".utf8)).write(
      to: URL(fileURLWithPath: path))
    let list = try WordList(linesOf: path)
    #expect(list.words == ["甲", "乙"] && list.notes == ["line 2 is not valid UTF-8"])
  }

  @Test func recordsKeepTheirLines() throws {
    var source = TextSource(
      string:
        "{\"t\":\"甲\\n乙\"}\n\n{\"t\":null}\n{\"u\":1}\nno\n{\"t\":\"a\\ud83db\"}\n{\"t\":\"丙\"}")
    source.field = "t"
    source.keepsRecords = true
    var lines: [String] = []
    _ = try source.forEachLine("reading") { line, _ in
      lines.append(String(decoding: line, as: UTF8.self))
    }
    #expect(lines == ["甲 乙", "", "", "", "", "", "丙"])
    source.field = "none"
    let error = #expect(throws: InputError.self) { try source.forEachLine("reading") { _, _ in } }
    #expect(error?.problem.contains("none of 6 lines") == true)
  }
}

import Foundation
import TestSupport
import Testing
import Text
import TextMining

@testable import Pretraining

@Suite struct PretrainingTextTests {
  private func all(_ text: PretrainingText) throws -> [PretrainingText.Piece] {
    let next = text.pieces()
    var pieces: [PretrainingText.Piece] = []
    while let piece = try next() { pieces.append(piece) }
    return pieces
  }

  @Test func sentencesAndDocuments() throws {
    let pieces = try all(PretrainingText(string: "今天下雨。 明天晴。后天\n再说\n\n完。\n"))
    #expect(
      pieces == [
        .sentence("今天下雨。"), .sentence("明天晴。"), .sentence("后天"), .sentence("再说"), .documentEnd,
        .sentence("完。"), .documentEnd,
      ])
  }

  @Test func foldersOfPlainAndPackedFiles() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/inner", withIntermediateDirectories: true)
      try write("甲。\n", to: folder + "/inner/a.txt")
      try write("乙。乙二。\n", to: folder + "/b.txt")
      _ = try gzip(folder + "/b.txt")
      try write(
        "{\"id\": 1, \"text\": \"丙。\\n丁。\"}\n{\"id\": 2}\n{\"text\": \"戊\"}\n",
        to: folder + "/c.jsonl")
      _ = try gzip(folder + "/c.jsonl")
      try write("not text", to: folder + "/d.png")
      let text = try PretrainingText([folder])
      #expect(
        try all(text) == [
          .sentence("乙。"), .sentence("乙二。"), .documentEnd, .sentence("甲。"), .documentEnd,
          .sentence("丙。"), .sentence("丁。"), .documentEnd, .documentEnd, .sentence("戊"),
          .documentEnd, .documentEnd,
        ])
      #expect(text.sources.count == 2)
    }
  }

  @Test func textThatCannotBeRead() throws {
    try withTemporaryFolder { folder in
      func problem(_ path: String, field: String = "text") -> String {
        message { _ = try all(PretrainingText([path], field: field)) }
      }
      #expect(problem(folder + "/none").contains("does not exist"))
      #expect(problem(folder).contains("holds no .txt, .jsonl or .json file"))
      #expect(message { _ = try PretrainingText([]) }.contains("no files or folders"))
      let records = folder + "/a.jsonl"
      try write("{\"text\": \"甲\"}\n", to: records)
      #expect(problem(records, field: "content").contains("content"))
      // GB18030, which is not UTF-8, and bytes that are no text.
      let other = folder + "/gb.txt"
      let bytes: [UInt8] = [0xBD, 0xF1, 0xCC, 0xEC, 0xCF, 0xC2, 0xD3, 0xEA, 0x0A]
      try Data((0..<20).flatMap { _ in bytes }).write(to: URL(fileURLWithPath: other))
      #expect(problem(other).contains("not UTF-8"))
      let packed = folder + "/long.txt"
      try write(toyText(documents: 300), to: packed)
      let path = try gzip(packed)
      let whole = try contents(path)
      try Data(whole.prefix(whole.count / 2)).write(to: URL(fileURLWithPath: path))
      #expect(problem(path).contains("long.txt.gz"))
    }
  }

  /// A few damaged bytes in a text cost what they damage and no more.
  @Test func damagedBytesInsideAText() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      var bytes = Array(String(repeating: "今天下雨。", count: 50).utf8)
      bytes[31] = 0xFF
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let pieces = try all(PretrainingText([path]))
      #expect(pieces.count == 51 && pieces[0] == .sentence("今天下雨。"))
      let tokenizer = WordTokenizer(try characterTokenizer("今天下雨。"))
      let tokens = pieces.map { piece -> Int in
        guard case .sentence(let sentence) = piece else { return 0 }
        return tokenizer(sentence, Segmenter.Workspace()).count
      }
      // Of the damaged sentence one character is gone, or three when bytes of it are left without their first.
      #expect(tokens.reduce(0, +) >= 247)
    }
  }

  @Test func wordsAndTheirTokens() throws {
    let list = try WordList("科学 5\n空间 5\n我们 5\nunaffable 1\n", named: "list")
    let tokenizer = try characterTokenizer("科学空间我们的，u")
    let words = WordTokenizer(tokenizer, segmenter: try Segmenter(list))
    let workspace = Segmenter.Workspace()
    // An unknown Latin word is one token and one word.
    let tokens = words("我们的 科学空间，xyz科学", workspace)
    #expect(tokens.words == [0, 0, 1, 2, 2, 3, 3, 4, 5, 6, 6])
    #expect(tokens.ids == tokenizer.tokens("我们的 科学空间，xyz科学").map(\.id))
    // Without a segmenter each ideograph is a word.
    #expect(WordTokenizer(tokenizer)("科学", workspace).words == [0, 1])
  }

  @Test func wordsAreFoundInTheTextItself() throws {
    let list = try PretrainingText(string: toyText(documents: 400)).discoveredWords()
    for word in ["苹果", "火车", "护士", "教室"] { #expect(list.contains(word)) }
  }
}

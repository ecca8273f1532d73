import Formats
import Foundation
import Messages
import Testing

@testable import WordVectors

/// Writes `bytes` to a temporary file for the time of `body`.
func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
  let path = NSTemporaryDirectory() + "danlu-vectors-" + UUID().uuidString
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

@Suite struct CorpusEncoderTests {
  func encode(
    _ text: String, minimumCount: Int = 1, tokensInMemory: Int = 1 << 20
  ) throws -> (vocabulary: VectorVocabulary, documents: [[String]]) {
    try withFile(Array(text.utf8)) { path in
      var encoder = CorpusEncoder(tokensInMemory: tokensInMemory)
      try encoder.add(file: path)
      let (vocabulary, corpus) = try encoder.finish(minimumCount: minimumCount)
      return (
        vocabulary,
        (0..<corpus.documentCount).map { corpus.document($0).map { vocabulary.words[Int($0)] } }
      )
    }
  }

  @Test func linesAreDocuments() throws {
    let (vocabulary, documents) = try encode("b a\tb\r\n\n c  a a\nb")
    #expect(vocabulary.words == ["a", "b", "c"])
    #expect(vocabulary.counts == [3, 3, 1])
    #expect(documents == [["b", "a", "b"], [], ["c", "a", "a"], ["b"]])
  }

  @Test(arguments: [1, 3, 1 << 20]) func dropsRareWordsInMemoryAndOnDisk(limit: Int) throws {
    let (vocabulary, documents) = try encode(
      "x y x\nz z z w\nx\n", minimumCount: 2, tokensInMemory: limit)
    #expect(vocabulary.words == ["x", "z"])
    #expect(documents == [["x", "x"], ["z", "z", "z"], ["x"]])
  }

  @Test func anEmptyFileHasNoDocuments() throws {
    let (vocabulary, documents) = try encode("")
    #expect(vocabulary.count == 0)
    #expect(documents.isEmpty)
  }

  @Test func refusesWhatIsNotUTF8() throws {
    try withFile([0x61, 0x0A, 0x62, 0x20, 0xB5, 0xE7, 0x0A]) { path in
      var encoder = CorpusEncoder()
      let error = #expect(throws: FileError.self) { try encoder.add(file: path) }
      #expect(error?.reason.contains("line 2 is not valid UTF-8") == true)
    }
  }

  @Test func refusesTextWithoutSpaces() throws {
    try withFile([UInt8](repeating: 0x61, count: 3 << 20)) { path in
      var encoder = CorpusEncoder()
      let error = #expect(throws: FileError.self) { try encoder.add(file: path) }
      #expect(error?.reason.contains("separated by spaces") == true)
    }
  }

  @Test func wordsAcrossReadsStayWhole() throws {
    // 7-byte tokens do not divide the buffer of a mebibyte.
    let line = (0..<400_000).map { String(format: "w%05d", $0 % 1000) }.joined(separator: " ")
    let (vocabulary, documents) = try encode(line + "\n" + line)
    #expect(vocabulary.count == 1000)
    #expect(vocabulary.counts.allSatisfy { $0 == 800 })
    #expect(documents.map(\.count) == [400_000, 400_000])
  }

  @Test func idsInMemoryAreRankedToo() throws {
    let corpus = EncodedCorpus(documents: [[2, 2, 0], [], [2, 1]])
    let (vocabulary, ranked) = try corpus.vocabulary(words: ["p", "q", "r"], minimumCount: 1)
    #expect(vocabulary.words == ["r", "p", "q"])
    #expect((0..<3).map { Array(ranked.document($0)) } == [[0, 0, 1], [], [0, 2]])
    #expect(throws: InputError.self) { try corpus.vocabulary(words: ["p", "q"]) }
  }

  @Test func theTopicCorpusHasItsDigest() {
    #expect(md5(Array("abc".utf8)) == "900150983cd24fb0d6963f7d28e17f72")
    #expect(md5(Array(TopicCorpus().text.utf8)) == "484910ac49a05e2f33ce32cd3c36edca")
  }
}

import Formats
import Foundation
import Messages
import TestSupport
import Testing

@testable import Tokenizers

/// Against what `sentencepiece` and `tokenizers` make of the same texts (`Scripts/golden/tokenizers.py`).
struct GoldenTokenizerTests {
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Golden/" + name, ofType: nil))
  }

  private static func records(_ name: String) throws -> [JSONValue] {
    let file = try MappedFile(path: path(name + ".json"))
    return try #require(JSONValue(parsing: file.bytes)["records"]?.arrayValue)
  }

  static func model(_ name: String) throws -> SentencePieceModel {
    let bytes = try ByteSource(path: path(name + ".model.gz")).readAll()
    return try bytes.withUnsafeBytes { try SentencePieceModel(parsing: $0) }
  }

  @Test(arguments: ["unigram", "bpe", "suffix"])
  func sentencePiece(name: String) throws {
    let tokenizer = try SentencePieceTokenizer(Self.model(name))
    let records = try Self.records(name)
    #expect(records.count > 30)
    for record in records {
      let text = try #require(record["text"]?.stringValue)
      let ids = record["ids"]?.arrayValue?.compactMap(\.integerValue)
      let tokens = tokenizer.tokens(text)
      #expect(tokens.map(\.id) == ids, "\(name): \(text.debugDescription.prefix(80))")
      // The reference counts bytes.
      let bytes = Array(text.utf8)
      func scalars(_ end: Int) -> Int { bytes[..<end].count { $0 & 0xC0 != 0x80 } }
      let offsets = record["offsets"]?.arrayValue?.map { offset in
        (offset.arrayValue?.compactMap(\.integerValue) ?? []).map(scalars)
      }
      #expect(
        tokens.map { [$0.range.lowerBound, $0.range.upperBound] } == offsets,
        "\(name): \(text.debugDescription.prefix(80))")
      let decoded = record["decoded"]?.stringValue
      #expect(
        tokenizer.decode(tokens.map(\.id)).unicodeScalars.map(\.value)
          == decoded?.unicodeScalars.map(\.value), "\(name): \(text.debugDescription.prefix(80))")
    }
  }

  /// ALBERT's folding before the pieces (`Scripts/golden/albert_tokenizer.py`).
  @Test func foldedText() throws {
    let tokenizer = try SentencePieceTokenizer(Self.model("unigram"), folding: TextFolding())
    for record in try Self.records("albert") {
      let text = try #require(record["text"]?.stringValue)
      #expect(
        tokenizer.tokens(text).map(\.id) == record["ids"]?.arrayValue?.compactMap(\.integerValue),
        "\(text)")
    }
    // Places are those of the text as it was given.
    let tokens = tokenizer.tokens("of THE")
    #expect(tokens.last?.range.upperBound == 6)
    #expect(
      tokens.map(\.id) == tokenizer.tokens("of the").map(\.id)
        && tokens.map(\.range) == tokenizer.tokens("of the").map(\.range))
  }

  @Test(arguments: ["gpt2", "roberta", "wordpiece", "t5"])
  func tokenizerFile(name: String) throws {
    let tokenizer = try TokenizerFile.read(Self.path(name + ".tokenizer.json"))
    for record in try Self.records(name) {
      let text = try #require(record["text"]?.stringValue)
      let comment: Comment = "\(name): \(text.debugDescription.prefix(80))"
      // The fast T5 puts no space before a word that begins with the mark for one.
      if name == "t5", text.hasPrefix("▁") { continue }
      let encoding = try tokenizer.encode(text)
      #expect(encoding.ids == record["ids"]?.arrayValue?.compactMap(\.integerValue), comment)
      // Behind a special token the reference takes the space it put in for one of the text.
      #expect(
        name == "roberta" && text.hasPrefix("<|")
          || encoding.offsets.map { [$0.lowerBound, $0.upperBound] }
            == record["offsets"]?.arrayValue?.map {
              $0.arrayValue?.compactMap(\.integerValue) ?? []
            },
        comment)
      let pair = try tokenizer.encode(text, "the state")
      #expect(pair.ids == record["pairIds"]?.arrayValue?.compactMap(\.integerValue), comment)
      #expect(
        pair.segmentIds == record["segments"]?.arrayValue?.compactMap(\.integerValue), comment)
      if tokenizer is ByteLevelTokenizer {
        #expect(
          tokenizer.decode(encoding.ids).unicodeScalars.elementsEqual(
            (record["decoded"]?.stringValue ?? "").unicodeScalars), comment)
      }
    }
  }

  @Test func separateFiles() throws {
    let file = try MappedFile(path: Self.path("gpt2.tokenizer.json"))
    let root = try JSONValue(parsing: file.bytes)
    let whole = try TokenizerFile.read(Self.path("gpt2.tokenizer.json"))
    try withTemporaryFolder { folder in
      let vocabulary = try #require(root["model"]?["vocab"])
      try AtomicFile.write(to: folder + "/vocab.json") { try $0.write(vocabulary.text()) }
      let merges = try #require(root["model"]?["merges"]?.arrayValue).map { merge in
        merge.stringValue ?? merge.arrayValue?.compactMap(\.stringValue).joined(separator: " ")
          ?? ""
      }
      try AtomicFile.write(to: folder + "/merges.txt") {
        try $0.write("#version: 0.2\n" + merges.joined(separator: "\n") + "\n")
      }
      let read = try TokenizerFile.read(folder: folder)
      #expect(read.tokens("the state of 我们").map(\.id) == whole.tokens("the state of 我们").map(\.id))
      try AtomicFile.write(to: folder + "/merges.txt") { try $0.write("a b c\n") }
      #expect(message { _ = try TokenizerFile.read(folder: folder) }.contains("line 1 has 3 parts"))
    }
  }

  @Test func whatCannotBeReadIsNamed() throws {
    func parse(_ text: String) -> String {
      message { _ = try Array(text.utf8).withUnsafeBytes { try TokenizerFile.parse($0) } }
    }
    #expect(parse("{}").contains("no object \"model\""))
    #expect(parse(#"{"model":{"type":"Word"}}"#).contains("Word"))
    #expect(
      parse(#"{"model":{"type":"WordPiece","vocab":{}},"normalizer":{"type":"NFC"}}"#)
        .contains("normalizer is NFC"))
    #expect(
      parse(#"{"model":{"type":"BPE","vocab":{"a":1}},"pre_tokenizer":{"type":"ByteLevel"}}"#)
        .contains("\"a\""))
    try withTemporaryFolder { folder in
      #expect(message { _ = try TokenizerFile.read(folder: folder) }.contains("has no vocab.txt"))
    }
    var model = SentencePieceModel()
    model.pieces = [SentencePieceModel.Piece("a", score: 0)]
    #expect(message { _ = try SentencePieceTokenizer(model) }.contains("unknown"))
  }
}
